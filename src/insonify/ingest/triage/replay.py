"""Cine loops: stretches of a video that are shown again.

Legend: K frames that are kept, R frames that have one a lag before them, X by Y blocks.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from insonify.ingest.triage.blocks import Flags, Small, Times, runs
from insonify.ingest.triage.options import TriageOptions

_COARSE: Final = 4
_LEAST_FRAMES: Final = 8
_AROUND: Final = 9
"""Frames over which changes are averaged: a codec's noise differs from one to the
next."""

Changes = npt.NDArray[np.float32]


def replayed(small_KXY: Small, times_s_K: Times, options: TriageOptions) -> Flags:
    """Frames that show again what was shown a constant number of frames before.

    A replay repeats the noise too, so that it differs less from its original than
    neighbours from each other; a heart that returns does not. Every lag is tried on
    the brightness first and on coarse blocks then, whose differences are never larger
    than that of fine ones.
    """
    again_K = np.zeros(len(small_KXY), bool)
    count, *shape = small_KXY.shape
    if options.replay == 0 or count < 2 * _LEAST_FRAMES or min(shape) < _COARSE:
        return again_K
    limit_K = options.replay * _neighbours(small_KXY)
    bright_KXY = small_KXY.mean((1, 2), keepdims=True)
    looks = ((bright_KXY, 1.0), _coarse(small_KXY), (small_KXY, 1.0))
    for lag in range(_LEAST_FRAMES, count - _LEAST_FRAMES + 1):
        stretches: list[tuple[int, int]] = []
        for look_KXY, share in looks:
            alike_R = share * _changes(look_KXY[lag:], look_KXY[:-lag]) < limit_K[lag:]
            stretches = _long(alike_R, times_s_K[lag:], options.replay_s)
            if not stretches:
                break
        for begin, end in stretches:
            again_K[begin + lag : end + lag] = True
    return again_K


def _long(flags: Flags, times_s: Times, least_s: float) -> list[tuple[int, int]]:
    """Stretches of 8 frames or more that last long enough."""
    return [
        (begin, end)
        for begin, end in runs(flags)
        if end - begin >= _LEAST_FRAMES
        and times_s[end - 1] - times_s[begin] >= least_s * (1 - 1 / _LEAST_FRAMES)
    ]


def _neighbours(small_KXY: Small) -> Changes:
    """Change from the frame before."""
    changes = _changes(small_KXY[1:], small_KXY[:-1])
    return np.concatenate([changes[:1], changes])


def _coarse(small_KXY: Small) -> tuple[Small, float]:
    """Means over 4 by 4 blocks, and the share of the blocks that they cover."""
    count, height, width = small_KXY.shape
    rows, columns = height // _COARSE, width // _COARSE
    cut_KXY = small_KXY[:, : rows * _COARSE, : columns * _COARSE]
    blocks = cut_KXY.reshape(count, rows, _COARSE, columns, _COARSE)
    share = rows * columns * _COARSE**2 / (height * width)
    return blocks.mean((2, 4), dtype=np.float32), share


def _changes(one_RXY: Small, other_RXY: Small) -> Changes:
    """Mean difference of frames, averaged over the frames around."""
    changes = np.abs(one_RXY - other_RXY).mean((1, 2))
    smooth: Changes = ndimage.uniform_filter1d(changes, _AROUND, mode="nearest")
    return smooth
