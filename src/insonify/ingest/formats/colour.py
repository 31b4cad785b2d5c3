"""Which pixels are coloured: Doppler flow, calipers, tinted text.

Legend: H rows, W columns, h rows and w columns of planes with fewer pixels,
C colour channels.
"""

from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange

from insonify.core.video import Frames

Coloured = npt.NDArray[np.bool_]

_SPREAD: Final = 40
"""Grey levels by which channels of a coloured pixel differ (field notes: flagged
exactly the 2 coloured clips of 18)."""
_PLANAR: Final = frozenset(
    f"yuv{full}{kind}p" for full in ("", "j") for kind in ("420", "422", "444", "440")
)
"""Formats whose chroma is in planes of bytes of its own."""
_BT709: Final = 1


def coloured_rgb(pixels_HWC: npt.NDArray[np.uint8]) -> Coloured | None:
    """Coloured pixels of RGB; None if there are none."""
    red, green, blue = (pixels_HWC[..., channel] for channel in range(3))
    high = np.maximum(np.maximum(red, green), blue)
    low = np.minimum(np.minimum(red, green), blue)
    found_HW: Coloured = high - low > _SPREAD
    return found_HW if found_HW.any() else None


def coloured_chroma(
    blue_hw: Frames, red_hw: Frames, *, full: bool = True, bt709: bool = False
) -> Coloured | None:
    """Coloured pixels by their chroma, in its resolution; None if there are none.

    Args:
        blue_hw: Cb, 128 where grey.
        red_hw: Cr.
        full: Whether they use the range 0 to 255, or 16 to 240.
        bt709: Whether they are coded by BT.709, or by BT.601.
    """
    table, reach = _coloured_codes(full, bt709)
    # Most frames are grey, and so are most pixels of others.
    ends = blue_hw.min(), blue_hw.max(), red_hw.min(), red_hw.max()
    if all(abs(int(end) - 128) < reach for end in ends):
        return None
    found_hw = _far(blue_hw, reach) | _far(red_hw, reach)
    blue, red = blue_hw[found_hw], red_hw[found_hw]
    coloured = table[blue, red]
    if not coloured.any():
        return None
    found_hw[found_hw] = coloured
    return found_hw


def _far(chroma_hw: Frames, reach: int) -> Coloured:
    """Where it is ``reach`` or more away from 128; bytes wrap round."""
    far_hw: Coloured = chroma_hw - np.uint8(129 - reach) >= np.uint8(2 * reach - 1)
    return far_hw


@lru_cache(maxsize=4)
def _coloured_codes(full: bool, bt709: bool) -> tuple[Coloured, int]:
    """Whether each code 256 Cb + Cr is coloured, and how far from 128 the first is.

    The spread of the channels depends on the chroma alone where none is cut off.
    """
    blue, red = np.mgrid[:256, :256] - 128.0
    if not full:
        blue, red = blue * 255 / 224, red * 255 / 224
    of_red, of_blue = (0.2126, 0.0722) if bt709 else (0.299, 0.114)
    red, blue = 2 * (1 - of_red) * red, 2 * (1 - of_blue) * blue
    green = -(of_red * red + of_blue * blue) / (1 - of_red - of_blue)
    channels = np.stack([red, green, blue])
    coloured = np.ptp(channels, axis=0) > _SPREAD
    places = np.abs(np.argwhere(coloured) - 128).max(1)
    return coloured, int(places.min())


def coloured_picture(frame: Any, shape_HW: tuple[int, int]) -> Coloured | None:
    """Coloured pixels of a decoded PyAV frame; None if there are none.

    Args:
        frame: The frame.
        shape_HW: Of the mask; the frame's but for the shape of its pixels.
    """
    if frame.format.name.startswith(("gray", "mono")):
        return None
    if frame.format.name not in _PLANAR:
        frame = frame.reformat(format="yuvj444p", dst_color_range=ColorRange.JPEG)
    # Unspecified is limited range, unless it is the format that says so.
    full = frame.color_range == ColorRange.JPEG or "yuvj" in frame.format.name
    planes = [_plane(plane) for plane in frame.planes[1:]]
    found_hw = coloured_chroma(*planes, full=full, bt709=frame.colorspace == _BT709)
    return None if found_hw is None else _enlarged(found_hw, shape_HW)


def _plane(plane: Any) -> Frames:
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


def _enlarged(found_hw: Coloured, shape_HW: tuple[int, int]) -> Coloured:
    """Each pixel as large as what it stands for."""
    (height, width), (rows, columns) = found_hw.shape, shape_HW
    row_H = np.arange(rows) * height // rows
    column_W = np.arange(columns) * width // columns
    found_HW = np.zeros(shape_HW, bool)
    filled_h: Coloured = np.any(found_hw, axis=1)
    filled_H = filled_h[row_H]
    found_HW[filled_H] = found_hw[row_H[filled_H]][:, column_W]
    return found_HW
