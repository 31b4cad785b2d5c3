"""Outlines of an image area: a box, a sector, a polygon.

Legend: H rows, W columns, N pixels.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from insonify.core.errors import ConfigError
from insonify.core.video import Box

Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Sector:
    """What a curved or phased probe sees: a piece of a ring, in pixels and degrees."""

    apex: tuple[float, float]
    """Row and column where the sides meet; above the picture for a curved probe."""
    radii: tuple[float, float]
    """Distance from the apex to the probe's face and to the greatest depth."""
    angles: tuple[float, float]
    """Left and right side, from straight down; to the left is negative."""

    def __post_init__(self) -> None:
        if not np.isfinite((self.apex, self.radii)).all():
            raise ConfigError("apex and radii are numbers of pixels; correct them")
        if not 0 <= self.radii[0] < self.radii[1]:
            raise ConfigError(
                f"radii are INNER, OUTER with 0 <= INNER < OUTER, found {self.radii}"
            )
        if not -90 <= self.angles[0] < self.angles[1] <= 90:
            raise ConfigError(
                "angles are LEFT, RIGHT in degrees from straight down with "
                f"-90 <= LEFT < RIGHT <= 90, found {self.angles}"
            )

    def mask(self, shape_HW: tuple[int, ...]) -> Mask:
        """The pixels of a picture of this shape whose centre is within the sector."""
        rows_HW, columns_HW = np.ogrid[: shape_HW[0], : shape_HW[1]]
        down_HW, across_HW = rows_HW - self.apex[0], columns_HW - self.apex[1]
        radius_HW = np.hypot(down_HW, across_HW)
        (inner, outer), (left, right) = self.radii, self.angles
        mask_HW: Mask = (inner <= radius_HW) & (radius_HW <= outer)
        rows_N, columns_N = np.nonzero(mask_HW)
        angle_N = np.arctan2(columns_N - self.apex[1], rows_N - self.apex[0])
        angle_N = np.degrees(angle_N)
        mask_HW[rows_N, columns_N] = (left <= angle_N) & (angle_N <= right)
        return mask_HW


@dataclass(frozen=True, kw_only=True)
class Polygon:
    """Any shape with straight sides."""

    corners: tuple[tuple[float, float], ...]
    """Row and column of each, in order round the shape."""

    def __post_init__(self) -> None:
        if not np.isfinite(self.corners).all():
            raise ConfigError("corners are numbers of pixels; correct them")
        if len(self.corners) < 3:
            raise ConfigError(
                f"a polygon needs three corners or more, found {len(self.corners)}"
            )

    def mask(self, shape_HW: tuple[int, ...]) -> Mask:
        """The pixels of a picture of this shape that it covers."""
        image = Image.new("1", (shape_HW[1], shape_HW[0]))
        ImageDraw.Draw(image).polygon([(x, y) for y, x in self.corners], fill=1)
        return np.asarray(image)


Outline: TypeAlias = Box | Sector | Polygon


def outline_mask(outline: Outline, shape_HW: tuple[int, ...]) -> Mask:
    """The pixels of a picture of this shape that an outline encloses."""
    if not isinstance(outline, Box):
        return outline.mask(shape_HW)
    mask_HW = np.zeros(shape_HW, bool)
    mask_HW[outline.top : outline.bottom, outline.left : outline.right] = True
    return mask_HW


def bounds(mask_HW: Mask) -> Box:
    """The smallest box round a mask that is not empty."""
    rows = np.flatnonzero(mask_HW.any(1))
    columns = np.flatnonzero(mask_HW.any(0))
    return Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


def slices_of(box: Box, around: int = 0) -> tuple[slice, slice]:
    """The rows and columns of a box, and some pixels around it within the picture."""
    return (
        slice(max(box.top - around, 0), box.bottom + around),
        slice(max(box.left - around, 0), box.right + around),
    )
