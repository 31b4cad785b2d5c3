"""Which pixels belong to the moving ultrasound image, and not to a screen round it.

Legend: T frames, H rows, W columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from insonify.core.video import Box, Frames
from insonify.ingest.area.morphology import (
    closed,
    hull,
    largest_part,
    opened,
    widened,
    without_specks,
)
from insonify.ingest.area.sector import fit_outline
from insonify.ingest.area.shapes import (
    Mask,
    Polygon,
    Sector,
    bounds,
    outline_mask,
    slices_of,
)

Levels = npt.NDArray[np.float64]

_LEAST_DEVIATION: Final = 3.0
"""Grey levels by which a pixel of the image varies over time (field notes: found the
image in 18 of 18 real clips and never took in a text bar)."""
_LEAST_LIGHT: Final = 0.25
"""A frame of less than this share of the usual brightness is black or nearly so."""
_DARK: Final = 32
"""Mean grey level above which a still pixel may belong to text."""
_DIM: Final = 80
"""Grey level that dark depths never exceed; in 31 real clips whose outline was fitted
they reached 66 …"""
_SMOOTH: Final = 8
"""… and their mean over time stood out by up to 5.5 from the 9 pixels round it. Letters
stand out, however grey they are."""
_LETTER: Final = 9
_AT_ONCE: Final = 1 << 16
"""Pixels of which statistics are made at a time."""
_PROBE_SHARE: Final = 0.15
"""Share of the image's height over which the face of a curved probe bends."""


@dataclass(frozen=True, kw_only=True)
class Moving:
    """The part of a picture that moves."""

    mask_HW: Mask
    """What moves, as one shape without dents."""
    outline: Sector | Polygon | None = None
    """The sector or trapezoid that it is part of …"""
    outlined_HW: Mask | None = None
    """… and its pixels; None where none fits, or it would add more than darkness."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """What frames spread over a recording say of each pixel."""

    mean_HW: Levels
    """Mean grey level of the frames that are lit."""
    deviation_HW: Levels
    """Standard deviation over time, of the same."""
    peak_HW: Frames
    """The brightest it gets in any frame."""

    @classmethod
    def of(cls, spread_THW: Frames) -> "Spread":
        """Look at (T, H, W), but not for what varies at frames that are black.

        Against two of them all static text would vary.
        """
        # Down the columns first: three times as fast as at once.
        columns = [frame_HW.sum(0, dtype=np.uint32) for frame_HW in spread_THW]
        light_T = np.array([column_W.sum(dtype=np.uint64) for column_W in columns])
        lit_T = light_T >= _LEAST_LIGHT * np.median(light_T)
        mean_HW, deviation_HW = _statistics(
            [spread_THW[t] for t in np.flatnonzero(lit_T)]
        )
        return cls(
            mean_HW=mean_HW, deviation_HW=deviation_HW, peak_HW=spread_THW.max(0)
        )

    def moves(self, limit: Box) -> Mask:
        """Pixels within a box whose grey level varies, without single ones."""
        inside_HW = outline_mask(limit, self.mean_HW.shape)
        return without_specks((self.deviation_HW > _LEAST_DEVIATION) & inside_HW)


def find_moving(spread: Spread, limit: Box) -> Moving | None:
    """Pixels whose grey level varies over time, as one shape.

    Deviation > 3 grey levels, opened, closed, the largest component; then its convex
    hull, so that dark depths of a sector are not lost, but nothing above a curved probe
    and nothing bright and still. The outline that is fitted to it brings back more of
    the dark, and nothing but the dark.

    Args:
        spread: Of the recording.
        limit: Where to look.

    Returns:
        None if nothing moves.
    """
    short_side = min(limit.height, limit.width)
    mask_HW = closed(spread.moves(limit), short_side / 40)
    # A changing number beside the image, joined to it by the closing, is cut off again.
    mask_HW = largest_part(opened(largest_part(mask_HW), short_side / 24))
    if not mask_HW.any():
        return None
    inside_HW = outline_mask(limit, mask_HW.shape)
    shape_HW = hull(mask_HW) & ~_above_probe(mask_HW) & inside_HW
    clear_HW = ~_interface(spread.mean_HW, mask_HW)
    moving = Moving(mask_HW=shape_HW & clear_HW)
    outline = fit_outline(mask_HW)
    if outline is None:
        return moving
    outlined_HW = outline.mask(mask_HW.shape) & inside_HW
    if not _adds_darkness(spread, outlined_HW, shape_HW):
        return moving
    return replace(moving, outline=outline, outlined_HW=outlined_HW & clear_HW)


def _adds_darkness(spread: Spread, outlined_HW: Mask, known_HW: Mask) -> bool:
    """Whether what an outline adds to what is known is dark and without letters."""
    # Not within three pixels: there the soft edge of the image itself is.
    added_HW = outlined_HW & ~widened(known_HW, 3)
    if not added_HW.any():
        return True
    if spread.mean_HW[added_HW].max() > _DARK or spread.peak_HW[added_HW].max() > _DIM:
        return False
    # Of the last, most expensive look: as far around as what is opened depends on.
    part = slices_of(bounds(added_HW), around=_LETTER - 1)
    stands_out_HW = ndimage.white_tophat(spread.mean_HW[part], size=(_LETTER, _LETTER))
    return bool(stands_out_HW[added_HW[part]].max() <= _SMOOTH)


def _above_probe(mask_HW: Mask) -> Mask:
    """What the hull takes in above a curved probe: over the mask's upper edge.

    Only where that edge is near the top: farther down it is the border of a shadow.
    """
    box = bounds(mask_HW)
    below_HW = np.maximum.accumulate(mask_HW, axis=0)
    near_top_W = below_HW[box.top + int(_PROBE_SHARE * box.height)]
    above_HW: Mask = ~below_HW & near_top_W
    return above_HW


def _statistics(frames: Sequence[Frames]) -> tuple[Levels, Levels]:
    """Mean and standard deviation over time, of 128 frames or so.

    In the smallest integers that hold the sums, and a few rows at a time, which stay in
    the processor's cache.
    """
    mean_HW, deviation_HW = np.empty((2, *frames[0].shape))
    step = max(_AT_ONCE // frames[0].shape[1], 1)
    for top in range(0, len(mean_HW), step):
        rows = slice(top, top + step)
        sum_HW = np.zeros(mean_HW[rows].shape, np.uint32)
        squares_HW, square_HW = np.zeros_like(sum_HW), np.empty(sum_HW.shape, np.uint16)
        for frame_HW in frames:
            sum_HW += frame_HW[rows]
            np.multiply(frame_HW[rows], frame_HW[rows], square_HW, dtype=np.uint16)
            squares_HW += square_HW
        mean_HW[rows] = sum_HW / len(frames)
        variance_HW = squares_HW / len(frames) - mean_HW[rows] ** 2
        deviation_HW[rows] = np.sqrt(np.maximum(variance_HW, 0))
    return mean_HW, deviation_HW


def _interface(mean_HW: Levels, moving_HW: Mask) -> Mask:
    """What is bright and still outside of what moves: text, scales, logos.

    Dark depths of a sector, which the hull is there to bring back, are not bright.
    """
    bright_HW = mean_HW > _DARK
    # Three pixels more, for the soft edges of letters.
    return widened(bright_HW & ~moving_HW, 3) & ~moving_HW
