"""From the numbers of a research format to grey levels of 0 to 255.

Legend: H rows, W columns, C colour channels.
"""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from insonify.core.errors import IngestError
from insonify.core.video import Frames

Pixels = npt.NDArray[Any]

_TOPS: Final = (255, 1023, 4095, 16383, 65535)
"""White, by the bits that are used: converters store 8-bit images as short or double
and 12-bit ones as unsigned short, so the type of the number says nothing."""

_SLACK: Final = 1e-4
"""Share of white by which scaled numbers may miss black and white."""

_BT601: Final = np.array([0.299, 0.587, 0.114], np.float32)

_COLOURED: Final = 40
"""Channels that differ by more make a pixel coloured."""


def find_top(pictures: Iterable[Pixels]) -> float:
    """The number that is white: 1, or the smallest of 8, 10, 12, 14, 16 bits.

    Raises:
        IngestError: numbers are negative, endless or larger than 16 bits: these are
            echoes or decibels, not an image.
    """
    least, most, whole = 0.0, 0.0, True
    for pixels in pictures:
        if pixels.dtype.kind not in "buif":
            raise IngestError(
                f"numbers of type {pixels.dtype.name[:16]} are no grey levels; "
                "export 0 to 255 or 0 to 1"
            )
        whole = whole and pixels.dtype.kind in "ui"
        # What is not a number compares false, and is handed on by these.
        least, most = min(float(pixels.min()), least), max(float(pixels.max()), most)
        if not least >= -_SLACK * max(most, 1) or not most <= _TOPS[-1]:
            raise IngestError(
                f"numbers from {least:.4g} to {most:.4g} are no grey levels (raw "
                "echoes? decibels?); export B-mode of 0 to 255 or 0 to 1"
            )
    tops = _TOPS if whole else (1, *_TOPS)
    return next(top for top in tops if most <= top * (1 + _SLACK))


def grey_of(pixels: Pixels, top: float) -> Frames:
    """Luma of (H, W) or (H, W, C), where ``top`` is white."""
    if pixels.ndim == 3:
        weighed_HW = pixels[..., :3].astype(np.float32) @ _BT601
    elif pixels.dtype == np.uint8 and top == 255:
        return pixels
    else:
        weighed_HW = pixels.astype(np.float32)
    luma_HW: Frames = (weighed_HW * np.float32(255 / top)).round().clip(0, 255)
    return luma_HW.astype(np.uint8)


def colour_of(pixels: Pixels, top: float) -> npt.NDArray[np.bool_] | None:
    """Which pixels are coloured; None where none is."""
    if pixels.ndim == 2:
        return None
    spread_HW = np.ptp(pixels[..., :3].astype(np.float32), axis=-1) * (255 / top)
    coloured_HW: npt.NDArray[np.bool_] = spread_HW > _COLOURED
    return coloured_HW if coloured_HW.any() else None
