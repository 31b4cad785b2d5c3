"""The largest rectangle inside a shape: the crop that removes the fan.

Legend: H rows, W columns.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from insonify.core.video import Box

Cells = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]

_CELLS: Final = 160


def largest_rectangle(mask_HW: Cells) -> Box:
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
    # Rows first: what is reduced then lies in rows, too.
    tall: Cells = np.all(cells.reshape(height, step, width * step), axis=1)
    cells_HW: Cells = np.all(tall.reshape(height, width, step), axis=2)
    best = _largest(cells_HW)
    return Box(*(side * step for side in best))


def _largest(cells_HW: Cells) -> Box:
    """The largest rectangle of cells that are all True; of equals the uppermost.

    From row to row every cell keeps how many are True above it, and how far all of
    these rows are True to its left and right: a few operations on whole rows, where
    the classical stack takes a loop over cells, and 25 times as long.
    """
    best = Box(0, 0, 0, 0)
    begin_HW, end_HW = _runs(cells_HW)
    run_W, left_W = np.zeros((2, cells_HW.shape[1]), np.int64)
    right_W = left_W + cells_HW.shape[1]
    for row, here_W in enumerate(cells_HW):
        run_W = np.where(here_W, run_W + 1, 0)
        left_W = np.where(here_W, np.maximum(left_W, begin_HW[row]), 0)
        right_W = np.where(here_W, np.minimum(right_W, end_HW[row]), len(here_W))
        area_W = run_W * (right_W - left_W)
        if area_W.max(initial=0) > best.height * best.width:
            ties = np.flatnonzero(area_W == area_W.max())
            place = ties[np.lexsort((-run_W[ties], right_W[ties]))[0]]
            left, right = int(left_W[place]), int(right_W[place])
            best = Box(row + 1 - int(run_W[place]), left, row + 1, right)
    return best


def _runs(cells_HW: Cells) -> tuple[Counts, Counts]:
    """Begin and end (exclusive) of the run of True cells that each is in, in its row.

    Of a cell that is False they mean nothing.
    """
    width = cells_HW.shape[1]
    column_W = np.arange(width)
    begin_HW = np.maximum.accumulate(np.where(cells_HW, 0, column_W + 1), axis=1)
    end_HW = np.where(cells_HW, width, column_W)
    return begin_HW, np.minimum.accumulate(end_HW[:, ::-1], axis=1)[:, ::-1]
