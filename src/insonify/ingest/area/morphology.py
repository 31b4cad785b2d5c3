"""What is done to a mask so that it becomes one shape.

Legend: H rows, W columns, N points, K corners.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from insonify.ingest.area.shapes import Mask, bounds, slices_of

Distances = npt.NDArray[np.int32]


def largest_part(mask_HW: Mask) -> Mask:
    """The largest connected part."""
    labels_HW, count = ndimage.label(mask_HW)
    if count < 2:
        return mask_HW
    largest: Mask = labels_HW == np.bincount(labels_HW.ravel())[1:].argmax() + 1
    return largest


def closed(mask_HW: Mask, radius: float) -> Mask:
    """Fill what a disc does not fit into."""
    closed_HW = np.zeros_like(mask_HW)
    if mask_HW.any():
        # What is filled lies between pixels of the mask.
        part, margin = slices_of(bounds(mask_HW)), int(radius) + 1
        outside_HW = np.pad(~mask_HW[part], margin, constant_values=True)
        inside = np.s_[margin:-margin, margin:-margin]
        closed_HW[part] = ~_opened(outside_HW, radius)[inside]
    return closed_HW


def opened(mask_HW: Mask, radius: float) -> Mask:
    """Remove what a disc does not fit into; the frame's edge does not count as one."""
    margin = int(radius) + 1
    padded_HW = np.pad(mask_HW, margin, mode="edge")
    opened_HW = np.zeros_like(padded_HW)
    if mask_HW.any():
        part = slices_of(bounds(padded_HW), around=1)
        opened_HW[part] = _opened(padded_HW[part], radius)
    return opened_HW[margin:-margin, margin:-margin]


def widened(mask_HW: Mask, times: int = 1) -> Mask:
    """The mask and its neighbours above, below, to the left and to the right."""
    for _ in range(times):
        wide_HW = mask_HW.copy()
        wide_HW[1:] |= mask_HW[:-1]
        wide_HW[:-1] |= mask_HW[1:]
        wide_HW[:, 1:] |= mask_HW[:, :-1]
        wide_HW[:, :-1] |= mask_HW[:, 1:]
        mask_HW = wide_HW
    return mask_HW


def without_specks(mask_HW: Mask) -> Mask:
    """Remove what a cross of five pixels does not fit into."""
    outside_HW = np.pad(~mask_HW, 1, constant_values=True)
    return widened(~widened(outside_HW)[1:-1, 1:-1])


def hull(mask_HW: Mask) -> Mask:
    """The convex hull of a mask that is not empty; of a line, the line."""
    rows = np.flatnonzero(mask_HW.any(1))
    first = mask_HW[rows].argmax(1)
    last = mask_HW.shape[1] - 1 - mask_HW[rows, ::-1].argmax(1)
    points_N2 = np.stack([np.concatenate([first, last]), np.tile(rows, 2)], 1)
    try:
        corners_K2 = points_N2[ConvexHull(points_N2).vertices]
    except QhullError:
        return mask_HW
    height, width = mask_HW.shape
    image = Image.new("1", (width, height))
    ImageDraw.Draw(image).polygon([(int(x), int(y)) for x, y in corners_K2], fill=1)
    return np.asarray(image)


def _opened(mask_HW: Mask, radius: float) -> Mask:
    """Pixels that a disc holds which lies in the mask, as far as the mask is given.

    By distances: a disc of 45 pixels costs as much as one of 4.
    """
    if mask_HW.all():
        return mask_HW
    core_HW = _squared_distance(mask_HW) > radius**2
    if not core_HW.any():
        return core_HW
    opened_HW: Mask = _squared_distance(~core_HW) <= radius**2
    return opened_HW & mask_HW


def _squared_distance(mask_HW: Mask) -> Distances:
    """From the nearest pixel that is False, which there must be; in whole numbers."""
    nearest: Distances = ndimage.distance_transform_edt(
        mask_HW, return_distances=False, return_indices=True
    )
    rows_HW: Distances = nearest[0]
    columns_HW: Distances = nearest[1]
    rows_HW -= np.arange(mask_HW.shape[0], dtype=np.int32)[:, None]
    columns_HW -= np.arange(mask_HW.shape[1], dtype=np.int32)
    rows_HW *= rows_HW
    columns_HW *= columns_HW
    rows_HW += columns_HW
    return rows_HW
