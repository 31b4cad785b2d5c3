"""Looks into a folder's files for what they are: recordings, images or archives.

Listing a compressed tar unpacks it once, without keeping anything.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from insonify.core.errors import IngestError
from insonify.ingest.folder.archive_entry import Budget, Entry
from insonify.ingest.folder.archive_kind import Kind, archive_kind, beginning
from insonify.ingest.folder.archives import DAMAGE, copy_out, entries
from insonify.ingest.folder.folder_options import FolderOptions
from insonify.ingest.folder.image_folder import looks_like_image
from insonify.ingest.folder.scratch import Scratch
from insonify.ingest.folder.walk import Found, base_of, find

Way = tuple[int, ...]
"""Where a member is: its place in the archive, perhaps its place in that archive."""

NESTED: Final = "nested"
"""The scratch folder of an archive in an archive; there is one at a time."""

_TOO_DEEP: Final = "an archive in an archive in an archive; unpack the outer one"
_EMPTY: Final = "the archive holds no file; leave it out"


class Listed(NamedTuple):
    """A file of a folder or of an archive in it."""

    relative: str
    """Path within the folder; ``archive.zip/member`` for a member."""
    identity: str
    """Path, size, time: another if the file changes."""
    archive: Found | None = None
    """The archive that it is in."""
    way: Way = ()
    image: bool = False
    """Whether it can be an image of a video."""
    refused: str | None = None
    """Why it is not to be read, if it is not."""


class Listing:
    """Lists a folder."""

    def __init__(self, source: Path, options: FolderOptions, scratch: Scratch) -> None:
        self.source, self.options, self.scratch = source, options, scratch
        self.base = base_of(source)

    def files(self, ignored: Iterable[Path]) -> Iterator[Listed]:
        """All files and members, those that are refused with the reason."""
        for found in find(self.source, ignored):
            # As ever, so that stores of earlier versions know their files.
            identity = f"{found.relative}\0{found.size}\0{found.time_ns}"
            file = Listed(found.relative, identity, refused=found.refused)
            if found.refused:
                yield file
                continue
            path = self.base / found.relative
            kind, image = self._look_into(path, found.relative)
            if kind:
                budget = Budget(self.options, found.size)
                inside = file._replace(archive=found)
                yield from self._members(path, kind, inside, budget)
            else:
                yield file._replace(image=image)

    def _members(
        self, path: Path, kind: Kind, within: Listed, budget: Budget
    ) -> Iterator[Listed]:
        empty = True
        for entry in entries(path, kind, budget):
            empty = False
            parts = (entry.number, entry.name, entry.size, entry.stamp)
            member = within._replace(
                relative=f"{within.relative}/{entry.name}".rstrip("/"),
                identity="\0".join([within.identity, *map(str, parts)]),
                way=(*within.way, entry.number),
                refused=entry.refused,
            )
            kind_inside, image = None, False
            if not entry.refused:
                kind_inside, image = self._look_into(entry, entry.name)
            if kind_inside is None:
                yield member._replace(image=image)
            elif within.way:
                yield member._replace(refused=_TOO_DEEP)
            else:
                yield from self._nested(entry, kind_inside, member, budget)
        if empty:
            yield within._replace(refused=_EMPTY)

    def _nested(
        self, entry: Entry, kind: Kind, member: Listed, budget: Budget
    ) -> Iterator[Listed]:
        path = self.scratch.folder(NESTED) / "archive"
        try:
            with self.scratch.room():
                copy_out(entry, path)
            yield from self._members(path, kind, member, budget)
        except IngestError as error:
            yield member._replace(refused=str(error))
        finally:
            self.scratch.remove(NESTED)

    def _look_into(self, item: Path | Entry, name: str) -> tuple[Kind | None, bool]:
        """The kind of an archive, and whether it may be an image of a video."""
        head: bytes | None
        try:
            with item.open("rb") if isinstance(item, Path) else item.open() as file:
                head = beginning(file)
                kind = archive_kind(file, head, name)
        except DAMAGE:  # whoever reads it will say so
            kind, head = None, None
        video = self.options.image_folders == "video"
        return kind, video and kind is None and looks_like_image(head, name)
