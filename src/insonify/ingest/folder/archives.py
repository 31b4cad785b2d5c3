"""Reads the members of archives, one after the other, and trusts none.

An archive is read from front to back: a compressed tar cannot be read otherwise.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from insonify.core.errors import IngestError
from insonify.ingest.folder.archive_entry import Budget, Entry
from insonify.ingest.folder.archive_kind import UNREADABLE, Kind
from insonify.ingest.folder.tar_entries import tar_entries
from insonify.ingest.folder.zip_entries import zip_entries

DAMAGE: Final = (*UNREADABLE, zipfile.BadZipFile)
"""What reading an archive or a member raises where it is damaged."""

REST: Final = -1
"""Number of the entry that stands for what cannot be read of an archive."""

_READERS: Final = {"zip": zip_entries, "tar": tar_entries}
_CHUNK: Final = 1 << 20


def entries(path: Path, kind: Kind, budget: Budget) -> Iterator[Entry]:
    """The files in an archive in its own order, but hidden ones.

    What cannot be read of it (damaged, cut short, too much) is a last entry with the
    number `REST`, no name and the reason.
    """
    try:
        for entry in _READERS[kind](path, budget):
            parts = posixpath.normpath(entry.name).split("/")
            if reason := _leads_out(entry.name):
                yield entry._replace(refused=reason)
            elif not any(part.startswith(".") for part in parts):
                yield entry._replace(name="/".join(parts))
    except IngestError as error:
        reason = str(error)
    except DAMAGE as error:
        reason = (
            f"the archive is damaged or cut short ({type(error).__name__}); only what "
            "stands before the damage can be taken: copy it again"
        )
    else:
        return
    yield Entry(REST, "", 0, "", _closed, reason)


def copy_out(entry: Entry, target: Path) -> None:
    """Write the content of a member to a file.

    Raises:
        IngestError: the member is damaged.
        OSError: the file cannot be written.
    """
    with target.open("wb") as file:
        for chunk in _content(entry):
            file.write(chunk)


def _content(entry: Entry) -> Iterator[bytes]:
    try:
        with entry.open() as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except DAMAGE as error:
        raise IngestError(
            f"damaged in its archive ({type(error).__name__}); copy the archive again"
        ) from None


def _leads_out(name: str) -> str | None:
    if name.startswith("/") or re.match("[A-Za-z]:/", name):
        return "its name in the archive is an absolute path; pack it again"
    if ".." in name.split("/"):
        return "its name leads out of the archive (..); pack it again"
    return None


def _closed() -> IO[bytes]:
    raise AssertionError("an entry that is refused is not opened")
