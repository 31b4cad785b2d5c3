"""The largest rectangle inside a shape: the crop that removes the fan.

Legend: H rows, W columns.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from insonify.core.video import Box

_CELLS: Final = 160


def largest_rectangle(mask_HW: npt.NDArray[np.bool_]) -> Box:
    """The largest axis-parallel rectangle whose pixels are all True.

    Exact up to 160 pixels a side and for masks that are all True; other large masks are
    reduced to cells that are wholly True, so that the rectangle always lies inside and
    is short by a cell at most. Empty if there is none.
    """
    if mask_HW.all():
        return Box(0, 0, *mask_HW.shape)
    step = math.ceil(max(mask_HW.shape) / _CELLS)
    height, width = (side // step for side in mask_HW.shape)
    cells = mask_HW[: height * step, : width * step]
    cells_HW = cells.reshape(height, step, width, step).min((1, 3))
    best = Box(0, 0, 0, 0)
    run_W = np.zeros(width, np.int64)
    for row in range(height):
        run_W = np.where(cells_HW[row], run_W + 1, 0)
        tall, left, right = _under_histogram(run_W.tolist())
        if tall * (right - left) > best.height * best.width:
            best = Box(row + 1 - tall, left, row + 1, right)
    return Box(*(side * step for side in best))


def _under_histogram(heights: list[int]) -> tuple[int, int, int]:
    """Height, left and right of the largest rectangle under a histogram.

    The classical stack of rising bars, linear in their number.
    """
    best = (0, 0, 0)
    stack: list[tuple[int, int]] = []
    for place, height in enumerate([*heights, 0]):
        start = place
        while stack and stack[-1][1] >= height:
            start, tall = stack.pop()
            if tall * (place - start) > best[0] * (best[2] - best[1]):
                best = (tall, start, place)
        stack.append((start, height))
    return best
