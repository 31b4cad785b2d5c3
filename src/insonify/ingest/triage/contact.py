"""Frames taken while the probe does not touch the skin, and frames in colour.

Legend: T frames, H rows, W columns, X by Y blocks.
"""

from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from insonify.ingest.triage.blocks import BLOCK, Flags, Small, Times

Ratios = npt.NDArray[np.float64]

_UNUSUAL: Final = 0.2
_FLOW_S: Final = 0.5
"""Flow comes and goes with the heart, the colour box stays for longer than this."""


def depth_ratios(small_TXY: Small, mask_HW: Flags) -> Ratios:
    """Mean grey level of the lower half of the image area over its upper third: (T,).

    A probe in air shows bands of reverberation near its face and nothing below.
    """
    _, rows, columns = small_TXY.shape
    cut_HW = mask_HW[: rows * BLOCK, : columns * BLOCK]
    share_XY = cut_HW.reshape(rows, BLOCK, columns, BLOCK).mean((1, 3))
    inside = np.flatnonzero(share_XY.any(1))
    if len(inside) < 3:
        return np.ones(len(small_TXY))
    top, bottom = int(inside[0]), int(inside[-1]) + 1
    third, half = top + (bottom - top) // 3, top + (bottom - top) // 2

    def level(begin: int, end: int) -> Ratios:
        summed: Ratios = small_TXY[:, begin:end].sum((1, 2), dtype=np.float64)
        mean: Ratios = summed / share_XY[begin:end].sum()
        return mean

    return level(half, bottom) / np.maximum(level(top, third), 1.0)


def lifted(ratios_T: Ratios, black_T: Flags, least: float) -> Flags:
    """Frames whose ratio is below ``least``, and below a fifth of the usual one.

    What is usual is what a tenth of the frames exceed: a shallow scan of bone is dark
    below all the time, a probe in air is put down at some time. Shadows below ribs fall
    to a fourth of it in a lung clip, a phantom's lift-offs to a tenth and less.
    """
    if black_T.all():
        return black_T & False
    usual = float(np.quantile(ratios_T[~black_T], 0.9))
    flags_T: Flags = ratios_T < min(least, _UNUSUAL * usual)
    return flags_T


def coloured(share_T: Ratios, times_s_T: Times, most: float) -> Flags:
    """Frames of which more than ``most`` is coloured, and what is between them."""
    flags_T: Flags = share_T > most
    places = np.flatnonzero(flags_T) if most > 0 else np.empty(0, np.int64)
    found_T = np.zeros(len(share_T), bool)
    found_T[places] = True
    for one, next_one in pairwise(places):
        if times_s_T[next_one] - times_s_T[one] < _FLOW_S:
            found_T[one:next_one] = True
    return found_T
