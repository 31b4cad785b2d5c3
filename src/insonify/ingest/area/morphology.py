"""What is done to a mask so that it becomes one shape.

Legend: H rows, W columns, N points, K corners.
"""

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from insonify.ingest.area.shapes import Mask


def largest_part(mask_HW: Mask) -> Mask:
    """The largest connected part."""
    labels_HW, count = ndimage.label(mask_HW)
    if not count:
        return mask_HW
    largest: Mask = labels_HW == np.bincount(labels_HW.ravel())[1:].argmax() + 1
    return largest


def closed(mask_HW: Mask, radius: float) -> Mask:
    """Fill what a disc does not fit into."""
    margin = int(radius) + 1
    outside_HW = np.pad(~mask_HW, margin, constant_values=True)
    closed_HW = ~opened(outside_HW, radius)
    return closed_HW[margin:-margin, margin:-margin]


def opened(mask_HW: Mask, radius: float) -> Mask:
    """Remove what a disc does not fit into; the frame's edge does not count as one."""
    margin = int(radius) + 1
    padded_HW = np.pad(mask_HW, margin, mode="edge")
    # By distances: a disc of 45 pixels costs as much as one of 4.
    core_HW = ndimage.distance_transform_edt(padded_HW) > radius
    opened_HW: Mask = ndimage.distance_transform_edt(~core_HW) <= radius
    return (opened_HW & padded_HW)[margin:-margin, margin:-margin]


def hull(mask_HW: Mask) -> Mask:
    """The convex hull of a mask that is not empty; of a line, the line."""
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
