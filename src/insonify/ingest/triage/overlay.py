"""What the device draws on top of the image: body marks, calipers, focus marks.

Legend: T frames, H rows, W columns, N pixels, P parts.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage

from insonify.core.video import Frames
from insonify.ingest.triage.blocks import Flags, Places, Times

_SAMPLES: Final = 24
"""Frames of which the statistics of a window are made."""
_ABOVE: Final = 50
"""Grey levels by which thin lines stand out of the mean over time …"""
_AT_ALL: Final = 25
"""… and by which what is joined to them does: stretches of the pleura rest, and the
rest of it does not."""
_BRIGHT: Final = 100
_STILL: Final = 0.7
"""Deviation over time, as a share of what is usual around, of a pixel that is drawn.
Absolute limits fail: a line of one pixel, reduced, is half tissue."""
_MOVING: Final = 6.0
"""Least deviation around it, in grey levels; else it may be tissue that rests."""
_SHARE: Final = 0.8
"""Least share of a part that is still."""
_LEAST_PIXELS: Final = 8
_MARGIN: Final = 5
"""Nothing is found this near to the edge of the image, which is bright and still."""
_WIDEN: Final = 2
"""Pixels by which an overlay is widened, for its soft edges."""
_THIN: Final = (7, 7)
_AROUND: Final = 9
_TOUCHING: Final = np.ones((3, 3), bool)

Means = npt.NDArray[np.float32]


def overlay(
    frames_THW: Frames, kept: Places, times_s_K: Times, mask_HW: Flags, least_s: float
) -> Flags | None:
    """Pixels of bright lines that stay while the image around moves; None if none do.

    Args:
        frames_THW: All frames.
        kept: Those to look at: in a freeze everything stays.
        times_s_K: Times of those.
        mask_HW: The image area.
        least_s: How long they stay; 0 finds none.
    """
    inner_HW = ndimage.binary_erosion(mask_HW, iterations=_MARGIN)
    found_HW = np.zeros(mask_HW.shape, bool)
    for window in _windows(times_s_K, least_s):
        shown_THW = frames_THW[kept[window]].astype(np.float32)
        found_HW |= _drawn(shown_THW, inner_HW)
    if not found_HW.any():
        return None
    wide_HW = ndimage.binary_dilation(found_HW, _TOUCHING, iterations=_WIDEN)
    return wide_HW & mask_HW


def paint_over(frames_THW: Frames, overlay_HW: Flags, mask_HW: Flags) -> None:
    """Give pixels that are drawn on top the value of the nearest that are not.

    In place. Black in their stead would be a mark that stays, as they were.

    Args:
        frames_THW: The frames.
        overlay_HW: What is drawn on top.
        mask_HW: The image area; nothing is taken from outside it.
    """
    taken_HW = mask_HW & ~overlay_HW
    rows_HW, columns_HW = ndimage.distance_transform_edt(
        ~taken_HW, return_distances=False, return_indices=True
    )
    rows, columns = rows_HW[overlay_HW], columns_HW[overlay_HW]
    frames_THW[:, overlay_HW] = frames_THW[:, rows, columns]


def _windows(times_s_K: Times, least_s: float) -> Iterator[Places]:
    """Spread places in stretches that last long enough; neighbours share a half."""
    begin = 0
    while least_s > 0 and begin < len(times_s_K):
        last = int(np.searchsorted(times_s_K, times_s_K[begin] + least_s))
        last = max(last, begin + _SAMPLES - 1)
        if last >= len(times_s_K):
            return
        yield np.linspace(begin, last, _SAMPLES).round().astype(np.int64)
        begin = (begin + last + 1) // 2


def _drawn(shown_THW: Means, inner_HW: Flags) -> Flags:
    """Parts of the mean over time that are thin, bright and, nearly all of them, still.

    The mean of tissue that moves is smooth; what is drawn on top stays sharp.
    """
    mean_HW: Means = shown_THW.mean(0)
    above_HW = mean_HW - ndimage.grey_opening(mean_HW, size=_THIN)
    bright_HW = (above_HW > _AT_ALL) & (mean_HW > _BRIGHT)
    if np.count_nonzero(bright_HW & inner_HW & (above_HW > _ABOVE)) < _LEAST_PIXELS:
        return bright_HW & False
    deviation_HW: Means = shown_THW.std(0)
    around_HW = _around(deviation_HW, bright_HW)
    still_HW = (deviation_HW < _STILL * around_HW) & (around_HW > _MOVING)
    labels_HW, parts = ndimage.label(bright_HW, _TOUCHING)

    def count(pixels_HW: Flags) -> npt.NDArray[np.int64]:
        return np.bincount(labels_HW[pixels_HW], minlength=parts + 1)

    size_P = count(bright_HW)
    drawn_P = (count(still_HW) >= _SHARE * size_P) & (count(inner_HW) == size_P)
    drawn_P &= count((above_HW > _ABOVE) & bright_HW) >= _LEAST_PIXELS
    drawn_HW: Flags = drawn_P[labels_HW] & bright_HW
    return drawn_HW


def _around(deviation_HW: Means, asked_HW: Flags) -> Means:
    """The median of what is around each pixel that is asked for; 0 elsewhere.

    Of every second row and column: a quarter of the time, and it is smooth anyway.
    """
    margin = _AROUND // 2
    padded = np.pad(deviation_HW[::2, ::2], margin, mode="symmetric")
    around = sliding_window_view(padded, (_AROUND, _AROUND))
    found_HW = np.zeros_like(deviation_HW)
    rows_N, columns_N = np.nonzero(asked_HW)
    windows = around[rows_N // 2, columns_N // 2].reshape(len(rows_N), _AROUND**2)
    found_HW[asked_HW] = np.median(windows, axis=1)
    return found_HW
