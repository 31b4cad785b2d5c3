"""Where in the frame the ultrasound image is.

Text, clocks and logos around it are not anatomy, and name patients: only pixels inside
the image area survive. When in doubt the area is too small, not too large.

Legend: T frames, H rows, W columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from insonify.core.errors import IngestError
from insonify.core.video import Box, Frames
from insonify.ingest.recording import Recording, TimedFrame
from insonify.ingest.rectangle import largest_rectangle

Mask = npt.NDArray[np.bool_]
Means = npt.NDArray[np.float64]

_SPREAD: Final = 64
_LEAST_FRAMES: Final = 8
_LEAST_DEVIATION: Final = 3.0
"""Grey levels by which a pixel of the image varies over time (field notes: found the
image in 18 of 18 real clips and never took in a text bar)."""
_LEAST_LIGHT: Final = 0.25
"""A frame of less than this share of the usual brightness is black or nearly so."""
_DARK: Final = 32
"""Mean grey level above which a still pixel may belong to text."""
_LEAST_SIDE: Final = 32
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
    for number, (_, luma_HW) in enumerate(frames):
        if number % stride == 0:
            kept.append(luma_HW)
        if len(kept) == 2 * _SPREAD:
            kept = kept[::2]
            stride *= 2
    if not kept:
        raise IngestError("the file holds no frame; export it again")
    if len({luma_HW.shape for luma_HW in kept}) > 1:
        raise IngestError("the picture changes its size; export its parts apart")
    return np.stack(kept)


def find_image_area(
    recording: Recording, spread_THW: Frames, area: Literal["auto", "full"]
) -> ImageArea:
    """Find the image: DICOM 2-D region and motion, motion alone, or all if told.

    Args:
        recording: For its regions.
        spread_THW: Frames spread over the recording.
        area: ``auto``, or ``full`` for sources that are cropped already.

    Raises:
        IngestError: the image cannot be told from its surroundings.
    """
    shape = spread_THW.shape[1:]
    whole = Box(0, 0, *shape)
    if area == "full":
        return _area(np.ones(shape, bool), "full frame")
    region = recording.regions[0].box if recording.regions else None
    moving_HW = None
    if len(spread_THW) >= _LEAST_FRAMES:
        moving_HW = moving_mask(spread_THW, region or whole)
    if region is not None:
        return _within_region(moving_HW, region, shape)
    if moving_HW is None:
        raise IngestError(
            f"{len(spread_THW)} frame(s) and no DICOM region: the image cannot be told "
            "from text around it by its motion; if nothing is burned in, pass "
            "--area full"
        )
    found = _area(moving_HW, "motion")
    if moving_HW.sum() >= _LEAST_FILL * found.box.height * found.box.width:
        return found
    top, left, bottom, right = found.rectangle
    only_HW = np.zeros(shape, bool)
    only_HW[top:bottom, left:right] = True
    return _area(only_HW, "motion, rectangle")


def moving_mask(spread_THW: Frames, limit: Box) -> Mask | None:
    """Pixels whose grey level varies over time, as one shape without dents.

    Deviation > 3 grey levels, opened, closed, the largest component; then its convex
    hull below its upper edge, so that dark depths of a sector are not lost while
    nothing above a curved probe is taken in.

    Returns:
        The mask, (H, W); None if nothing moves.
    """
    mean_HW, deviation_HW = _statistics(_lit(spread_THW))
    inside_HW = np.zeros(deviation_HW.shape, bool)
    inside_HW[limit.top : limit.bottom, limit.left : limit.right] = True
    mask_HW = ndimage.binary_opening((deviation_HW > _LEAST_DEVIATION) & inside_HW)
    mask_HW = np.pad(mask_HW, 12)
    mask_HW = ndimage.binary_closing(mask_HW, iterations=6)[12:-12, 12:-12]
    labels_HW, count = ndimage.label(mask_HW)
    if not count:
        return None
    largest = np.bincount(labels_HW.ravel())[1:].argmax() + 1
    mask_HW = labels_HW == largest
    box = _bounds(mask_HW)
    if min(box.height, box.width) < _LEAST_SIDE:
        return None
    below_HW = np.maximum.accumulate(mask_HW, axis=0)
    shape_HW = _hull(mask_HW) & below_HW & inside_HW
    return shape_HW & ~_interface(mean_HW, mask_HW)


def _lit(spread_THW: Frames) -> Frames:
    """Leave out black frames: against two of them all static text would vary."""
    mean_T = spread_THW.mean((1, 2))
    lit_THW: Frames = spread_THW[mean_T >= _LEAST_LIGHT * np.median(mean_T)]
    return lit_THW


def _statistics(frames_THW: Frames) -> tuple[Means, Means]:
    """Mean and standard deviation over time, without a copy of all frames as floats."""
    sum_HW = np.zeros(frames_THW.shape[1:], np.int64)
    squares_HW = np.zeros_like(sum_HW)
    for frame_HW in frames_THW:
        values_HW = frame_HW.astype(np.int64)
        sum_HW += values_HW
        squares_HW += values_HW**2
    mean_HW = sum_HW / len(frames_THW)
    return mean_HW, np.sqrt(np.maximum(squares_HW / len(frames_THW) - mean_HW**2, 0))


def _interface(mean_HW: Means, moving_HW: Mask) -> Mask:
    """What is bright and still outside of what moves: text, scales, logos.

    Dark depths of a sector, which the hull is there to bring back, are not bright.
    """
    bright_HW = mean_HW > _DARK
    # Three pixels more, for the soft edges of letters.
    still_HW: Mask = ndimage.binary_dilation(bright_HW & ~moving_HW, iterations=3)
    return still_HW & ~moving_HW


def _within_region(
    moving_HW: Mask | None, region: Box, shape: tuple[int, ...]
) -> ImageArea:
    """The sector inside a DICOM region, or all of it where little moves."""
    if moving_HW is not None:
        box = _bounds(moving_HW)
        share = min(box.height / region.height, box.width / region.width)
        if share >= 0.6:
            return _area(moving_HW, "DICOM region, motion")
    mask_HW = np.zeros(shape, bool)
    mask_HW[region.top : region.bottom, region.left : region.right] = True
    return _area(mask_HW, "DICOM region")


def _area(mask_HW: Mask, method: str) -> ImageArea:
    rectangle = largest_rectangle(mask_HW)
    if min(rectangle.height, rectangle.width) < _LEAST_SIDE // 2:
        raise IngestError(
            f"the image area holds no rectangle of {_LEAST_SIDE // 2} pixels; if the "
            "whole frame is image, pass --area full"
        )
    return ImageArea(
        mask_HW=mask_HW, box=_bounds(mask_HW), rectangle=rectangle, method=method
    )


def _bounds(mask_HW: Mask) -> Box:
    rows = np.flatnonzero(mask_HW.any(1))
    columns = np.flatnonzero(mask_HW.any(0))
    return Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


def _hull(mask_HW: Mask) -> Mask:
    edge_HW = mask_HW & ~ndimage.binary_erosion(mask_HW)
    points_N2 = np.argwhere(edge_HW)[:, ::-1]
    try:
        corners_K2 = points_N2[ConvexHull(points_N2).vertices]
    except QhullError:
        return mask_HW
    height, width = mask_HW.shape
    image = Image.new("1", (width, height))
    ImageDraw.Draw(image).polygon([(int(x), int(y)) for x, y in corners_K2], fill=1)
    return np.asarray(image)
