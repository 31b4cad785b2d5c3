"""What there is to predict: files, folders, archives, and videos of stores."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from types import TracebackType
from typing import Final

from insonify.core.errors import ConfigError, IngestError
from insonify.deploy.predict.scan_folder import Named
from insonify.deploy.scan import Scan, file_scan, split_name, stored_scan
from insonify.ingest.clean import CleanOptions
from insonify.ingest.deidentify import content_pseudonym
from insonify.ingest.engine.limits import Limits
from insonify.ingest.folder.folder_options import FolderOptions
from insonify.ingest.folder.opening import Opening
from insonify.ingest.folder.planning import Planned, plan
from insonify.ingest.folder.scratch import Scratch
from insonify.ingest.folder.unpacking import OnDisk
from insonify.ingest.folder.walk import base_of
from insonify.store import Store
from insonify.store.head import NAME

_NO_KEY: Final = b""
"""For contents where a site has no key: who has the file can tell which scan it is."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """Something to predict."""

    file: str
    """Pseudonym of the file; the video of a store."""
    path: str | None
    """What it is called at the source, for the private list; None in a store."""
    name: Callable[[], str]
    """Pseudonym of the content; raises IngestError where it cannot be read."""
    scan: Callable[[int], Scan]
    """Its image of this number, from 1; raises IngestError where it is refused."""
    unread: Path | None = None
    """The file that is to be decoded; None: there is none."""
    done: Callable[[], None] = lambda: None
    """To be called when it is no longer needed: what was unpacked goes then."""

    def scans(self) -> Iterator[tuple[Named, Scan]]:
        """All its images, the first one last, which marks the others complete."""
        name, first = self.name(), self.scan(1)
        for number in range(first.views, 1, -1):
            yield Named(scan=f"{name}-{number}", file=self.file), self.scan(number)
        yield Named(scan=name, file=self.file), first


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How files are read, and hidden."""

    options: CleanOptions
    key: bytes | None
    """The site's; None where it has none."""
    store: Store | None
    """A store that may hold the same recordings, to tell whose they are."""
    ignored: tuple[Path, ...] = ()
    """What lies in a folder and is no recording."""
    workers: int = 1
    """Processes that read every file before it is predicted; 0: none."""
    limits: Limits = field(default_factory=Limits)
    """What it may cost them."""

    def __post_init__(self) -> None:
        if self.workers < 0:
            raise ConfigError(f"workers must be at least 0, found {self.workers}")


class Sources:
    """All that is named, planned before anything is read; a context manager.

    Raises:
        ConfigError: there is no such file or folder, or nothing in it.
        StoreError: a store or a video is not there.
    """

    def __init__(self, names: Sequence[str], reading: Reading, outside: Path) -> None:
        """Name what to predict.

        Args:
            names: Files, folders, stores, and STORE::VIDEO.
            reading: How files are read.
            outside: The folder that nothing is unpacked into.
        """
        self.names, self.reading, self.outside = names, reading, outside
        # Names can be guessed, so without a site's key they are hidden by one of a run.
        self._file_key = reading.key or secrets.token_bytes(32)
        self._stack = ExitStack()
        self._stored: list[Item] = []
        self._files: list[tuple[Path, list[Planned], Scratch]] = []

    def __enter__(self) -> "Sources":
        with self._stack:
            for name in self.names:
                self._plan(name)
            self._stack = self._stack.pop_all()
        if not len(self):
            raise ConfigError(f"{self.names[0]}: no file is in it; name recordings")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def __len__(self) -> int:
        return len(self._stored) + sum(len(planned) for _, planned, _ in self._files)

    def __iter__(self) -> Iterator[Item]:
        yield from self._stored
        for source, planned, scratch in self._files:
            opening = Opening(planned, source, FolderOptions(), scratch)
            for one in opening:
                path = f"{base_of(source).resolve()}/{one.relative}"
                yield self._item(one, path, partial(opening.done, one.file))

    def _plan(self, name: str) -> None:
        path, named = Path(name), split_name(name)
        if named is not None:
            self._stored.append(_stored(Store.open(named[0]), named[1]))
        elif "://" in name or (path / NAME).exists():
            store = Store.open(path)
            self._stored += [_stored(store, v) for v in store.frames().video_ids]
        elif path.exists():
            scratch = Scratch(None, outside=self.outside)
            self._stack.enter_context(scratch)
            found = plan(
                path,
                FolderOptions(),
                key=self._file_key,
                scratch=scratch,
                ignored=self.reading.ignored,
            )
            self._files.append((path, list(found), scratch))
        else:
            raise ConfigError(f"{name}: no such file or folder; correct the path")

    def _item(self, one: OnDisk, path: str, done: Callable[[], None]) -> Item:
        reading = self.reading

        @cache
        def name() -> str:
            if one.refused is not None:
                raise IngestError(one.refused)
            return content_pseudonym(reading.key or _NO_KEY, one.path)

        def scan(number: int) -> Scan:
            return file_scan(
                one.path,
                reading.options,
                view=number,
                key=reading.key,
                store=reading.store,
            )

        return Item(
            file=one.file,
            path=path,
            name=name,
            scan=scan,
            unread=one.path if one.refused is None else None,
            done=done,
        )


def _stored(store: Store, video: str) -> Item:
    if video not in store.frames().video_ids:
        stored_scan(store, video)  # Raises, and says what there is.
    return Item(
        file=video,
        path=None,
        name=lambda: video,
        scan=lambda _: stored_scan(store, video),
    )
