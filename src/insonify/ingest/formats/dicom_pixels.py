"""Pixels of DICOM files as they are coded, and their luma.

Legend: H rows, W columns, C colour channels.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels import apply_color_lut, get_decoder, iter_pixels
from pydicom.uid import (
    JPEG2000,
    JPEG2000Lossless,
    JPEG2000TransferSyntaxes,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    JPEGLSNearLossless,
)

from insonify.core.video import Frames
from insonify.ingest.formats.colour import Coloured, coloured_chroma, coloured_rgb

_YBR: Final = ("YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_420")
"""Not JPEG 2000's own transforms (RCT, ICT), which the decoder undoes."""

_BT601: Final = np.array([0.299, 0.587, 0.114], np.float32)

_PREFERRED: Final = {
    JPEGBaseline8Bit: "pillow",  # five times faster than gdcm: 0.7 s and 3.5 s
    # Of these gdcm, which pydicom tries first, kills the process on damaged ones.
    JPEGLSLossless: "pyjpegls",
    JPEGLSNearLossless: "pyjpegls",
    JPEG2000Lossless: "pylibjpeg",
    JPEG2000: "pylibjpeg",
}
_JP2: Final = b"\0\0\0\x0cjP  "


def arrays_of(data: Dataset) -> Iterator[npt.NDArray[Any]]:
    """Frames as they are coded.

    Uncompressed ones by number: pydicom's iterator gives none of a cine that is cut
    short, and of YBR_FULL_422 the right first frame and then others (pydicom 3.0.2).
    """
    syntax = data.file_meta.TransferSyntaxUID
    decoder = get_decoder(syntax)
    if syntax.is_encapsulated:
        if syntax in JPEG2000TransferSyntaxes:
            _require_boxes_that_end(data)
        plugin = _PREFERRED.get(syntax, "")
        there = plugin in decoder.available_plugins
        yield from iter_pixels(data, raw=True, decoding_plugin=plugin if there else "")
        return
    for number in range(data.NumberOfFrames):
        yield decoder.as_array(data, index=number, raw=True, validate=False)[0]


def _require_boxes_that_end(data: Dataset) -> None:
    """Refuse JP2 boxes of no length, at which pydicom 3.0.2 looks for ever.

    Raises:
        ValueError: a frame begins with such boxes.
    """
    for frame in generate_frames(data.PixelData, number_of_frames=data.NumberOfFrames):
        place = len(_JP2) + 4 if frame.startswith(_JP2) else len(frame)
        while place < len(frame) and frame[place + 4 : place + 8] != b"jp2c":
            length = int.from_bytes(frame[place : place + 4], "big")
            if length < 8:
                raise ValueError("a JP2 box without a length")
            place += length


def luma(pixels: Frames, coding: str) -> Frames:
    """Grey values of (H, W) or (H, W, C), as the attribute says they are coded.

    YBR is not converted: its first channel is the luma, four times faster.
    """
    if pixels.ndim == 3:
        return pixels[..., 0] if coding in _YBR else _weighed(pixels)
    return 255 - pixels if coding == "MONOCHROME1" else pixels


def colour(pixels: Frames, coding: str) -> Coloured | None:
    """Coloured pixels of (H, W) or (H, W, C); None if there are none."""
    if pixels.ndim == 2:
        return None
    if coding not in _YBR:
        return coloured_rgb(pixels)
    full = coding != "YBR_PARTIAL_420"
    return coloured_chroma(pixels[..., 1], pixels[..., 2], full=full)


def _weighed(pixels_HWC: npt.NDArray[Any]) -> Frames:
    luma_HW: Frames = np.rint(pixels_HWC @ _BT601).astype(np.uint8)
    return luma_HW


def to_eight_bits(pixels: npt.NDArray[Any], data: Dataset) -> Frames:
    """Scale by the window that the file names, else by the bits that are used.

    Palette indices become RGB.
    """
    if data.PhotometricInterpretation == "PALETTE COLOR":
        shown: Frames = _palette(data, pixels.dtype)[pixels]
        return shown
    if pixels.dtype == np.uint8:
        return pixels * 255 if data.BitsAllocated == 1 else pixels
    low, width = 0.0, 2.0 ** int(data.BitsStored) - 1
    if data.get("PixelRepresentation"):
        low = -(width + 1) / 2
    if data.get("WindowWidth"):
        # Both may have several values, for alternative views: the first is the default.
        width = float(np.ravel(data.WindowWidth)[0])
        low = float(np.ravel(data.WindowCenter)[0]) - width / 2
        # The window is of rescaled values.
        slope = float(data.get("RescaleSlope") or 1)
        low = (low - float(data.get("RescaleIntercept") or 0)) / slope
        width /= slope
    scaled = (pixels.astype(np.float32) - low) * (255 / max(width, 1.0))
    return scaled.clip(0, 255).astype(np.uint8)


def _palette(data: Dataset, dtype: npt.DTypeLike) -> Frames:
    """Red, green and blue of every code, (K, 3).

    Tables of 16 bits hold the colour in the high byte, but some devices, and big endian
    files whose tables nobody turned, have it in the low one.
    """
    codes_K = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
    table_K3 = apply_color_lut(codes_K, data)[..., :3]
    high = table_K3.dtype == np.uint16 and table_K3.max() > 255
    colours: Frames = (table_K3 >> 8 if high else table_K3).astype(np.uint8)
    return colours
