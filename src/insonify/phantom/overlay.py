"""What a sonographer puts on top of the image: calipers and the colour box.

Legend: H rows and W columns of the image, Y rows and X columns of the screen.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from insonify.core.video import Box, Frames
from insonify.phantom.geometry import Fan, Pose
from insonify.phantom.screen import Screen
from insonify.phantom.solids import Floats, Frame

_GREEN, _YELLOW = (120, 230, 120), (240, 220, 90)
_FLOW_MM = 12.0  # colour is drawn this far round the heart's middle
_DARK = 58  # grey level below which a pixel counts as blood


def to_image(points_N3: Floats, pose: Pose, fan: Fan) -> Floats:
    """Points of fetal space as (x, y) pixels of the image, shape (N, 2)."""
    return fan.to_pixels(pose.project(points_N3)[:, [0, 2]])


def draw_calipers(
    screen_YX3: Frames, box: Box, ends_22: Floats, text: str, drawn: float
) -> Frames:
    """Two crosses, the dotted line between them as far as drawn, and the result."""
    canvas = Image.fromarray(screen_YX3)
    draw = ImageDraw.Draw(canvas)
    start, end = ends_22 + np.array([box.left, box.top])
    reach = start + drawn * (end - start)
    for share in np.arange(0, 1, 0.04):
        x, y = start + share * (reach - start)
        draw.point((float(x), float(y)), fill=_YELLOW)
    for x, y in (start, reach):
        draw.line((x - 4, y, x + 4, y), fill=_GREEN)
        draw.line((x, y - 4, x, y + 4), fill=_GREEN)
    place = (box.right - 4, box.bottom - 4)
    draw.text(place, text, _YELLOW, ImageFont.load_default(11), anchor="rd")
    return np.asarray(canvas)


def draw_colour(
    frame_YX3: Frames, image_HW: Frames, screen: Screen, heart: Frame, pose: Pose
) -> Frames:
    """The colour box round the heart, with flow where the image is dark.

    Towards the probe red, away blue: the sides of the septum flow opposite ways.
    """
    box, fan = screen.box, screen.device.fan
    x, y = to_image(heart.at_3[None], pose, fan)[0]
    reach = _FLOW_MM * heart.size / fan.mm_per_px
    rows, columns = np.mgrid[: image_HW.shape[0], : image_HW.shape[1]]
    near_HW = np.hypot(columns - x, rows - y) < reach
    smooth_HW = ndimage.uniform_filter(image_HW.astype(np.float32), 3)
    flow_HW = near_HW & (smooth_HW < _DARK)
    side_2 = pose.project(heart.at_3 + heart.direction((0, 1, 0))[None])[0, [0, 2]]
    side_2 = side_2 - pose.project(heart.at_3[None])[0, [0, 2]]
    speed_HW = ((columns - x) * side_2[0] + (rows - y) * side_2[1]) / reach
    level_HW = np.clip(150 + 180 * np.abs(speed_HW) - smooth_HW, 0, 255)
    red_HW3 = np.stack([level_HW, level_HW / 4, 0 * level_HW], 2)
    tint_HW3 = np.where(speed_HW[:, :, None] > 0, red_HW3, red_HW3[:, :, ::-1])
    canvas_YX3 = frame_YX3.copy()
    part_HW3 = canvas_YX3[box.top : box.bottom, box.left : box.right]
    part_HW3[flow_HW] = tint_HW3[flow_HW].astype(np.uint8)
    canvas = Image.fromarray(canvas_YX3)
    middle_x, middle_y = x + box.left, y + box.top
    corners = (middle_x - reach, middle_y - reach, middle_x + reach, middle_y + reach)
    ImageDraw.Draw(canvas).rectangle(corners, outline=_GREEN)
    return np.asarray(canvas)
