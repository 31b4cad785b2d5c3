"""Screens that show two images side by side.

Legend: T frames, H rows, W columns.
"""

from typing import Final

import numpy as np

from insonify.core.video import Frames
from insonify.ingest.triage.blocks import LIT, Flags, Places, runs

_WINDOW: Final = 32
"""Frames over which a gap stays dark, and a shadow does not."""
_MIDDLE: Final = (0.3, 0.7)
"""Shares of the width between which two images meet."""
_NARROWEST: Final = 0.005
"""Least width of a gap, as a share of the image's."""
_DARK: Final = 0.98
"""Least share of a gap's rows that is dark: something may be written across it."""


def split_frames(frames_THW: Frames, kept: Places, mask_HW: Flags, most: float) -> int:
    """Count the frames that show two images with a dark gap from top to bottom.

    Args:
        frames_THW: All frames.
        kept: Those to look at.
        mask_HW: The image area.
        most: Brightest grey level of a gap; 0 does not look.
    """
    if most == 0:
        return 0
    rows, columns = np.flatnonzero(mask_HW.any(1)), np.flatnonzero(mask_HW.any(0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    found = 0
    for begin in range(0, len(kept) - _WINDOW + 1, _WINDOW):
        window = kept[begin : begin + _WINDOW]
        peak_HW = frames_THW[window[0]][box]
        for place in window[1:]:
            peak_HW = np.maximum(peak_HW, frames_THW[place][box])
        found += _WINDOW * _is_split(peak_HW, most)
    return found


def _is_split(peak_HW: Frames, most: float) -> bool:
    """Whether a dark gap parts what is lit on its left from what is on its right."""
    width = peak_HW.shape[1]
    dark_W = (peak_HW <= most).mean(0) >= _DARK
    lit_W = (peak_HW > LIT).mean(0) > 1 - _DARK
    return any(
        end - begin >= max(2, _NARROWEST * width)
        and _MIDDLE[0] * width <= begin
        and end <= _MIDDLE[1] * width
        and min(lit_W[:begin].mean(), lit_W[end:].mean()) > 0.5
        for begin, end in runs(dark_W)
    )
