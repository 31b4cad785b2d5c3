"""Which pixels belong to the moving ultrasound image, and not to a screen round it.

Legend: T frames, H rows, W columns.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from insonify.core.video import Box, Frames

Mask = npt.NDArray[np.bool_]
Means = npt.NDArray[np.float64]

_LEAST_DEVIATION: Final = 3.0
"""Grey levels by which a pixel of the image varies over time (field notes: found the
image in 18 of 18 real clips and never took in a text bar)."""
_LEAST_LIGHT: Final = 0.25
"""A frame of less than this share of the usual brightness is black or nearly so."""
_DARK: Final = 32
"""Mean grey level above which a still pixel may belong to text."""
_PROBE_SHARE: Final = 0.15
"""Share of the image's height over which the face of a curved probe bends."""


def moving_mask(spread_THW: Frames, limit: Box) -> Mask | None:
    """Pixels whose grey level varies over time, as one shape without dents.

    Deviation > 3 grey levels, opened, closed, the largest component; then its convex
    hull, so that dark depths of a sector are not lost, but nothing above a curved probe
    and nothing bright and still.

    Returns:
        The mask, (H, W); None if nothing moves.
    """
    mean_HW, deviation_HW = _statistics(_lit(spread_THW))
    inside_HW = np.zeros(deviation_HW.shape, bool)
    inside_HW[limit.top : limit.bottom, limit.left : limit.right] = True
    short_side = min(limit.height, limit.width)
    mask_HW = ndimage.binary_opening((deviation_HW > _LEAST_DEVIATION) & inside_HW)
    mask_HW = _close(mask_HW, short_side / 40)
    # A changing number beside the image, joined to it by the closing, is cut off again.
    mask_HW = _largest(_open(_largest(mask_HW), short_side / 24))
    if not mask_HW.any():
        return None
    shape_HW = _hull(mask_HW) & ~_above_probe(mask_HW) & inside_HW
    return shape_HW & ~_interface(mean_HW, mask_HW)


def _above_probe(mask_HW: Mask) -> Mask:
    """What the hull takes in above a curved probe: over the mask's upper edge.

    Only where that edge is near the top: farther down it is the border of a shadow.
    """
    box = bounds(mask_HW)
    below_HW = np.maximum.accumulate(mask_HW, axis=0)
    near_top_W = below_HW[box.top + int(_PROBE_SHARE * box.height)]
    above_HW: Mask = ~below_HW & near_top_W
    return above_HW


def _largest(mask_HW: Mask) -> Mask:
    """The largest connected part."""
    labels_HW, count = ndimage.label(mask_HW)
    if not count:
        return mask_HW
    largest: Mask = labels_HW == np.bincount(labels_HW.ravel())[1:].argmax() + 1
    return largest


def _close(mask_HW: Mask, radius: float) -> Mask:
    """Fill what a disc does not fit into."""
    margin = int(radius) + 1
    outside_HW = np.pad(~mask_HW, margin, constant_values=True)
    closed_HW = ~_open(outside_HW, radius)
    return closed_HW[margin:-margin, margin:-margin]


def _open(mask_HW: Mask, radius: float) -> Mask:
    """Remove what a disc does not fit into; the frame's edge does not count as one."""
    margin = int(radius) + 1
    padded_HW = np.pad(mask_HW, margin, mode="edge")
    # By distances: a disc of 45 pixels costs as much as one of 4.
    core_HW = ndimage.distance_transform_edt(padded_HW) > radius
    opened_HW: Mask = ndimage.distance_transform_edt(~core_HW) <= radius
    return (opened_HW & padded_HW)[margin:-margin, margin:-margin]


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


def bounds(mask_HW: Mask) -> Box:
    """The smallest box round a mask that is not empty."""
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
