"""Frames that show nothing new: freezes, and repeats of the frame before.

Legend: T frames, H rows, W columns, X by Y blocks.
"""

import numpy as np

from insonify.core.video import Frames
from insonify.ingest.triage.blocks import BLOCK, LIT, Flags, Small, Times
from insonify.ingest.triage.options import TriageOptions


def frozen(small_TXY: Small, times_s_T: Times, options: TriageOptions) -> Flags:
    """Frames that look for long like the one before them, which is the last live one.

    They are compared with that one and not with their neighbours: in clips converted to
    a higher frame rate most neighbours are equal, and a heart returns.
    """
    frozen_T = np.zeros(len(small_TXY), bool)
    lit = max((small_TXY.max(0) > LIT).mean(), 1e-6)
    live = 0
    while options.freeze_s > 0 and live < len(small_TXY):
        end = live + 1
        while end < len(small_TXY):
            change = np.abs(small_TXY[end] - small_TXY[live]).mean() / lit
            if change >= options.freeze:
                break
            end += 1
        if times_s_T[end - 1] - times_s_T[live] >= options.freeze_s:
            frozen_T[live + 1 : end] = True
            live = end - 1
        live += 1
    return frozen_T


def repeats(
    frames_THW: Frames, small_TXY: Small, candidate_T: Flags, least: float
) -> Flags:
    """Frames that repeat the last candidate that was kept.

    Args:
        frames_THW: All frames.
        small_TXY: The same in blocks, which never differ by more than their pixels.
        candidate_T: Those that are not dropped for another reason.
        least: Summed absolute difference below which a frame is a repeat.
    """
    repeats_T = np.zeros(len(frames_THW), bool)
    last = -1
    for place in np.flatnonzero(candidate_T):
        if last >= 0 and BLOCK**2 * _summed(small_TXY[place] - small_TXY[last]) < least:
            difference_HW = _difference(frames_THW[place], frames_THW[last])
            repeats_T[place] = difference_HW.sum() < least
        if not repeats_T[place]:
            last = int(place)
    return repeats_T


def _summed(change_XY: Small) -> float:
    return float(np.abs(change_XY).sum())


def _difference(one_HW: Frames, other_HW: Frames) -> Frames:
    """Absolute difference, without leaving uint8."""
    return np.maximum(one_HW, other_HW) - np.minimum(one_HW, other_HW)
