"""Streams of numbers inside files: as they are, or compressed from some byte on."""

import bz2
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, cast

Packing = Literal["raw", "gzip", "bzip2", "zlib"]


@contextmanager
def unpack(path: Path, offset: int, packing: Packing = "raw") -> Iterator[IO[bytes]]:
    """Open a file at an offset, and what is compressed from there on."""
    with path.open("rb") as file:
        file.seek(offset)
        if packing == "gzip":
            yield cast(IO[bytes], gzip.GzipFile(fileobj=file))
        elif packing == "bzip2":
            yield bz2.BZ2File(file)
        else:
            yield io.BufferedReader(_Inflated(file)) if packing == "zlib" else file


class _Inflated(io.RawIOBase):
    """A zlib stream, unpacked as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._zlib = file, zlib.decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = b""
        while not self._zlib.eof:
            packed = self._zlib.unconsumed_tail or self._file.read(2**16)
            data = self._zlib.decompress(packed, len(buffer))
            if data or not packed:
                break
        buffer[: len(data)] = data
        return len(data)
