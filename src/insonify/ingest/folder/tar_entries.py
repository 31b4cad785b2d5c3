"""The members of a tar archive, compressed or not."""

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from insonify.ingest.folder.archive_entry import DEVICE, LINK, Budget, Entry

_SPECIAL: Final = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)
_LONGEST_SPECIAL: Final = 1 << 20
"""Bytes of a header that holds a long name or the like."""


def tar_entries(path: Path, budget: Budget) -> Iterator[Entry]:
    """The files in a tar, from front to back, so that nothing is unpacked twice."""
    with tarfile.open(path, tarinfo=_Header) as archive:
        number, place = 0, -1
        while (info := archive.next()) is not None:
            archive.members = []  # type: ignore[attr-defined]  # or they pile up
            if info.size < 0 or archive.offset <= place:
                raise tarfile.ReadError("a size that leads back")
            number, place = number + 1, archive.offset
            budget.spend(tarfile.BLOCKSIZE + info.size)
            if info.isdir():
                continue
            yield Entry(
                number,
                info.name,
                info.size,
                repr(info.mtime),
                lambda info=info: _extract(archive, info),  # type: ignore[misc]
                _refuse(info) or budget.refuse(info.size),
            )


def _extract(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    file = archive.extractfile(info)
    assert file is not None  # a regular file
    return file


def _refuse(info: tarfile.TarInfo) -> str | None:
    if info.issym() or info.islnk():
        return LINK
    return None if info.isreg() else DEVICE


class _Header(tarfile.TarInfo):
    """A header that says if it is damaged: to Python's it is the archive's end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Header":
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError("damaged header, or no end") from error
        # Special ones are read into memory whole; a negative size leads back.
        longest = _LONGEST_SPECIAL if header.type in _SPECIAL else header.size
        if not 0 <= header.size <= longest:
            raise tarfile.ReadError("impossible size")
        return header
