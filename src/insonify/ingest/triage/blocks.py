"""Frames reduced to blocks, which speckle and the noise of a codec average out in.

Legend: T frames, H rows, W columns, X by Y blocks.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from insonify.core.video import Frames

Flags = npt.NDArray[np.bool_]
Times = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Small = npt.NDArray[np.float32]

BLOCK: Final = 8
"""Rows and columns of a block, in pixels."""
_AT_ONCE: Final = 16
"""Frames, which stay in the processor's cache."""
LIT: Final = 24
"""Grey level of blocks that show something; black ones would dilute every change."""


def reduce(frames_THW: Frames) -> Small:
    """Means over 8 by 8 pixels, (T, X, Y); what is left over at the end is cut off."""
    count, height, width = frames_THW.shape
    rows, columns = height // BLOCK, width // BLOCK
    small_TXY = np.empty((count, rows, columns), np.float32)
    for first in range(0, count, _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        # Rows first, and in integers: seven times as fast as the mean, and as exact.
        tall = _summed(frames_THW[some, : rows * BLOCK], axis=1)
        blocks = _summed(tall[..., : columns * BLOCK], axis=2)
        np.divide(blocks, np.float32(BLOCK**2), out=small_TXY[some])
    return small_TXY


def _summed(values: npt.NDArray[Any], axis: int) -> npt.NDArray[np.uint16]:
    """Sums over 8 neighbours along an axis."""
    apart = [slice(None)] * axis
    sums = values[(*apart, slice(0, None, BLOCK))].astype(np.uint16)
    for place in range(1, BLOCK):
        sums += values[(*apart, slice(place, None, BLOCK))]
    return sums


def runs(flags_T: Flags) -> list[tuple[int, int]]:
    """Begin and end (exclusive) of every stretch of true flags.

    >>> runs(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    if not flags_T.any():
        return []
    around_T = np.zeros(len(flags_T) + 2, bool)
    around_T[1:-1] = flags_T
    edges = np.flatnonzero(around_T[1:] != around_T[:-1])
    return [(begin, end) for begin, end in edges.reshape(-1, 2).tolist()]
