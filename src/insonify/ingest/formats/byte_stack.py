"""Frames that lie as bare numbers in a stream of bytes, compressed or not.

They are read one by one, so that a file of 10 GB needs the memory of a frame; where
time is not the slowest axis they are first put in order, in a temporary file.

Legend: T frames, H rows, W columns, C colour channels.
"""

import math
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import IO, Any, Final

import numpy as np

from insonify.core.errors import IngestError
from insonify.ingest.formats.stack import BrokenOffError, Pixels, Stack, require_size

_FAILURES: Final = (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile)
"""What reading a damaged stream raises."""

_MOST_EXPANSION: Final = 1032
"""Deflate cannot make more bytes than this of one (zlib's technical details)."""

_BLOCK: Final = 16 * 2**20
"""Bytes asked for at once: a header that lies costs no more memory than this."""

_IN_MEMORY: Final = 256 * 2**20
"""Stacks up to this size are put in order in memory."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How numbers lie."""

    axes: tuple[tuple[str, int], ...]
    """Letter (T, H, W or C) and size, the slowest first."""
    dtype: np.dtype[Any]

    def size(self, letter: str) -> int:
        return dict(self.axes).get(letter, 1)

    @property
    def shape(self) -> tuple[int, ...]:
        """(H, W) or (H, W, C)."""
        return tuple(self.size(a) for a in "HWC" if a != "C" or "C" in dict(self.axes))

    @property
    def bytes(self) -> int:
        return math.prod(size for _, size in self.axes) * self.dtype.itemsize


Opener = Callable[[], AbstractContextManager[IO[bytes]]]


def byte_stack(open_: Opener, layout: Layout, held: int) -> Stack:
    """A stack in a stream.

    Args:
        open_: Opens the stream at its first number.
        layout: How the numbers lie.
        held: Bytes that the stream can have at most.

    Raises:
        IngestError: the layout is none of a recording.
    """
    count = layout.size("T")
    require_size(count, layout.shape, layout.dtype.itemsize)
    letters = "".join(letter for letter, _ in layout.axes)
    order = [letters.replace("T", "").index(a) for a in "HWC" if a in letters]

    def pictures() -> Iterator[Pixels]:
        read = _in_turn if letters.startswith("T") or count == 1 else _reordered
        if read is _reordered and layout.bytes > held:
            raise BrokenOffError("the file is too short")
        try:
            with open_() as stream:
                for pixels in read(stream, layout):
                    yield pixels.transpose(order)
                stream.read(1)  # At its end, what is compressed checks its sum.
        except _FAILURES as error:
            raise BrokenOffError(f"reading fails: {type(error).__name__}") from None

    return Stack(count=count, shape=layout.shape, dtype=layout.dtype, pictures=pictures)


def require_held(layout: Layout, packed_bytes: int) -> None:
    """Refuse a compressed stream that cannot unpack to what its header declares.

    Raises:
        IngestError: it cannot, or only as a decompression bomb.
    """
    if layout.bytes > _MOST_EXPANSION * packed_bytes:
        raise IngestError(
            f"the header declares {layout.bytes} bytes of pixels, and {packed_bytes} "
            "compressed bytes are there; copy or export the file again"
        )


def _in_turn(stream: IO[bytes], layout: Layout) -> Iterator[Pixels]:
    """Frame after frame as they lie: (H, W, C) in any order."""
    shape = [size for letter, size in layout.axes if letter != "T"]
    for _ in range(layout.size("T")):
        yield _read(stream, math.prod(shape), layout).reshape(shape)


def _reordered(stream: IO[bytes], layout: Layout) -> Iterator[Pixels]:
    """Frame after frame where numbers of all frames lie side by side."""
    letters = [letter for letter, _ in layout.axes]
    sizes = [size for _, size in layout.axes]
    time = letters.index("T")
    outer, count, inner = math.prod(sizes[:time]), sizes[time], sizes[time + 1 :]
    step = max(_BLOCK // (count * math.prod(inner) * layout.dtype.itemsize), 1)
    with _room((count, outer, math.prod(inner)), layout.dtype) as room:
        for start in range(0, outer, step):
            some = min(step, outer - start)
            block = _read(stream, some * count * math.prod(inner), layout)
            block = block.reshape(some, count, -1)
            room[:, start : start + some] = block.swapaxes(0, 1)
        for numbers in room:
            yield np.array(numbers).reshape(sizes[:time] + inner)


@contextmanager
def _room(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Iterator[Pixels]:
    """An array in memory, or if it is large in a file that is gone afterwards."""
    size = math.prod(shape) * dtype.itemsize
    if size <= _IN_MEMORY:
        yield np.empty(shape, dtype)
        return
    # Checked before: a full disk behind a memory map ends the process (SIGBUS).
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if size > free:
        raise IngestError(
            f"its frames lie interleaved; putting them in order needs {size} bytes of "
            f"temporary space, and {free} are free; make room, or set TMPDIR"
        )
    with tempfile.TemporaryFile() as file:
        yield np.memmap(file, dtype, "w+", shape=shape)


def _read(stream: IO[bytes], count: int, layout: Layout) -> Pixels:
    """So many numbers."""
    missing, parts = count * layout.dtype.itemsize, []
    while missing:
        part = stream.read(min(missing, _BLOCK))
        if not part:
            raise BrokenOffError("the file is too short")
        parts.append(part)
        missing -= len(part)
    return np.frombuffer(b"".join(parts), layout.dtype)
