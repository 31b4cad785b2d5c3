"""Where a clip must not cross: cuts, gaps in time, and what was dropped.

Legend: T frames, K frames that are kept, H rows, W columns, X by Y blocks,
E blocks in one row, B bins.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from insonify.core.video import Frames
from insonify.ingest.triage.blocks import Flags, Places, Small, Times
from insonify.ingest.triage.options import TriageOptions

_LEAST_FALL: Final = 0.01
"""A still probe hardly loses correlation; a jump is not measured against less."""
_LEAST_GAP_S: Final = 0.25

Correlations = npt.NDArray[np.float32]


def correlations(small_KXY: Small) -> Correlations:
    """Correlation of each frame but the first with the one before it, (K - 1,)."""
    flat_KE = small_KXY.reshape(len(small_KXY), math.prod(small_KXY.shape[1:]))
    flat_KE = flat_KE - flat_KE.mean(1, keepdims=True)
    norm_K = np.linalg.norm(flat_KE, axis=1) + 1e-6
    product_K = (flat_KE[1:] * flat_KE[:-1]).sum(1)
    correlation: Correlations = product_K / (norm_K[1:] * norm_K[:-1])
    return correlation


def cuts(
    frames_THW: Frames,
    kept: Places,
    correlation: Correlations,
    area: int,
    options: TriageOptions,
) -> Flags:
    """Kept frames that begin a new scene."""
    cuts_K = np.zeros(len(kept), bool)
    if options.cut_jump == 0 or len(kept) < 2:
        return cuts_K
    usual = ndimage.median_filter(1 - correlation, 9, mode="nearest")
    jump = (1 - correlation) / np.maximum(usual, _LEAST_FALL)
    falls = (jump > options.cut_jump) & (correlation < options.cut_correlation)
    for place in np.flatnonzero(falls):
        before_B, after_B = (_histogram(frames_THW[k]) for k in kept[place : place + 2])
        changed = np.abs(after_B - before_B).sum() / (2 * area)
        cuts_K[place + 1] = changed > options.cut_histogram
    return cuts_K


def _histogram(frame_HW: Frames) -> npt.NDArray[np.int64]:
    return np.bincount(frame_HW.ravel() >> 3, minlength=32)


def gaps(times_s_K: Times, factor: float) -> Flags:
    """Kept frames before which more time passes than usual; none for factor 0."""
    gaps_K = np.zeros(len(times_s_K), bool)
    if factor > 0 and len(times_s_K) > 1:
        steps = np.diff(times_s_K)
        gaps_K[1:] = steps > max(factor * float(np.median(steps)), _LEAST_GAP_S)
    return gaps_K


def after(kept: Places, dropped_T: Flags) -> Flags:
    """Kept frames before which some of ``dropped_T`` lie."""
    passed_T = np.cumsum(dropped_T)
    return np.diff(passed_T[kept], prepend=passed_T[kept[:1]]) > 0


def motion(
    small_KXY: Small, covered: float, breaks_K: Flags
) -> npt.NDArray[np.float32]:
    """Mean change over the image area, which covers a share of the frame."""
    motion_K = np.zeros(len(small_KXY), np.float32)
    motion_K[1:] = np.abs(np.diff(small_KXY, axis=0)).mean((1, 2)) / covered
    motion_K[breaks_K] = 0
    return motion_K
