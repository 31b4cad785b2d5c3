"""Where in the frame the ultrasound image is.

Text, clocks and logos around it are not anatomy, and name patients: only pixels inside
the image area survive. When in doubt the area is too small, not too large.

Legend: T frames, H rows, W columns.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, Literal, TypeAlias

import numpy as np

from insonify.core.errors import IngestError
from insonify.core.video import Box, Frames
from insonify.ingest.area.dual import moving_views, views_of
from insonify.ingest.area.evidence import (
    ImageArea,
    area_of,
    given_area,
    moving_area,
    profile_area,
    region_area,
)
from insonify.ingest.area.moving import Spread, find_moving
from insonify.ingest.area.shapes import Mask, Outline, outline_mask
from insonify.ingest.recording import Recording, Region, TimedFrame, levelled

__all__ = [
    "Area",
    "Given",
    "ImageArea",
    "find_image_areas",
    "spread_frames",
]

Given: TypeAlias = tuple[int, int, int, int]
"""Rows ``top`` to ``bottom`` and columns ``left`` to ``right`` of the source picture,
in the order top, left, bottom, right; ends are exclusive."""
Area: TypeAlias = Literal["auto", "full"] | Given
"""Where the image is: to be found, everywhere, or given."""
Areas: TypeAlias = tuple[ImageArea, ...]

_SPREAD: Final = 64
_LEAST_FRAMES: Final = 8


def spread_frames(frames: Iterator[TimedFrame]) -> Frames:
    """From 64 to 128 evenly spread frames of a stream of any length: (T, H, W).

    Raises:
        IngestError: the stream has no frame, or frames of different sizes.
    """
    kept_THW, stride = np.empty((0, 0, 0), np.uint8), 1
    levels_T: list[bytes | None] = []
    for number, frame in enumerate(frames):
        if number == 0:
            # Pages that are not written to cost nothing.
            kept_THW = np.empty((2 * _SPREAD, *frame.luma_HW.shape), np.uint8)
        if frame.luma_HW.shape != kept_THW.shape[1:]:
            raise IngestError("the picture changes its size; export its parts apart")
        if number % stride == 0:
            kept_THW[len(levels_T)] = frame.luma_HW
            levels_T.append(frame.levels)
        if len(levels_T) == 2 * _SPREAD:
            for place in range(_SPREAD):
                kept_THW[place] = kept_THW[2 * place]
            levels_T, stride = levels_T[::2], 2 * stride
    if not levels_T:
        raise IngestError("the file holds no frame; export it again")
    for frame_HW, levels in zip(kept_THW, levels_T, strict=False):
        if levels is not None:
            frame_HW[:] = levelled(frame_HW, levels)
    return kept_THW[: len(levels_T)]


def find_image_areas(
    recording: Recording,
    spread_THW: Frames,
    area: Area,
    profile: tuple[Outline, ...] = (),
) -> Areas:
    """Find the image, or the images of a split screen.

    What was told goes first; then the device's own mask of the image; its exact 2-D
    regions, and what moves in them; a saved profile; and motion alone.

    Args:
        recording: For what the device declares.
        spread_THW: Frames spread over the recording.
        area: ``auto``, ``full`` for sources that are cropped already, or the rectangle
            that is the image.
        profile: Where the images are according to a saved profile.

    Returns:
        One; on a split screen one for each view, from left to right.

    Raises:
        IngestError: the image cannot be told from its surroundings, or the given
            rectangle or profile is not within the picture.
    """
    shape, regions = spread_THW.shape[1:], recording.regions
    if area == "full":
        return (area_of(np.ones(shape, bool), "full frame").scaled_by(regions),)
    if area != "auto":
        return (given_area(Box(*area), shape).scaled_by(regions),)
    views = views_of(regions)
    if recording.active_HW is not None:
        return _numbered(_active(recording.active_HW, views, regions))
    if views:
        return _numbered(_within_regions(spread_THW, views))
    if profile:
        told = (profile_area(outline, shape) for outline in profile)
        return _numbered(tuple(one.scaled_by(regions) for one in told))
    return _numbered(_by_motion(spread_THW, regions))


def _active(
    active_HW: Mask, views: tuple[Region, ...], regions: tuple[Region, ...]
) -> Areas:
    """What the device marked as image, parted where its regions say so."""
    method = "active image area of the device"
    parts = [active_HW & outline_mask(view.box, active_HW.shape) for view in views]
    if len(parts) < 2 or not all(part_HW.any() for part_HW in parts):
        parts = [active_HW]
    return tuple(area_of(part_HW, method).scaled_by(regions) for part_HW in parts)


def _within_regions(spread_THW: Frames, views: tuple[Region, ...]) -> Areas:
    spread = Spread.of(spread_THW) if len(spread_THW) >= _LEAST_FRAMES else None
    return tuple(
        region_area(
            find_moving(spread, view.box) if spread else None,
            view,
            spread_THW.shape[1:],
        )
        for view in views
    )


def _by_motion(spread_THW: Frames, regions: tuple[Region, ...]) -> Areas:
    """What moves, within the first region that was clipped if there is one."""
    if len(spread_THW) < _LEAST_FRAMES:
        raise _still(f"{len(spread_THW)} frame(s) and no exact DICOM region")
    spread = Spread.of(spread_THW)
    limit = regions[0].box if regions else Box(0, 0, *spread_THW.shape[1:])
    method = "clipped DICOM region, motion" if regions else "motion"
    if (two := moving_views(spread, limit)) is not None:
        return tuple(moving_area(one, method) for one in two)
    moving = find_moving(spread, limit)
    if moving is None:
        raise _still("nothing moves, and no exact DICOM region")
    return (moving_area(moving, method),)


def _still(found: str) -> IngestError:
    return IngestError(
        f"{found}: the image cannot be told from text around it by its motion; if "
        "nothing is burned in, pass --area full, else where the image is, --area TOP "
        "LEFT BOTTOM RIGHT, or --profile FILE with a profile of the device"
    )


def _numbered(areas: Areas) -> Areas:
    """Say which view it is where there are several."""
    if len(areas) == 1:
        return areas
    return tuple(
        replace(area, method=f"{area.method}; view {number} of {len(areas)}")
        for number, area in enumerate(areas, 1)
    )
