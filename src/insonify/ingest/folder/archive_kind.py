"""Tells by its content whether a file is an archive of recordings."""

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Callable
from typing import IO, Final, Literal

Kind = Literal["zip", "tar"]

UNREADABLE: Final = (
    *(OSError, EOFError, ValueError, OverflowError, RuntimeError),
    *(zlib.error, lzma.LZMAError, tarfile.TarError),
)
"""What Python's readers of archives raise on damaged ones."""

_ZIP: Final = b"PK\x03\x04"
_PACKED: Final[dict[bytes, Callable[[IO[bytes]], IO[bytes]]]] = {
    b"\x1f\x8b": gzip.open,  # type: ignore[dict-item]  # overloaded by mode
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
_DOCUMENTS: Final = (b"[Content_Types].xml", b"mimetype", b"META-INF/", b"_rels/")
"""What zips begin with that are office documents, e-books or programs."""


def beginning(file: IO[bytes]) -> bytes:
    """The first bytes of a file that was just opened, 512 or all; it stays there."""
    # Not by seeking: in a compressed tar that means to unpack all again.
    head: bytes = file.peek(tarfile.BLOCKSIZE)  # type: ignore[attr-defined]
    return head[: tarfile.BLOCKSIZE]


def archive_kind(file: IO[bytes], head: bytes, name: str) -> Kind | None:
    """The kind of an archive; None if the file is none of ours.

    Args:
        file: Open at its beginning; read on if it is compressed.
        head: Its `beginning`.
        name: Its name; it matters for zips of arrays only: ``.zip`` holds recordings,
            by any other name they are the arrays of one (``.npz``).
    """
    if head.startswith(_ZIP):
        return None if _is_document(head, name) else "zip"
    for magic, opened in _PACKED.items():
        if head.startswith(magic):
            return "tar" if _is_tar(_first_block(file, opened)) else None
    return "tar" if _is_tar(head) else None


def _is_document(head: bytes, name: str) -> bool:
    first = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    arrays = first.endswith(b".npy") and not name.lower().endswith(".zip")
    return arrays or first.startswith(_DOCUMENTS)


def _first_block(file: IO[bytes], opened: Callable[[IO[bytes]], IO[bytes]]) -> bytes:
    try:
        with opened(file) as unpacked:
            return unpacked.read(tarfile.BLOCKSIZE)
    except UNREADABLE:
        return b""


def _is_tar(block: bytes) -> bool:
    """Whether it is a header with the right sum; old ones have no other mark."""
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True
