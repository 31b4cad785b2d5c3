"""What each kind of evidence says of where the image is.

Legend: H rows, W columns.
"""

from dataclasses import dataclass, replace
from typing import Final

from insonify.core.errors import IngestError
from insonify.core.video import Box
from insonify.ingest.area.moving import Moving
from insonify.ingest.area.rectangle import largest_rectangle
from insonify.ingest.area.shapes import (
    Mask,
    Outline,
    Sector,
    bounds,
    outline_mask,
    slices_of,
)
from insonify.ingest.recording import Region

_LEAST_SIDE: Final = 32
"""Pixels; nothing can be learned from less."""
_LEAST_FILL: Final = 0.45
"""Share of its bounding box that a sector fills; a sparser shape is not one."""
_LEAST_SHARE: Final = 0.6
"""Share of a region's height and width that moves, if it is the image that moves."""


@dataclass(frozen=True, kw_only=True)
class ImageArea:
    """The part of the frame that is kept."""

    mask_HW: Mask
    """Pixels of the image."""
    box: Box
    """The mask's bounding box."""
    rectangle: Box
    """The largest rectangle inside the mask."""
    method: str
    """How it was found."""
    outline: Outline
    """What a profile of the device may say: the shape that was given or fitted; where
    there is none, the largest rectangle."""
    spacing_mm: tuple[float, float] | None = None
    """Millimetres per pixel of the source, along rows and along columns, if known."""

    def scaled_by(self, regions: tuple[Region, ...]) -> "ImageArea":
        """The same area, with the scale of the region that most of it lies in."""
        if not regions:
            return self
        region = max(regions, key=lambda r: self.mask_HW[slices_of(r.box)].sum())
        return replace(self, spacing_mm=region.spacing_mm)


def area_of(mask_HW: Mask, method: str, outline: Outline | None = None) -> ImageArea:
    """A mask as an image area.

    Raises:
        IngestError: it is too small.
    """
    rectangle = largest_rectangle(mask_HW)
    _require_side(rectangle)
    return ImageArea(
        mask_HW=mask_HW,
        box=bounds(mask_HW),
        rectangle=rectangle,
        method=method,
        outline=outline or rectangle,
    )


def given_area(box: Box, shape_HW: tuple[int, ...]) -> ImageArea:
    """A given rectangle, to its last pixel.

    Raises:
        IngestError: it is not within the picture, or too small.
    """
    if not box.within(shape_HW):
        raise IngestError(
            f"the given image area, {_outside(box, shape_HW)}; correct --area"
        )
    return _whole_box(box, shape_HW, "given")


def profile_area(outline: Outline, shape_HW: tuple[int, ...]) -> ImageArea:
    """A shape from a saved profile.

    Raises:
        IngestError: it is not within the picture, or too small.
    """
    if not isinstance(outline, Box):
        return area_of(outline.mask(shape_HW), "saved profile", outline)
    if not outline.within(shape_HW):
        raise IngestError(
            f"the image area of the saved profile, {_outside(outline, shape_HW)}; "
            "correct the profile, or name the picture's shape in its match"
        )
    return _whole_box(outline, shape_HW, "saved profile")


def region_area(
    moving: Moving | None, region: Region, shape_HW: tuple[int, ...]
) -> ImageArea:
    """The sector inside an exact DICOM region, or all of it where little moves."""
    mask_HW, method = outline_mask(region.box, shape_HW), "DICOM region"
    outline: Outline | None = region.box
    if moving is not None:
        box = bounds(moving.mask_HW)
        shares = box.height / region.box.height, box.width / region.box.width
        if min(shares) >= _LEAST_SHARE:
            mask_HW, method, outline = moving.mask_HW, f"{method}, motion", None
    area = area_of(mask_HW, method, outline)
    return replace(area, spacing_mm=region.spacing_mm)


def moving_area(moving: Moving, method: str) -> ImageArea:
    """What moves: its outline, else its hull, else the rectangle that is surely image.

    Raises:
        IngestError: it is too small to be the image.
    """
    if moving.outline is not None and moving.outlined_HW is not None:
        shape = "sector" if isinstance(moving.outline, Sector) else "trapezoid"
        return area_of(moving.outlined_HW, f"{method}, {shape}", moving.outline)
    found = area_of(moving.mask_HW, method)
    if moving.mask_HW.sum() >= _LEAST_FILL * found.box.height * found.box.width:
        return found
    only_HW = outline_mask(found.rectangle, moving.mask_HW.shape)
    return area_of(only_HW, f"{method}, rectangle")


def _whole_box(box: Box, shape_HW: tuple[int, ...], method: str) -> ImageArea:
    """A box as it is: searching it for the largest rectangle could lose a cell."""
    _require_side(box)
    mask_HW = outline_mask(box, shape_HW)
    return ImageArea(
        mask_HW=mask_HW, box=box, rectangle=box, method=method, outline=box
    )


def _outside(box: Box, shape_HW: tuple[int, ...]) -> str:
    return (
        f"rows {box.top} to {box.bottom} and columns {box.left} to {box.right}, is not "
        f"within the picture of {shape_HW[0]} rows and {shape_HW[1]} columns"
    )


def _require_side(rectangle: Box) -> None:
    if min(rectangle.height, rectangle.width) < _LEAST_SIDE:
        raise IngestError(
            f"the image area holds no rectangle of {_LEAST_SIDE} pixels; if the whole "
            "frame is image, pass --area full, else where the image is, --area TOP "
            "LEFT BOTTOM RIGHT or --profile FILE"
        )
