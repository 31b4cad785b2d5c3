"""NumPy files: .npy, and .npz with one array of frames, perhaps with times.

Nothing is unpickled, and no array of frames is loaded as a whole.
"""

import math
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import numpy as np
from numpy.lib import format as npy

from insonify.core.errors import IngestError
from insonify.ingest.formats.array_choice import (
    MOST_STAMPS,
    RATES,
    TIMES,
    Candidate,
    array_clock,
    array_letters,
    choose_frames,
)
from insonify.ingest.formats.byte_stack import Layout, Opener, byte_stack, require_held
from insonify.ingest.formats.packing import unpack
from insonify.ingest.formats.stack import Stack, record
from insonify.ingest.recording import Damaged, Recording

_NPY: Final = b"\x93NUMPY"
_ZIP: Final = b"PK\x03\x04"
_MOST_MEMBERS: Final = 1000

_FAILURES: Final = (
    *(OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile),
    *(RuntimeError, NotImplementedError),  # Encrypted; an unknown compression.
    *(tokenize.TokenError, MemoryError),  # A header that is no dict; one of 4 GiB.
)
"""What damaged files raise."""


class _Array(NamedTuple):
    """One array, whose numbers are not read yet."""

    opened: Opener
    """Opens it at its header."""
    shape: tuple[int, ...]
    reversed: bool
    """The first axis is the fastest (Fortran's order)."""
    dtype: np.dtype[Any]
    packed: int
    """Bytes that it takes in the file."""


def is_npy(head: bytes) -> bool:
    """Whether a file that begins so is one NumPy array."""
    return head.startswith(_NPY)


def is_npz(head: bytes) -> bool:
    """Whether a file that begins so is an archive of NumPy arrays."""
    length = int.from_bytes(head[26:28], "little")
    return head.startswith(_ZIP) and head[30 : 30 + length].endswith(b".npy")


def read_npy(
    path: Path, damaged: Damaged = "reject", rate_hz: float | None = None
) -> Recording:
    """Open one array: (T, H, W), (T, H, W, 3) or (H, W).

    Args:
        path: The file.
        damaged: What to do where numbers are missing.
        rate_hz: Frames a second; None assumes 25.

    Raises:
        IngestError: it holds no frames, or lies about its size.
    """
    array = _array(partial(unpack, path, 0), path.stat().st_size)
    choose_frames([Candidate("", array.shape, array.dtype)])
    stack = _stack(array, 0)
    return record(stack, array_clock(None, None, stack.count, rate_hz), "npy", damaged)


def read_npz(
    path: Path, damaged: Damaged = "reject", rate_hz: float | None = None
) -> Recording:
    """Open an archive with one array of frames.

    Args:
        path: The file; times are in its array ``times_s``, or its rate in ``fps``.
        damaged: What to do where numbers are missing.
        rate_hz: Frames a second where it tells neither; None assumes 25.

    Raises:
        IngestError: it holds no frames or several arrays of them, or lies.
    """
    arrays = _members(path)
    items = [Candidate(name, a.shape, a.dtype) for name, a in arrays.items()]
    chosen = choose_frames(items).name
    stamps_T, rate = _first(arrays, TIMES), _first(arrays, RATES)
    stack = _stack(arrays[chosen], 0 if stamps_T is None else len(stamps_T))
    clock = array_clock(stamps_T, rate, stack.count, rate_hz)
    return record(stack, clock, "npz", damaged)


def _members(path: Path) -> dict[str, _Array]:
    """The arrays of an archive by name, without their ending."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except _FAILURES as error:
        raise _damaged(error) from None
    return {
        item.filename.removesuffix(".npy"): _array(
            partial(_member, path, item.filename), item.compress_size
        )
        for item in members[:_MOST_MEMBERS]
        if item.filename.endswith(".npy")
    }


@contextmanager
def _member(path: Path, name: str) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(path) as archive, archive.open(name) as stream:
        yield stream


def _array(opened: Opener, packed: int) -> _Array:
    try:
        with opened() as stream:
            return _Array(opened, *_npy_header(stream), packed)
    except _FAILURES as error:
        raise _damaged(error) from None


def _npy_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(stream)
    if version == (1, 0):
        return npy.read_array_header_1_0(stream)
    return npy.read_array_header_2_0(stream)


def _damaged(error: Exception) -> IngestError:
    return IngestError(
        f"damaged NumPy file ({type(error).__name__}); copy or export it again"
    )


def _stack(array: _Array, stamps: int) -> Stack:
    letters = array_letters(array.shape, stamps)
    axes = [axis for axis in zip(letters, array.shape, strict=True) if axis[0] != "1"]
    layout = Layout(axes=tuple(axes[:: -1 if array.reversed else 1]), dtype=array.dtype)
    require_held(layout, array.packed)

    @contextmanager
    def opened() -> Iterator[IO[bytes]]:
        with array.opened() as stream:
            _npy_header(stream)
            yield stream

    return byte_stack(opened, layout, layout.bytes)


def _first(arrays: Mapping[str, _Array], names: tuple[str, ...]) -> Any:
    """The numbers of the first array that has one of the names, if any."""
    for name in names:
        array = arrays.get(name)
        if array is None or math.prod(array.shape) > MOST_STAMPS:
            continue
        try:
            with array.opened() as stream:
                return np.asarray(npy.read_array(stream, allow_pickle=False))
        except _FAILURES as error:
            raise _damaged(error) from None
    return None
