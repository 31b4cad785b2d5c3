"""NIfTI of 2-D frames in time (.nii, .nii.gz).

nibabel reads the header; frames are read one by one here, so that their number, a
damaged end and a header that lies are treated as in every other format.

Legend: T frames, H rows, W columns.
"""

import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from insonify.core.errors import IngestError
from insonify.ingest.formats.axes import name_axes, slowest_first
from insonify.ingest.formats.byte_stack import Layout, byte_stack, require_held
from insonify.ingest.formats.extra_library import import_extra
from insonify.ingest.formats.frame_clock import Clock, assumed, steady
from insonify.ingest.formats.header_text import known_spacing
from insonify.ingest.formats.packing import Packing, unpack
from insonify.ingest.formats.stack import Pixels, Stack, record
from insonify.ingest.recording import Damaged, Recording

HEAD_BYTES: Final = 4096
"""As much of a file as tells what it is."""

_GZIP: Final = b"\x1f\x8b"
_MAGIC_1: Final = (b"n+1\0", b"ni1\0")
_MAGIC_2: Final = (b"n+2\0", b"ni2\0")

_MILLIMETRES: Final = {"mm": 1.0, "meter": 1000.0, "micron": 0.001, "unknown": 1.0}
_SECONDS: Final = {"sec": 1.0, "msec": 1e-3, "usec": 1e-6}


def is_nifti(head: bytes) -> bool:
    """Whether a file that begins so is NIfTI, compressed or not."""
    start = _unpacked(head)
    return start[344:348] in _MAGIC_1 or start[4:8] in _MAGIC_2


def read_nifti(
    path: Path, damaged: Damaged = "reject", rate_hz: float | None = None
) -> Recording:
    """Open a NIfTI file with axes x, y and time.

    Args:
        path: The file.
        damaged: What to do where pixels are missing.
        rate_hz: Slices a second, if the file has no times; None refuses a volume, and
            assumes 25 where the axis of time has no unit.

    Raises:
        IngestError: it holds a volume, lies about its size, or nibabel is missing.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    header = _header(_unpacked(head))
    try:
        sizes = [int(size) for size in header.get_data_shape()]
        dtype, (slope, shift) = header.get_data_dtype(), header.get_slope_inter()
        start, _ = int(header["vox_offset"]), header.get_xyzt_units()
    except _failures() as error:
        raise IngestError(
            f"damaged NIfTI header ({type(error).__name__}); export the file again"
        ) from None
    letters, layout = _layout(sizes, dtype, rate_hz is not None)
    packed, size = head.startswith(_GZIP), path.stat().st_size
    if packed:
        require_held(layout, size)
    offset = min(max(start, header.sizeof_hdr), size)
    opened = partial(_opened, path, offset, "gzip" if packed else "raw")
    stack = byte_stack(opened, layout, layout.bytes if packed else size - offset)
    if slope is not None and (slope, shift) != (1, 0):
        stack = _scaled(stack, slope, shift)
    stack = replace(stack, spacing_mm=_spacing(header, letters))
    clock = _clock(header, stack.count) or assumed(stack.count, rate_hz)
    return record(stack, clock, "nifti", damaged)


def _unpacked(head: bytes) -> bytes:
    """The beginning of what is compressed, or of what is not."""
    if not head.startswith(_GZIP):
        return head
    try:
        return zlib.decompressobj(wbits=31).decompress(head, HEAD_BYTES)
    except zlib.error:
        return b""


def _header(head: bytes) -> Any:
    """The header without its extensions, which may hold anything.

    Raises:
        IngestError: the pixels lie in a file of their own.
    """
    if head[344:348] == b"ni1\0" or head[4:8] == b"ni2\0":
        raise IngestError("NIfTI in two files; convert it to one .nii or .nii.gz")
    one = head[344:348] == b"n+1\0"
    nibabel = import_extra("nibabel")
    kind = nibabel.Nifti1Header if one else nibabel.Nifti2Header
    return kind(head[: kind.sizeof_hdr], check=False)


def _failures() -> tuple[type[Exception], ...]:
    spatial = import_extra("nibabel.spatialimages")
    return (spatial.HeaderDataError, KeyError, ValueError, OverflowError)


def _layout(
    sizes: list[int], dtype: np.dtype[Any], slices_are_frames: bool
) -> tuple[list[str], Layout]:
    """The letters of NIfTI's axes, and how the numbers lie."""
    kinds = ["", "", "", "", "vector", "", ""][: len(sizes)]
    letters = name_axes(sizes, kinds, slices_are_frames)
    axes = slowest_first(letters, sizes)
    if dtype.fields:  # RGB24 or RGBA32: bytes with names.
        return letters, Layout(
            axes=(*axes, ("C", len(dtype.fields))), dtype=np.dtype(np.uint8)
        )
    return letters, Layout(axes=axes, dtype=dtype)


@contextmanager
def _opened(path: Path, offset: int, packing: Packing) -> Iterator[IO[bytes]]:
    with unpack(path, 0, packing) as stream:
        stream.seek(offset)
        yield stream


def _scaled(stack: Stack, slope: float, shift: float) -> Stack:
    def pictures() -> Iterator[Pixels]:
        for pixels in stack.pictures():
            yield pixels.astype(np.float32) * np.float32(slope) + np.float32(shift)

    return replace(stack, dtype=np.dtype(np.float32), pictures=pictures)


def _spacing(header: Any, letters: list[str]) -> tuple[float, float] | None:
    unit = _MILLIMETRES.get(header.get_xyzt_units()[0], math.nan)
    zooms = header.get_zooms()
    down, across = (float(zooms[letters.index(letter)]) * unit for letter in "HW")
    return known_spacing(down, across)


def _clock(header: Any, count: int) -> Clock | None:
    """The steady rate of the fourth axis, None where it has no unit of time."""
    unit, zooms = header.get_xyzt_units()[1], header.get_zooms()
    if unit not in _SECONDS or len(zooms) < 4:
        return None
    return steady(count, float(zooms[3]) * _SECONDS[unit])
