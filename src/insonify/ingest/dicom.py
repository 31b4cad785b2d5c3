"""DICOM cines and images, frame by frame, as luma.

Legend: H rows, W columns, C colour channels.
"""

import logging
import struct
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import generate_fragments, generate_frames
from pydicom.errors import InvalidDicomError
from pydicom.pixels import apply_color_lut, get_decoder, iter_pixels
from pydicom.uid import UID, ImplicitVRLittleEndian, JPEGBaseline8Bit

from insonify.core.errors import IngestError
from insonify.core.video import Frames
from insonify.ingest.dicom_header import read_facts, read_identity, read_regions
from insonify.ingest.dicom_times import read_times
from insonify.ingest.movie import read_movie
from insonify.ingest.recording import Damaged, Recording, TimedFrame

_VIDEO: Final = "1.2.840.10008.1.2.4.10"
"""MPEG-2, H.264 and HEVC are .100 to .108; pydicom has no decoder of them."""

_FAILURES: Final = (
    *(InvalidDicomError, struct.error, EOFError, OSError, AttributeError, KeyError),
    *(TypeError, ValueError, RuntimeError, NotImplementedError, OverflowError),
)
"""What pydicom and its decoders raise on a damaged file."""

_BT601: Final = np.array([0.299, 0.587, 0.114], np.float32)


def is_dicom(path: Path) -> bool:
    """Whether the content is DICOM, with its preamble or (old archives) without.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(132)
    # Without a preamble a file begins with an element of group 2 or 8 (little endian).
    return head[128:] == b"DICM" or head[:2] in (b"\x02\0", b"\x08\0")


def read_dicom(path: Path, damaged: Damaged = "reject") -> Recording:
    """Open a DICOM file that holds pictures, whatever its SOP class.

    Args:
        path: The file.
        damaged: What to do where a frame cannot be decoded: refuse the file, or keep
            the frames before it.

    Raises:
        IngestError: it holds no pictures, or needs a decoder that is not installed.
    """
    # Its warnings quote header values, names among them.
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(action="ignore"):
            data = pydicom.dcmread(path, force=True)
            return _recording(data, damaged)
    except _FAILURES as error:
        raise IngestError(
            f"damaged DICOM header ({type(error).__name__}); send the file again"
        ) from None


def _recording(data: Dataset, damaged: Damaged) -> Recording:
    if not data.get("PixelData"):
        raise IngestError(
            f"DICOM without pictures ({data.get('Modality') or 'unknown modality'}), "
            "or cut short before them; send the pictures"
        )
    syntax = data.file_meta.get("TransferSyntaxUID", ImplicitVRLittleEndian)
    data.file_meta.TransferSyntaxUID = syntax
    if syntax.startswith(_VIDEO):
        return _read_video(data, damaged)
    _require_decoder(syntax)
    shape_HW = (int(data.Rows), int(data.Columns))
    count = data.NumberOfFrames = _count_frames(data)
    times_T, timing = read_times(data, count)
    regions, notes = read_regions(data, shape_HW)
    recording = Recording(
        frames=lambda: _frames(data, times_T, damaged, recording),
        shape_HW=shape_HW,
        container="dicom",
        timing=timing if count > 1 else "still",
        regions=regions,
        identity=read_identity(data),
        facts={"codec": syntax.name, **read_facts(data)},
        notes=notes,
    )
    return recording


def _frames(
    data: Dataset, times_T: npt.NDArray[np.float64], damaged: Damaged, to: Recording
) -> Iterator[TimedFrame]:
    # Pillow decodes JPEG baseline five times faster than gdcm (0.7 s and 3.5 s).
    fast = data.file_meta.TransferSyntaxUID == JPEGBaseline8Bit
    arrays = iter_pixels(data, raw=True, decoding_plugin="pillow" if fast else "")
    for number, time_s in enumerate(times_T):
        try:
            with warnings.catch_warnings(action="ignore"):
                luma_HW = _luma(next(arrays), data)
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
        yield TimedFrame(float(time_s), luma_HW)


def _read_video(data: Dataset, damaged: Damaged) -> Recording:
    """A video inside DICOM: its bytes are a stream that PyAV opens."""
    stream = b"".join(generate_fragments(_after_offsets(data.PixelData)))
    movie = read_movie(stream, damaged)
    regions, notes = read_regions(data, movie.shape_HW)
    movie.notes.extend(notes)
    return replace(
        movie,
        container="dicom",
        regions=regions,
        identity=read_identity(data),
        facts=movie.facts | read_facts(data),
    )


def _after_offsets(buffer: bytes) -> bytes:
    """The fragments without the Basic Offset Table, which is the first item."""
    (length,) = struct.unpack("<L", buffer[4:8])
    return buffer[8 + length :]


def _require_decoder(syntax: UID) -> None:
    if syntax.is_compressed and not get_decoder(syntax).available_plugins:
        raise IngestError(
            f"no decoder of {syntax.name} is installed; "
            "pip install 'insonify[dicom]' brings it"
        )


def _count_frames(data: Dataset) -> int:
    """NumberOfFrames, or what the pixel data holds where that is no number."""
    try:
        return max(int(data.get("NumberOfFrames") or 1), 1)
    except ValueError:
        if data.file_meta.TransferSyntaxUID.is_compressed:
            return sum(1 for _ in generate_frames(data.PixelData))
        depth = int(data.BitsAllocated) // 8 * int(data.get("SamplesPerPixel") or 1)
        frame = int(data.Rows) * int(data.Columns) * depth
        return max(len(data.PixelData) // frame, 1)


def _luma(pixels: npt.NDArray[Any], data: Dataset) -> Frames:
    """Grey values of (H, W) or (H, W, C), as the attribute says they are coded.

    YBR is not converted: its first channel is the luma, four times faster.
    """
    coding = data.PhotometricInterpretation
    if coding == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, data)
        pixels_HWC = (pixels >> 8 if pixels.dtype == np.uint16 else pixels)[..., :3]
        return _weighed(pixels_HWC)
    eight_bit = _to_eight_bits(pixels, data)
    if eight_bit.ndim == 3:
        # JPEG 2000's own transforms (RCT, ICT) are undone by the decoder.
        coded = coding in ("YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_420")
        return eight_bit[..., 0] if coded else _weighed(eight_bit)
    return 255 - eight_bit if coding == "MONOCHROME1" else eight_bit


def _weighed(pixels_HWC: npt.NDArray[Any]) -> Frames:
    luma_HW: Frames = np.rint(pixels_HWC @ _BT601).astype(np.uint8)
    return luma_HW


def _to_eight_bits(pixels: npt.NDArray[Any], data: Dataset) -> Frames:
    """Scale by the window that the file names, else by the bits that are used."""
    if pixels.dtype == np.uint8:
        return pixels
    low, width = 0.0, 2.0 ** int(data.BitsStored) - 1
    if data.get("PixelRepresentation"):
        low = -(width + 1) / 2
    if data.get("WindowWidth"):
        # Both may have several values, for alternative views: the first is the default.
        width = float(np.ravel(data.WindowWidth)[0])
        low = float(np.ravel(data.WindowCenter)[0]) - width / 2
    scaled = (pixels.astype(np.float32) - low) * (255 / max(width, 1.0))
    return scaled.clip(0, 255).astype(np.uint8)
