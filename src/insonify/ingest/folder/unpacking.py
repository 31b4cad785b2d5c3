"""Unpacks the planned members of an archive, one after the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from insonify.core.errors import IngestError
from insonify.ingest.folder.archive_entry import Budget, Entry
from insonify.ingest.folder.archive_kind import archive_kind, beginning
from insonify.ingest.folder.archives import REST, copy_out, entries
from insonify.ingest.folder.folder_options import FolderOptions
from insonify.ingest.folder.listing import NESTED, Way
from insonify.ingest.folder.planning import Planned
from insonify.ingest.folder.scratch import Scratch
from insonify.ingest.folder.walk import Found

_CHANGED: Final = "its archive has changed since it was listed; ingest it again"


@dataclass(frozen=True, kw_only=True)
class OnDisk:
    """A recording that can be read now, or should be refused."""

    file: str
    """Its pseudonym."""
    relative: Path
    """Path within the folder that is ingested."""
    path: Path
    """The file, or the folder of its images; a temporary one for a member."""
    images: tuple[str, ...] = ()
    """Names of the images in ``path`` that are its frames."""
    refused: str | None = None
    """Why it is not to be read, if it is not."""

    @classmethod
    def of(
        cls,
        planned: Planned,
        path: Path,
        *,
        images: tuple[str, ...] = (),
        refused: str | None = None,
    ) -> "OnDisk":
        """A planned recording that is at a path now, or is refused."""
        return cls(
            file=planned.file,
            relative=Path(planned.relative),
            path=path,
            images=images,
            refused=refused,
        )


_Wanted = dict[Way, tuple[Planned, int]]
"""A recording, and which of its files it is, by where it is in an archive."""


class Unpacking:
    """One reading of an archive, from front to back."""

    def __init__(
        self,
        path: Path,
        archive: Found,
        planned: list[Planned],
        options: FolderOptions,
        scratch: Scratch,
    ) -> None:
        self.path, self.archive, self.scratch = path, archive, scratch
        self.budget = Budget(options, self.archive.size)
        self.left = {one.file: one for one in planned}
        self.wanted: _Wanted = {
            way: (one, number) for one in planned for number, way in enumerate(one.ways)
        }
        self.missing = {one.file: len(one.ways) for one in planned}
        self.reason = _CHANGED

    def recordings(self) -> Iterator[OnDisk]:
        """Each recording when all of it is unpacked, or is refused."""
        if _is_same(self.path, self.archive):
            yield from self._within(self.path, ())
        for one in self.left.values():
            yield OnDisk.of(one, Path(), refused=self.reason)

    def _within(self, path: Path, outer: Way) -> Iterator[OnDisk]:
        archives = {way[0] for way in self.wanted if len(way) > 1} if not outer else ()
        for entry in self._entries(path):
            way = (*outer, entry.number)
            if entry.number == REST:
                self.reason = str(entry.refused)
            elif way in self.wanted:
                yield from self._take(entry, *self.wanted[way])
            elif entry.number in archives:
                yield from self._nested(entry, way)

    def _entries(self, path: Path) -> Iterator[Entry]:
        try:
            with path.open("rb") as file:
                kind = archive_kind(file, beginning(file), path.name)
        except OSError:
            return
        if kind:
            yield from entries(path, kind, self.budget)

    def _nested(self, entry: Entry, way: Way) -> Iterator[OnDisk]:
        path = self.scratch.folder(NESTED) / "archive"
        try:
            self._copy(entry, path)
            yield from self._within(path, way)
        except IngestError as error:
            self.reason = str(error)
        finally:
            self.scratch.remove(NESTED)

    def _take(self, entry: Entry, planned: Planned, number: int) -> Iterator[OnDisk]:
        """Unpack a file of a recording; yield this if it was the last."""
        if planned.file not in self.left:
            return
        folder = self.scratch.folder(planned.file)
        try:
            self._copy(entry, folder / _name(planned, number))
        except IngestError as error:
            del self.left[planned.file]
            yield OnDisk.of(planned, Path(), refused=str(error))
            return
        self.missing[planned.file] -= 1
        if not self.missing[planned.file]:
            del self.left[planned.file]
            names = tuple(_name(planned, n) for n in range(len(planned.ways)))
            images = names if planned.images else ()
            path = folder if images else folder / names[0]
            yield OnDisk.of(planned, path, images=images)

    def _copy(self, entry: Entry, target: Path) -> None:
        with self.scratch.room():
            copy_out(entry, target)


def _name(planned: Planned, number: int) -> str:
    """A name of ours: theirs are not to be trusted, but for the kind of file."""
    suffix = PurePosixPath(planned.relative).suffix
    plain = suffix.isascii() and suffix[1:].isalnum() and len(suffix) <= 8
    return f"{number:06}{suffix if plain and not planned.images else ''}"


def _is_same(path: Path, archive: Found) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (archive.size, archive.time_ns)
