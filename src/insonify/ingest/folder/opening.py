"""Puts planned recordings on disk, one after the other, and takes them away again."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from insonify.ingest.folder.folder_options import FolderOptions
from insonify.ingest.folder.planning import Planned
from insonify.ingest.folder.scratch import Scratch
from insonify.ingest.folder.unpacking import OnDisk, Unpacking
from insonify.ingest.folder.walk import Found, base_of


class Opening:
    """Opens planned recordings, each when it is asked for.

    Members of archives are unpacked then, and removed when whoever asked says that
    they are `done`. Each archive is read once, from front to back.
    """

    def __init__(
        self,
        planned: Iterable[Planned],
        source: Path,
        options: FolderOptions,
        scratch: Scratch,
    ) -> None:
        self.base, self.options, self.scratch = base_of(source), options, scratch
        self.by_archive: dict[Found | None, list[Planned]] = {}
        for one in planned:
            archive = None if one.refused else one.archive
            self.by_archive.setdefault(archive, []).append(one)

    def __iter__(self) -> Iterator[OnDisk]:
        for archive, planned in self.by_archive.items():
            if archive is None:
                yield from map(self._in_place, planned)
            else:
                path = self.base / archive.relative
                yield from Unpacking(
                    path, archive, planned, self.options, self.scratch
                ).recordings()

    def done(self, file: str) -> None:
        """Remove what was unpacked of a recording, if anything was."""
        self.scratch.remove(file)

    def _in_place(self, planned: Planned) -> OnDisk:
        path = self.base / planned.relative
        return OnDisk.of(planned, path, images=planned.images, refused=planned.refused)
