"""A sweep: which planes are sought in which order, and the way between them."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from insonify.phantom.acoustics import Device
from insonify.phantom.geometry import Pose
from insonify.phantom.look import Look
from insonify.phantom.motion import Pace, Path, free_hand, nearby
from insonify.phantom.options import PhantomOptions
from insonify.phantom.planes import PLANES, Plane, plane_pose
from insonify.phantom.subject import Subject
from insonify.phantom.views import name_views

PROGRAMMES: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("abdominal", "4ch", "lvot", "rvot", "3vt"),),
    (("brain_transventricular", "brain_cerebellum"), ("profile",), ("lips",)),
    (("spine_sagittal",), ("spine_coronal",), ("kidneys",)),
    (("femur",), ("abdominal", "4ch", "3vt")),
)
"""Sweeps; each a tuple of approaches between which the probe is lifted off, each a
tuple of planes that one hand movement can link."""

_ASIDE: Final = (0.03, 0.02)
"""How far beside and below the middle planes are shown, sd as shares of the depth."""


@dataclass(frozen=True, kw_only=True)
class Approach:
    """What happens while the probe stays on the skin.

    Attributes:
        device: The scanner at the depth chosen for these planes.
        path: Poses of the frames.
        views: What each frame shows (:func:`name_views`).
        nearest: The plane that each frame is nearest to.
    """

    device: Device
    path: Path
    views: list[str | None]
    nearest: list[str]


def plan_sweep(
    subject: Subject, look: Look, options: PhantomOptions, number: int
) -> list[Approach]:
    """Plan sweep ``number`` of a subject; programmes start at another for each."""
    programme = PROGRAMMES[(number + subject.number) % len(PROGRAMMES)]
    generator = np.random.default_rng((options.seed, 3, subject.number, number))
    frames = options.seconds * options.fps
    planes = sum(len(names) for names in programme)
    return [
        _plan(
            [PLANES[name] for name in names],
            subject,
            look,
            Pace(max(8, round(frames * len(names) / planes)), options.fps),
            generator,
        )
        for names in programme
    ]


def _plan(
    planes: list[Plane],
    subject: Subject,
    look: Look,
    pace: Pace,
    generator: np.random.Generator,
) -> Approach:
    roll = generator.normal()
    depth_mm = max(plane.depth_mm for plane in planes) * subject.frames["trunk"].size
    stops = [
        _aside(
            plane_pose(plane, subject.frames[plane.part], roll * plane.roll_deg),
            depth_mm,
            generator,
        )
        for plane in planes
    ]
    aimed = [nearby(stop, generator.uniform(0, 0.8), 1.0, generator) for stop in stops]
    first = nearby(stops[0], generator.uniform(8, 15), 14.0, generator)
    last = nearby(stops[-1], generator.uniform(8, 15), 14.0, generator)
    path = free_hand([first, *aimed, last], pace, generator)
    device = look.at_depth(depth_mm)
    views, nearest = name_views(path, subject, device.fan.depth_mm)
    return Approach(device=device, path=path, views=views, nearest=nearest)


def _aside(pose: Pose, depth_mm: float, generator: np.random.Generator) -> Pose:
    """The same plane, not quite in the middle of the image: hands do not centre it."""
    right, down = generator.normal(0, _ASIDE) * depth_mm
    shift_3 = right * pose.axes_33[0] + down * pose.axes_33[2]
    return replace(pose, origin_3=(pose.origin_3 + shift_3).astype(np.float32))
