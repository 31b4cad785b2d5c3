"""Luma and colour of decoded frames, upright and with square pixels.

Legend: H rows, W columns.
"""

from fractions import Fraction
from typing import Any, Final

import numpy as np
from av.video.reformatter import ColorRange

from insonify.core.video import Frames
from insonify.ingest.formats.colour import Coloured, coloured_picture

_LUMA_FIRST: Final = frozenset(
    (
        *("yuv420p", "yuv422p", "yuv444p", "yuv440p", "yuv410p", "yuv411p", "nv12"),
        *("yuvj420p", "yuvj422p", "yuvj444p", "yuvj440p"),
    )
)
"""Formats whose first plane is the luma, a byte a pixel."""
_FULL_RANGE: Final = bytes(
    int(np.clip(np.rint((code - 16) * 255 / 219), 0, 255)) for code in range(256)
)
"""What limited range becomes; libswscale does the same (tests, `test_picture`)."""


def luma(frame: Any, aspect: Fraction | None) -> tuple[Frames, bytes | None]:
    """Luma of a PyAV frame whose pixels have the aspect ratio ``aspect``.

    Most frames have it as a plane, of which this is a view: libswscale starts threads
    for each, and takes five times as long (benchmarks/ingest.py).

    Returns:
        The luma, and the levels that its values are codes of; None if it is in levels.
    """
    width = _square_width(frame, aspect)
    if width == frame.width and frame.format.name in _LUMA_FIRST:
        luma_HW, levels = _plane(frame)
    else:
        to = {"format": "gray", "dst_color_range": ColorRange.JPEG}
        luma_HW, levels = frame.reformat(width=width, **to).to_ndarray(), None
    return np.rot90(luma_HW, k=_quarter_turns(frame)), levels


def colour(frame: Any, aspect: Fraction | None) -> Coloured | None:
    """Coloured pixels, where the luma has them; None if there are none."""
    found_HW = coloured_picture(frame, (frame.height, _square_width(frame, aspect)))
    return None if found_HW is None else np.rot90(found_HW, k=_quarter_turns(frame))


def _plane(frame: Any) -> tuple[Frames, bytes | None]:
    plane = frame.planes[0]
    full = frame.color_range == ColorRange.JPEG or "yuvj" in frame.format.name
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width], None if full else _FULL_RANGE


def _square_width(frame: Any, aspect: Fraction | None) -> int:
    width: int = frame.width
    return round(width * aspect) if aspect and aspect != 1 else width


def _quarter_turns(frame: Any) -> int:
    turns: int = round(frame.rotation / 90)
    return turns % 4
