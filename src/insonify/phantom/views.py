"""Which standard plane a pose shows or is nearest to: ground truth by geometry.

Legend: T frames, P planes, 3 space axes.
"""

import numpy as np

from insonify.phantom.motion import Path
from insonify.phantom.planes import BACKGROUND, PLANES, plane_pose
from insonify.phantom.solids import Floats
from insonify.phantom.subject import Subject

OFF_PLANE_MM = 2.5
TILT_DEG = 10.0
OFF_CENTRE = 0.22
"""Largest distance from the image's middle, as a share of the fan's depth."""
AMBIGUOUS = 1.7
"""Up to this many times the limits a view is neither a plane nor background."""


def name_views(
    path: Path, subject: Subject, depth_mm: float
) -> tuple[list[str | None], list[str]]:
    """Name what every frame shows, and the plane it is nearest to.

    A frame shows a plane when the plane's centre is within ``OFF_PLANE_MM`` of the
    image plane, the two planes are within ``TILT_DEG`` of parallel and the centre is
    near the middle of the image; of several, the one that fits best.

    Returns:
        For every frame a plane's name, ``background``, or None where even experts would
        disagree; and for every frame the plane that fits best, however badly.
    """
    misfit_TP = _misfit(path, subject, depth_mm)
    names = list(PLANES)
    best_T = misfit_TP.argmin(1)
    views: list[str | None] = []
    for misfit, best in zip(misfit_TP.min(1), best_T, strict=True):
        if misfit <= 1:
            views.append(names[best])
        else:
            views.append(None if misfit <= AMBIGUOUS else BACKGROUND)
    return views, [names[best] for best in best_T]


def _misfit(path: Path, subject: Subject, depth_mm: float) -> Floats:
    """How far each frame is from each plane; at most 1 counts as that plane."""
    columns = []
    for plane in PLANES.values():
        frame = subject.frames[plane.part]
        normal_3 = plane_pose(plane, frame).axes_33[1]
        away_T3 = frame.point(plane.centre) - path.origins_T3
        lateral_T, off_T, deep_T = np.einsum("tij,tj->it", path.axes_T33, away_T3)
        cosine_T = np.abs(path.axes_T33[:, 1] @ normal_3)
        tilt_T = np.rad2deg(np.arccos(np.minimum(cosine_T, 1)))
        aside_T = np.hypot(lateral_T, deep_T - plane.level * depth_mm) / depth_mm
        columns.append(
            np.max(
                [
                    np.abs(off_T) / (OFF_PLANE_MM * frame.size),
                    tilt_T / TILT_DEG,
                    aside_T / OFF_CENTRE,
                ],
                axis=0,
            )
        )
    return np.stack(columns, 1).astype(np.float32)
