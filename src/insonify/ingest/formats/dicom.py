"""DICOM cines and images, frame by frame, as luma.

Legend: T frames, H rows, W columns.
"""

import logging
import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import generate_fragments, generate_frames
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.pixels import get_decoder
from pydicom.uid import (
    UID,
    ImplicitVRLittleEndian,
    JPEGExtended12Bit,
    RLELossless,
)

from insonify.core.errors import IngestError
from insonify.ingest.formats.dicom_header import (
    read_active_area,
    read_facts,
    read_identity,
    read_regions,
)
from insonify.ingest.formats.dicom_pixels import arrays_of, colour, luma, to_eight_bits
from insonify.ingest.formats.dicom_times import read_times
from insonify.ingest.formats.movie import read_movie
from insonify.ingest.recording import Damaged, Recording, TimedFrame

_VIDEO: Final = "1.2.840.10008.1.2.4.10"
"""MPEG-2, H.264 and HEVC are .100 to .108; pydicom has no decoder of them."""

_FAILURES: Final = (
    *(InvalidDicomError, BytesLengthException, struct.error, zlib.error, EOFError),
    *(OSError, AttributeError, LookupError, TypeError, ValueError, RuntimeError),
    *(NotImplementedError, OverflowError, MemoryError),
)
"""What pydicom and its decoders raise on a damaged file: MemoryError where a length of
4 GiB is declared."""

_BEGINNINGS: Final = (b"\xff\xd8", b"\xff\x4f")
"""Markers that a JPEG and a JPEG 2000 image begin with."""


def is_dicom(path: Path) -> bool:
    """Whether the content is DICOM, with its preamble or (old archives) without.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(132)
    # Without a preamble a file begins with an element of group 2 or 8 (little endian).
    return head[128:] == b"DICM" or head[:2] in (b"\x02\0", b"\x08\0")


def read_dicom(
    path: Path, damaged: Damaged = "reject", rate_hz: float | None = None
) -> Recording:
    """Open a DICOM file that holds pictures, whatever its SOP class.

    Args:
        path: The file.
        damaged: What to do where a frame cannot be decoded: refuse the file, or keep
            the frames before it.
        rate_hz: Frames a second where the file tells no times.

    Raises:
        IngestError: it holds no pictures, or needs a decoder that is not installed.
    """
    # Its warnings quote header values, names among them.
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(action="ignore"):
            data = pydicom.dcmread(path, force=True)
            return _recording(data, damaged, rate_hz)
    except _FAILURES as error:
        raise IngestError(
            f"damaged DICOM header ({type(error).__name__}); send the file again"
        ) from None


def _recording(data: Dataset, damaged: Damaged, rate_hz: float | None) -> Recording:
    if not data.get("PixelData"):
        # Not which modality: in a damaged header, the value runs on to the names.
        raise IngestError(
            "DICOM without pictures (a report?), or cut short before them; send the "
            "pictures"
        )
    syntax = data.file_meta.get("TransferSyntaxUID", ImplicitVRLittleEndian)
    data.file_meta.TransferSyntaxUID = syntax
    if syntax.startswith(_VIDEO):
        return _read_video(data, damaged, rate_hz)
    _require_decoder(syntax, int(data.BitsStored))
    shape_HW = (int(data.Rows), int(data.Columns))
    count = data.NumberOfFrames = _count_frames(data)
    if count > len(data.PixelData):
        raise IngestError(
            f"{count} frames are declared in {len(data.PixelData)} bytes; send the "
            "file again"
        )
    times_T, timing = read_times(data, count, rate_hz)
    regions, notes = read_regions(data, shape_HW)
    recording = Recording(
        frames=lambda: _frames(data, times_T, damaged, recording),
        shape_HW=shape_HW,
        container="dicom",
        timing=timing if count > 1 else "still",
        regions=regions,
        active_HW=read_active_area(data, shape_HW),
        identity=read_identity(data),
        facts={"codec": syntax.name, **read_facts(data)},
        notes=notes,
    )
    return recording


def _frames(
    data: Dataset, times_T: npt.NDArray[np.float64], damaged: Damaged, to: Recording
) -> Iterator[TimedFrame]:
    arrays, coding = arrays_of(data), str(data.get("PhotometricInterpretation"))
    for number, time_s in enumerate(times_T):
        try:
            with warnings.catch_warnings(action="ignore"):
                pixels = to_eight_bits(next(arrays), data)
            luma_HW, colour_HW = luma(pixels, coding), colour(pixels, coding)
        except (StopIteration, *_FAILURES) as error:
            found = f"{number} of {len(times_T)} frames decode ({type(error).__name__})"
            if number == 0:
                raise IngestError(f"{found}; send the file again") from None
            if damaged == "reject":
                raise IngestError(
                    f"{found}; send the file again, or keep what is good with "
                    "--damaged keep"
                ) from None
            to.add_note(found)
            return
        yield TimedFrame(float(time_s), luma_HW, colour_HW)


def _read_video(data: Dataset, damaged: Damaged, rate_hz: float | None) -> Recording:
    """A video inside DICOM: its bytes are a stream that PyAV opens."""
    stream = b"".join(generate_fragments(_after_offsets(data.PixelData)))
    movie = read_movie(stream, damaged, rate_hz)
    regions, notes = read_regions(data, movie.shape_HW)
    movie.notes.extend(notes)
    return replace(
        movie,
        container="dicom",
        regions=regions,
        active_HW=read_active_area(data, movie.shape_HW),
        identity=read_identity(data),
        facts=movie.facts | read_facts(data),
    )


def _after_offsets(buffer: bytes) -> bytes:
    """The fragments without the Basic Offset Table, which is the first item."""
    (length,) = struct.unpack("<L", buffer[4:8])
    return buffer[8 + length :]


def _require_decoder(syntax: UID, bits: int) -> None:
    if syntax == JPEGExtended12Bit and bits > 8:
        raise IngestError(
            f"no free decoder reads {syntax.name} of {bits} bits; decompress the file, "
            "as with DCMTK's dcmdjpeg"
        )
    if syntax.is_compressed and not get_decoder(syntax).available_plugins:
        raise IngestError(
            f"no decoder of {syntax.name} is installed; "
            "pip install 'insonify[dicom]' brings it"
        )


def _count_frames(data: Dataset) -> int:
    """NumberOfFrames, or what the pixel data holds where that is no number."""
    try:
        return max(int(data.NumberOfFrames), 1)
    except (AttributeError, TypeError, ValueError):
        if data.file_meta.TransferSyntaxUID.is_encapsulated:
            return _count_encapsulated(data)
        bits = int(data.BitsAllocated) * int(data.get("SamplesPerPixel") or 1)
        if data.PhotometricInterpretation == "YBR_FULL_422":
            bits = bits * 2 // 3  # Two pixels share their colour.
        frame = int(data.Rows) * int(data.Columns) * bits // 8
        return max(len(data.PixelData) // frame, 1)


def _count_encapsulated(data: Dataset) -> int:
    """Frames of compressed pixel data, by its offsets or by where images begin."""
    try:
        return sum(1 for _ in generate_frames(data.PixelData))
    except (
        ValueError
    ):  # several fragments and no offsets: of one frame, or a frame each
        fragments = list(generate_fragments(_after_offsets(data.PixelData)))
        if data.file_meta.TransferSyntaxUID == RLELossless:
            return len(fragments)
        return max(sum(one[:2] in _BEGINNINGS for one in fragments), 1)
