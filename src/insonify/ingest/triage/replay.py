"""Cine loops: stretches of a video that are shown again.

Legend: K frames that are kept, L lags, R frames that have one a lag before them, X by Y
blocks, E blocks in one row.
"""

import math
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage

from insonify.ingest.triage.blocks import Flags, Places, Small, Times, runs
from insonify.ingest.triage.options import TriageOptions

_LEAST_SIDE: Final = 4
_COARSE: Final = (8, 2)
"""Rows and columns of blocks that are averaged for a first and for a second look."""
_AT_ONCE: Final = 64
"""Lags at which the first look is at a time."""
_LEAST_FRAMES: Final = 8
_AROUND: Final = 9
"""Frames over which changes are averaged: a codec's noise differs from one to the
next."""

Changes = npt.NDArray[np.float32]


def replayed(small_KXY: Small, times_s_K: Times, options: TriageOptions) -> Flags:
    """Frames that show again what was shown a constant number of frames before.

    A replay repeats the noise too, so that it differs less from its original than
    neighbours from each other; a heart that returns does not. Every lag is tried on
    coarse blocks first and on finer ones then, whose differences are never smaller.
    """
    again_K = np.zeros(len(small_KXY), bool)
    count, *shape = small_KXY.shape
    if options.replay == 0 or count < 2 * _LEAST_FRAMES or min(shape) < _LEAST_SIDE:
        return again_K
    limit_K = options.replay * _neighbours(small_KXY)
    first, second = (_coarse(small_KXY, min(side, *shape)) for side in _COARSE)
    for lag in _likely(*first, limit_K):
        stretches: list[tuple[int, int]] = []
        for look_KXY, share in (second, (small_KXY, 1.0)):
            alike_R = share * _changes(look_KXY[lag:], look_KXY[:-lag]) < limit_K[lag:]
            stretches = _long(alike_R, times_s_K[lag:], options.replay_s)
            if not stretches:
                break
        for begin, end in stretches:
            again_K[begin + lag : end + lag] = True
    return again_K


def _likely(look_KXY: Small, share: float, limit_K: Changes) -> Iterator[int]:
    """Lags at which 8 frames in a row may be alike; all of them, and few others."""
    count, *shape = look_KXY.shape
    values_EK = look_KXY.reshape(count, math.prod(shape)).T
    share *= 1 - 1e-5  # for rounding: no lag may be missed
    for first in range(_LEAST_FRAMES, count - _LEAST_FRAMES + 1, _AT_ONCE):
        lag_L = np.arange(first, min(first + _AT_ONCE, count - _LEAST_FRAMES + 1))
        there_LR = np.arange(count - first) < count - lag_L[:, None]
        change_LR = np.zeros(there_LR.shape, np.float32)
        for value_K in values_EK:
            change_LR += np.abs(_after(value_K, lag_L) - value_K[: count - first])
        change_LR *= there_LR * np.float32(share / len(values_EK))
        alike_LR = _smooth(change_LR) < _after(limit_K, lag_L)
        alike_LR &= there_LR
        for step in (1, 2, 4):
            alike_LR = alike_LR[:, step:] & alike_LR[:, :-step]
        yield from lag_L[alike_LR.any(1)].tolist()


def _after(values_K: Changes, lag_L: Places) -> Changes:
    """What is so many frames later; 0 where there is none."""
    first, last = int(lag_L[0]), int(lag_L[-1])
    padded = np.concatenate([values_K[first:], np.zeros(last - first, np.float32)])
    return sliding_window_view(padded, len(values_K) - first)


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


def _coarse(small_KXY: Small, side: int) -> tuple[Small, float]:
    """Means over squares of blocks, and the share of the blocks that they cover."""
    count, height, width = small_KXY.shape
    rows, columns = height // side, width // side
    cut_KXY = small_KXY[:, : rows * side, : columns * side]
    blocks = cut_KXY.reshape(count, rows, side, columns, side)
    share = rows * columns * side**2 / (height * width)
    return blocks.mean((2, 4), dtype=np.float32), share


def _changes(one_RXY: Small, other_RXY: Small) -> Changes:
    """Mean difference of frames, averaged over the frames around."""
    return _smooth(np.abs(one_RXY - other_RXY).mean((1, 2)))


def _smooth(changes: Changes) -> Changes:
    smooth: Changes = ndimage.uniform_filter1d(changes, _AROUND, mode="nearest")
    return smooth
