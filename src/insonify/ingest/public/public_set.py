"""What all published sets have in common: terms, a layout, and who is who in it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from insonify.core.errors import ConfigError
from insonify.ingest.build import Batch
from insonify.ingest.clean import CleanOptions
from insonify.ingest.label_table import Marked
from insonify.ingest.subjects import FromTable, Known
from insonify.ingest.triage import TriageOptions

SPLIT: Final = "published"
"""Name of the split that a set is published with."""
STILLS: Final = CleanOptions(
    area="full",
    triage=TriageOptions(black=0, lift_off=0, colour=0, split_screen=0),
)
"""For stills that are cropped already: all of the picture, and no triage, for each was
chosen by whoever published it; of one frame none can repeat or freeze."""


@dataclass(kw_only=True)
class Contents:
    """What a copy of a set holds, gathered file by file."""

    root: Path
    """The folder that the layout begins in."""
    known: dict[str, Known] = field(default_factory=dict)
    """What is known of each file, by its path below ``root``."""
    marked: dict[str, tuple[Marked, ...]] = field(default_factory=dict)
    """Labels of parts of a video, by path."""
    rates: dict[str, float] = field(default_factory=dict)
    """Frames a second of files that do not say so themselves, by path."""
    parts: dict[str, str] = field(default_factory=dict)
    """Part of the published split, by subject."""
    remarks: list[str] = field(default_factory=list)
    """What whoever uses the set has to know; never a file's name."""

    def add(
        self,
        path: str,
        known: Known,
        *,
        part: str = "",
        marked: Iterable[Marked] = (),
        rate_hz: float | None = None,
    ) -> None:
        """Add a file.

        Raises:
            ConfigError: it, or its subject, contradicts what was added before.
        """
        if path in self.known:
            raise ConfigError(
                f"{self.root}: a file stands in two rows of the set's table; copy the "
                "published table again"
            )
        self.known[path] = known
        if part and self.parts.setdefault(known.subject, part) != part:
            raise ConfigError(
                f"{self.root}: a subject is in two parts of the published split; copy "
                "the published table again"
            )
        if rows := tuple(marked):
            self.marked[path] = rows
        if rate_hz:
            self.rates[path] = rate_hz

    def files(self, folder: str, endings: tuple[str, ...]) -> list[str]:
        """Paths of files at any depth of a folder, without hidden ones."""
        found = (self.root / folder).rglob("*")
        paths = sorted(p.relative_to(self.root) for p in found if p.is_file())
        return [
            path.as_posix()
            for path in paths
            if path.suffix.lower() in endings
            and not any(part.startswith(".") for part in path.parts)
        ]

    def remark_if(self, count: int, remark: str) -> None:
        """Add a remark on ``count`` things, unless there are none."""
        if count:
            self.remarks.append(f"{count} {remark}")

    def remark_unlisted(self, folder: str, endings: tuple[str, ...]) -> None:
        """Say how many files of a folder the set's table does not know."""
        unlisted = set(self.files(folder, endings)) - self.known.keys()
        self.remark_if(
            len(unlisted), f"files in {folder} are in no row of the table: left out"
        )


@dataclass(frozen=True, kw_only=True)
class PublicSet:
    """A published set: what it is, where it is, and how its layout is read."""

    name: str
    """What the command line calls it."""
    title: str
    site: str
    """Where to get it."""
    licence: str
    citation: str
    wanted: tuple[str, ...]
    """Files and folders by which a copy is known, below its root."""
    read: Callable[[Contents], None]
    """Reads the layout that begins in the contents' root, and adds its files."""
    clean: CleanOptions
    """What is made of each file unless the user says otherwise."""

    def terms(self) -> Mapping[str, str]:
        """What has to be said wherever the set is used or passed on."""
        return {
            name: getattr(self, name)
            for name in ("name", "title", "site", "licence", "citation")
        }

    def contents(self, path: Path) -> Contents:
        """Read a copy.

        Raises:
            ConfigError: there is none, or a table of it is not as published.
        """
        contents = Contents(root=self._root(path))
        self.read(contents)
        if not contents.known:
            raise ConfigError(
                f"{contents.root}: the tables and folders of {self.title} hold no "
                f"file; copy all of the set from {self.site}"
            )
        return contents

    def batch(self, contents: Contents) -> Batch:
        """What ingest needs; subjects and exams of different sets never meet."""
        rows = {
            path: Known(
                subject=self._own(known.subject),
                exam=known.exam,
                labels=known.labels,
                facts=known.facts,
            )
            for path, known in contents.known.items()
        }
        parts = {self._own(who): part for who, part in contents.parts.items()}
        return Batch(
            root=contents.root,
            files=[Path(path) for path in rows],
            whose=FromTable(rows),
            stretches=contents.marked,
            rates=contents.rates,
            splits={SPLIT: parts} if parts else {},
        )

    def _own(self, subject: str) -> str:
        return f"{self.name}\n{subject}"

    def _root(self, path: Path) -> Path:
        """The folder itself, or one in it, that has all that is wanted."""
        if not path.is_dir():
            raise ConfigError(
                f"{path}: no such folder; unpack {self.title} and name it"
            )
        inner = sorted(p for p in path.iterdir() if p.is_dir() and p.name[:1] != ".")
        for folder in (path, *inner):
            if all((folder / name).exists() for name in self.wanted):
                return folder
        missing = [name for name in self.wanted if not (path / name).exists()]
        raise ConfigError(
            f"{path}: not a copy of {self.title}: {', '.join(missing)} not found in it "
            f"or in a folder in it; get the set from {self.site}, unpack it, and name "
            f"the folder that holds {', '.join(self.wanted)}"
        )
