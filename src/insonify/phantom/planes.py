"""The 13 standard planes: where each lies in the fetus, and when a view counts as one.

The names are those of the PULSE data (paper.md: 3VT, 4CH, LVOT, RVOT, ...).

Legend: 3 space axes, N landmarks.
"""

from dataclasses import dataclass

import numpy as np

from insonify.phantom.geometry import Pose
from insonify.phantom.limbs import HIP, KNEE
from insonify.phantom.solids import Frame, Point

BACKGROUND = "background"


@dataclass(frozen=True, kw_only=True)
class Plane:
    """A standard plane, given in the coordinates of one part of the fetus."""

    name: str
    """As in ``labels.csv``."""
    part: str
    """``trunk``, ``head`` or ``heart``: the coordinates of all that follows."""
    centre: Point
    """What stands in the middle of the image, millimetres."""
    beam: Point
    """Direction in which the probe looks (image down)."""
    lateral: Point
    """Direction towards image right; made perpendicular to ``beam``."""
    depth_mm: float
    """Depth of the fan."""
    level: float = 0.5
    """Depth of the centre as a share of the fan's depth."""
    roll_deg: float = 12.0
    """Spread between subjects of the turn within the plane."""
    landmarks: tuple[Point, ...]
    """What a sonographer looks at, most important first."""


PLANES: dict[str, Plane] = {
    plane.name: plane
    for plane in (
        Plane(
            name="3vt",
            part="trunk",
            centre=(0.0, 0.0, 35.3),
            beam=(-0.5, -0.87, 0.0),
            lateral=(0.87, -0.5, 0.0),
            depth_mm=80,
            level=0.56,
            roll_deg=25,
            landmarks=((2.5, 2, 35), (-2, 2, 36), (-8.4, 2.6, 35), (3, -6, 35)),
        ),
        Plane(
            name="4ch",
            part="heart",
            centre=(-1.0, 0.0, 0.0),
            beam=(-1.0, 0.1, 0.0),
            lateral=(0.1, 1.0, 0.0),
            depth_mm=80,
            level=0.56,
            roll_deg=25,
            landmarks=((-2.7, 0, 0), (3, 3.8, 0), (2.4, -3.9, 0), (-6.3, 0, 0)),
        ),
        Plane(
            name="lvot",
            part="heart",
            centre=(-1.5, 1.4, 2.6),
            beam=(-1.0, -0.1, 0.3),
            lateral=(-7.0, -7.0, 6.6),
            depth_mm=80,
            level=0.56,
            roll_deg=20,
            landmarks=((-0.5, 2.2, 2.2), (-4.5, -0.8, 4.6), (3, 4, 1)),
        ),
        Plane(
            name="rvot",
            part="heart",
            centre=(-3.0, -0.6, 8.4),
            beam=(-12.0, 7.8, 5.8),
            lateral=(7.8, 12.0, 1.0),
            depth_mm=80,
            level=0.56,
            roll_deg=20,
            landmarks=((-2.5, -1, 8.2), (-7, 2.0, 10.2), (-6.5, -4, 7.8)),
        ),
        Plane(
            name="profile",
            part="head",
            centre=(0.0, 14.0, -14.0),
            beam=(0.0, -1.0, 0.1),
            lateral=(0.0, 0.0, -1.0),
            depth_mm=100,
            level=0.5,
            landmarks=((0, 33, -10), (0, 29, -19), (0, 25, -27), (0, 30, 3)),
        ),
        Plane(
            name="abdominal",
            part="trunk",
            centre=(0.0, 0.0, 3.0),
            beam=(-1.0, 0.0, 0.0),
            lateral=(0.0, -1.0, 0.0),
            depth_mm=92,
            level=0.53,
            roll_deg=25,
            landmarks=((11, -1.5, 4), (-2, 7, 3), (0, -13, 3), (-8, 0, 3)),
        ),
        Plane(
            name="brain_cerebellum",
            part="head",
            centre=(0.0, -2.0, -4.2),
            beam=(-1.0, 0.0, 0.0),
            lateral=(0.0, 31.0, 13.0),
            depth_mm=88,
            level=0.54,
            landmarks=((0, -18, -10.8), (0, 13, 2), (0, -24, -12), (4, 1, -3)),
        ),
        Plane(
            name="brain_transventricular",
            part="head",
            centre=(0.0, -1.0, 4.0),
            beam=(-1.0, 0.0, 0.0),
            lateral=(0.0, 1.0, -0.08),
            depth_mm=88,
            level=0.54,
            landmarks=((-10, -12, 4.5), (0, 13, 2.5), (0, -5, 4), (10, -12, 4.5)),
        ),
        Plane(
            name="femur",
            part="trunk",
            centre=(HIP[0] + 3.3, HIP[1] + 15.5, HIP[2] - 3.3),
            beam=(-1.0, 0.1, 0.1),
            lateral=(KNEE[0] - HIP[0], KNEE[1] - HIP[1], KNEE[2] - HIP[2]),
            depth_mm=85,
            level=0.42,
            landmarks=(HIP, KNEE, (15.8, 15.5, -40.3)),
        ),
        Plane(
            name="kidneys",
            part="trunk",
            centre=(0.0, -3.0, -9.0),
            beam=(0.0, 1.0, 0.0),
            lateral=(1.0, 0.0, 0.0),
            depth_mm=85,
            level=0.47,
            roll_deg=20,
            landmarks=((10, -8, -9), (-10, -8, -9), (0, -13, -9)),
        ),
        Plane(
            name="lips",
            part="head",
            centre=(0.0, 26.4, -18.5),
            beam=(0.0, -0.36, -0.93),
            lateral=(1.0, 0.0, 0.0),
            depth_mm=74,
            level=0.6,
            landmarks=((0, 30.5, -17.3), (0, 28, -22), (0, 32.6, -14), (0, 25, -27)),
        ),
        Plane(
            name="spine_coronal",
            part="trunk",
            centre=(0.0, -16.4, 4.0),
            beam=(-1.0, 0.0, 0.0),
            lateral=(0.0, 0.0, 1.0),
            depth_mm=96,
            level=0.48,
            roll_deg=8,
            landmarks=((0, -16, 0), (0, -16, 25), (0, -16, -25), (0, -16, 42)),
        ),
        Plane(
            name="spine_sagittal",
            part="trunk",
            centre=(0.0, -12.0, 4.0),
            beam=(0.0, 1.0, 0.0),
            lateral=(0.0, 0.0, 1.0),
            depth_mm=96,
            level=0.4,
            roll_deg=8,
            landmarks=((0, -13, 0), (0, -13, 25), (0, -13, -25), (0, -19, 4)),
        ),
    )
}


def plane_pose(plane: Plane, frame: Frame, roll_deg: float = 0.0) -> Pose:
    """The pose that shows a plane, turned within the plane by ``roll_deg``."""
    beam_3 = frame.direction(plane.beam)
    lateral_3 = frame.direction(plane.lateral)
    beam_3 = beam_3 / np.linalg.norm(beam_3)
    lateral_3 = lateral_3 - (lateral_3 @ beam_3) * beam_3
    lateral_3 = lateral_3 / np.linalg.norm(lateral_3)
    cos, sin = np.cos(np.deg2rad(roll_deg)), np.sin(np.deg2rad(roll_deg))
    turned_3 = cos * lateral_3 + sin * beam_3
    down_3 = cos * beam_3 - sin * lateral_3
    axes_33 = np.stack([turned_3, np.cross(down_3, turned_3), down_3])
    centre_3 = frame.point(plane.centre)
    origin_3 = centre_3 - down_3 * (plane.level * plane.depth_mm * frame.size)
    return Pose(
        origin_3=origin_3.astype(np.float32), axes_33=axes_33.astype(np.float32)
    )
