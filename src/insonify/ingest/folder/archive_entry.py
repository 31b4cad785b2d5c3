"""A member of an archive, and what an archive may unpack in all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Final, NamedTuple

from insonify.core.errors import IngestError
from insonify.ingest.folder.folder_options import FolderOptions

LINK: Final = "a link in an archive is not followed; its target is taken itself"
DEVICE: Final = "not a regular file but a pipe or device; leave it out"

_SMALL: Final = 100e6
"""Bytes that any archive may unpack to, however much it grows."""


class Entry(NamedTuple):
    """A member of an archive that is a file, or should be refused."""

    number: int
    """Its place in the archive."""
    name: str
    """Path within the archive, with slashes."""
    size: int
    stamp: str
    """Changes if its content does."""
    open: Callable[[], IO[bytes]]
    """Opens it; to be used before the next entry is asked for."""
    refused: str | None
    """Why it is not to be opened, if it is not."""


@dataclass
class Budget:
    """What an archive, with the archives in it, may still unpack."""

    options: FolderOptions
    packed: int
    """Size of the archive's file."""
    spent: int = 0

    def spend(self, size: int) -> None:
        """Count unpacked bytes.

        Raises:
            IngestError: they are too many.
        """
        self.spent += size
        gb, growth = self.options.archive_gb, self.options.growth
        if self.spent > gb * 1e9:
            raise IngestError(
                f"the archive unpacks to more than {gb:g} GB; what comes after them is "
                "refused: unpack it yourself, or raise --archive-gb"
            )
        if self.spent > max(_SMALL, growth * self.packed):
            raise IngestError(
                f"the archive unpacks to more than {growth:g} times its size, as bombs "
                "do; what comes after is refused: unpack it yourself, or raise --growth"
            )

    def refuse(self, size: int) -> str | None:
        """Why a member of this size is refused, if it is."""
        if size <= self.options.member_gb * 1e9:
            return None
        return (
            f"it unpacks to {size / 1e9:.3g} GB, more than {self.options.member_gb:g}; "
            "unpack it yourself, or raise --member-gb"
        )
