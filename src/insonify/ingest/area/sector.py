"""The sector or trapezoid that a probe sees, fitted to where something moves.

The sides are found apart from each other, so that their symmetry is evidence: a probe
looks as far to the left as to the right, and a shape made of half an image and a clock
beside it does not.

Legend: N points, L lines, H rows, W columns.
"""

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from insonify.ingest.area.shapes import Mask, Polygon, Sector, bounds

Points = npt.NDArray[np.float64]

_STRAIGHT: Final = 0.012
"""How far, as a share of the image's size, a point of a straight side is off it."""
_LEAST_SIDE: Final = 0.15
"""Share of the image's height over which a side must be seen."""
_PARALLEL_DEG: Final = 3.0
"""Sides that open by less belong to a linear probe."""
_WIDEST_TRAPEZOID_DEG: Final = 40.0
"""A linear probe can steer its sides apart by less; wider images end in arcs."""
_SYMMETRY_DEG: Final = 4.0
"""By how much the two sides' angles from straight down may differ."""
_WIDEST_DEG: Final = 65.0
"""From straight down; what is flatter is no side."""
_LEAST_HELD: Final = 0.97
"""Share of what moves that a fitted shape must hold …"""
_LEAST_FILLED: Final = 0.5
"""… and share of the shape that must move: the rest are dark depths and shadows."""

_CANDIDATES: Final = 40
"""Points of an edge through which lines are tried, two by two."""
_OUTSIDE: Final = 0.02
"""Share of an edge that may lie beyond its side."""


class Side(NamedTuple):
    """A straight side: ``column = offset + slope * row``."""

    offset: float
    slope: float

    def at(self, row: float) -> float:
        """Its column in a row."""
        return self.offset + self.slope * row

    def distance(self, points_N2: Points) -> npt.NDArray[np.float64]:
        """Columns between it and each row and column; negative to its left."""
        distance_N: npt.NDArray[np.float64] = points_N2[:, 1] - self.offset
        return distance_N - self.slope * points_N2[:, 0]

    @property
    def degrees(self) -> float:
        """Angle from straight down; to the left is negative."""
        return math.degrees(math.atan(self.slope))


def fit_outline(moving_HW: Mask) -> Sector | Polygon | None:
    """The symmetric sector or trapezoid that agrees with what moves; None if none does.

    The picture may cut the shape off at its edges.
    """
    if not moving_HW.any():
        return None
    left, right = _left_side(moving_HW), _left_side(moving_HW[:, ::-1])
    if left is None or right is None:
        return None
    right = Side(moving_HW.shape[1] - 1 - right.offset, -right.slope)
    opening_deg = right.degrees - left.degrees
    if abs(left.degrees + right.degrees) > _SYMMETRY_DEG or opening_deg < -1:
        return None
    shapes: list[Sector | Polygon] = []
    if opening_deg > _PARALLEL_DEG:
        shapes.append(_sector(moving_HW, left, right))
    if opening_deg < _WIDEST_TRAPEZOID_DEG:
        shapes.append(_trapezoid(moving_HW, left, right))
    agreements = [_agreement(shape, moving_HW) for shape in shapes]
    best = int(np.argmax(agreements))
    return shapes[best] if agreements[best] > 0 else None


def _agreement(shape: Sector | Polygon, moving_HW: Mask) -> float:
    """Intersection over union with what moves; 0 where that is too little."""
    mask_HW = shape.mask(moving_HW.shape)
    common = int((mask_HW & moving_HW).sum())
    held, filled = common / int(moving_HW.sum()), common / max(int(mask_HW.sum()), 1)
    if held < _LEAST_HELD or filled < _LEAST_FILLED:
        return 0.0
    return common / int((mask_HW | moving_HW).sum())


def _left_side(moving_HW: Mask) -> Side | None:
    """The left side that most of the left edge lies on, within the picture.

    The picture's own edge counts as a side only where there is no other.
    """
    box = bounds(moving_HW)
    rows = np.flatnonzero(moving_HW.any(1))
    edge_N2 = np.stack([rows, moving_HW[rows].argmax(1)], 1).astype(np.float64)
    inner_N2 = edge_N2[edge_N2[:, 1] > 0]
    tolerance = max(_STRAIGHT * min(box.height, box.width), 1.5)
    side = _supporting_line(inner_N2, tolerance)
    if side is not None:
        on_N = np.abs(side.distance(inner_N2)) <= tolerance
        if on_N.sum() >= _LEAST_SIDE * box.height:
            return side
    if len(inner_N2) < (1 - _LEAST_FILLED) * len(edge_N2):
        return Side(0.0, 0.0)
    return None


def _supporting_line(points_N2: Points, tolerance: float) -> Side | None:
    """The line that most points lie on and hardly any lie to the left of."""
    if len(points_N2) < 2:
        return None
    rows_N, columns_N = points_N2.T
    chosen = np.unique(np.linspace(0, len(points_N2) - 1, _CANDIDATES).astype(int))
    one, other = np.triu_indices(len(chosen), 1)
    one, other = chosen[one], chosen[other]
    slope_L = (columns_N[other] - columns_N[one]) / (rows_N[other] - rows_N[one])
    offset_L = columns_N[one] - slope_L * rows_N[one]
    off_LN = columns_N - offset_L[:, None] - slope_L[:, None] * rows_N
    outside_L = np.count_nonzero(off_LN < -2 * tolerance, axis=1)
    supports_L = outside_L / len(points_N2) <= _OUTSIDE
    steep_L = np.abs(np.degrees(np.arctan(slope_L))) <= _WIDEST_DEG
    on_L = np.count_nonzero(np.abs(off_LN) <= tolerance, axis=1)
    on_L *= supports_L & steep_L
    best = int(on_L.argmax())
    if not on_L[best]:
        return None
    near_N = np.abs(off_LN[best]) <= tolerance
    slope, offset = np.polyfit(rows_N[near_N], columns_N[near_N], 1)
    return Side(float(offset), float(slope))


def _trapezoid(moving_HW: Mask, left: Side, right: Side) -> Polygon:
    box = bounds(moving_HW)
    top, bottom = box.top, box.bottom - 1
    corners = ((top, left), (top, right), (bottom, right), (bottom, left))
    return Polygon(corners=tuple((float(row), side.at(row)) for row, side in corners))


def _sector(moving_HW: Mask, left: Side, right: Side) -> Sector:
    row = (right.offset - left.offset) / (left.slope - right.slope)
    column = left.at(row)
    rows_N, columns_N = np.nonzero(moving_HW)
    radius_N = np.hypot(rows_N - row, columns_N - column)
    return Sector(
        apex=(row, column),
        radii=(float(radius_N.min()), float(radius_N.max())),
        angles=(left.degrees, right.degrees),
    )
