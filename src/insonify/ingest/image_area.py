"""Where in the frame the ultrasound image is.

Text, clocks and logos around it are not anatomy, and name patients: only pixels inside
the image area survive. When in doubt the area is too small, not too large.

Legend: T frames, H rows, W columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from insonify.core.errors import IngestError
from insonify.core.video import Box, Frames
from insonify.ingest.moving import Mask, bounds, moving_mask
from insonify.ingest.recording import Recording, TimedFrame
from insonify.ingest.rectangle import largest_rectangle

Given: TypeAlias = tuple[int, int, int, int]
"""Rows ``top`` to ``bottom`` and columns ``left`` to ``right`` of the source picture,
in the order top, left, bottom, right; ends are exclusive."""
Area: TypeAlias = Literal["auto", "full"] | Given
"""Where the image is: to be found, everywhere, or given."""

_SPREAD: Final = 64
_LEAST_FRAMES: Final = 8
_LEAST_SIDE: Final = 32
"""Pixels; nothing can be learned from less."""
_LEAST_FILL: Final = 0.45
"""Share of its bounding box that a sector fills; a sparser shape is not one."""


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


def spread_frames(frames: Iterator[TimedFrame]) -> Frames:
    """From 64 to 128 evenly spread frames of a stream of any length: (T, H, W).

    Raises:
        IngestError: the stream has no frame, or frames of different sizes.
    """
    kept: list[Frames] = []
    stride = 1
    for number, frame in enumerate(frames):
        if number % stride == 0:
            kept.append(frame.luma_HW)
        if len(kept) == 2 * _SPREAD:
            kept = kept[::2]
            stride *= 2
    if not kept:
        raise IngestError("the file holds no frame; export it again")
    if len({luma_HW.shape for luma_HW in kept}) > 1:
        raise IngestError("the picture changes its size; export its parts apart")
    return np.stack(kept)


def find_image_area(recording: Recording, spread_THW: Frames, area: Area) -> ImageArea:
    """Find the image: DICOM 2-D region and motion, motion alone, or what was told.

    Args:
        recording: For its regions.
        spread_THW: Frames spread over the recording.
        area: ``auto``, ``full`` for sources that are cropped already, or the rectangle
            that is the image.

    Raises:
        IngestError: the image cannot be told from its surroundings, or the given
            rectangle is not within the picture.
    """
    shape = spread_THW.shape[1:]
    whole = Box(0, 0, *shape)
    if area == "full":
        return _area(np.ones(shape, bool), "full frame")
    if area != "auto":
        return _given(Box(*area), shape)
    region = recording.regions[0] if recording.regions else None
    moving_HW = None
    if len(spread_THW) >= _LEAST_FRAMES:
        moving_HW = moving_mask(spread_THW, region.box if region else whole)
    if region is not None and region.exact:
        return _within_region(moving_HW, region.box, shape)
    if moving_HW is None:
        raise IngestError(
            f"{len(spread_THW)} frame(s) and no exact DICOM region: the image cannot "
            "be told from text around it by its motion; if nothing is burned in, pass "
            "--area full, else where the image is, --area TOP LEFT BOTTOM RIGHT"
        )
    method = "motion" if region is None else "clipped DICOM region, motion"
    found = _area(moving_HW, method)
    if moving_HW.sum() >= _LEAST_FILL * found.box.height * found.box.width:
        return found
    top, left, bottom, right = found.rectangle
    only_HW = np.zeros(shape, bool)
    only_HW[top:bottom, left:right] = True
    return _area(only_HW, f"{method}, rectangle")


def _given(box: Box, shape: tuple[int, ...]) -> ImageArea:
    """A given rectangle, to its last pixel."""
    height, width = shape
    if not box.within(shape):
        raise IngestError(
            f"the given image area, rows {box.top} to {box.bottom} and columns "
            f"{box.left} to {box.right}, is not within the picture of {height} rows "
            f"and {width} columns; correct --area"
        )
    _require_side(box)
    mask_HW = np.zeros(shape, bool)
    mask_HW[box.top : box.bottom, box.left : box.right] = True
    return ImageArea(mask_HW=mask_HW, box=box, rectangle=box, method="given")


def _within_region(
    moving_HW: Mask | None, region: Box, shape: tuple[int, ...]
) -> ImageArea:
    """The sector inside a DICOM region, or all of it where little moves."""
    if moving_HW is not None:
        box = bounds(moving_HW)
        share = min(box.height / region.height, box.width / region.width)
        if share >= 0.6:
            return _area(moving_HW, "DICOM region, motion")
    mask_HW = np.zeros(shape, bool)
    mask_HW[region.top : region.bottom, region.left : region.right] = True
    return _area(mask_HW, "DICOM region")


def _area(mask_HW: Mask, method: str) -> ImageArea:
    rectangle = largest_rectangle(mask_HW)
    _require_side(rectangle)
    return ImageArea(
        mask_HW=mask_HW, box=bounds(mask_HW), rectangle=rectangle, method=method
    )


def _require_side(rectangle: Box) -> None:
    if min(rectangle.height, rectangle.width) < _LEAST_SIDE:
        raise IngestError(
            f"the image area holds no rectangle of {_LEAST_SIDE} pixels; if the whole "
            "frame is image, pass --area full"
        )
