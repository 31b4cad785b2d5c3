"""Paint solids, in order, onto the polar grid of one image plane.

Legend: N solids, V visible ones, R samples, L lines, C channels (echo amplitude, loss
in dB/cm, lump), 3 space axes.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from insonify.phantom.geometry import Grid, Pose
from insonify.phantom.rays import Rays, Shapes
from insonify.phantom.solids import Floats, Solid

_EDGE_MM = 1.0  # painted beyond a solid's surface: more than half the softest edge


class Scene:
    """Solids as arrays, so that a plane meets all of them in a few numpy calls."""

    def __init__(self, solids: Sequence[Solid]) -> None:
        self.names = tuple(solid.name for solid in solids)
        self.shapes = Shapes(
            start_N3=np.stack([solid.start_3 for solid in solids]),
            sweep_N3=np.stack([solid.sweep_3 for solid in solids]),
            axes_N33=np.stack([solid.axes_33 for solid in solids]),
            radii_N3=np.stack([solid.radii_3 for solid in solids]),
        )
        self.soft_N = np.array([solid.soft for solid in solids], np.float32)
        self.channels_NC = np.array(
            [(s.tissue.echo, s.tissue.loss_dB_cm, s.tissue.lump) for s in solids],
            np.float32,
        )
        self.rod_N = np.any(self.shapes.sweep_N3 != 0, axis=1)

    def boxes(self, pose: Pose, edge_mm: float = 0.0) -> Floats:
        """Where the plane cuts each solid, grown by ``edge_mm``.

        Returns:
            Array (N, 4) of u from, w from, u to, w to in millimetres; NaN where the
            plane misses the solid.
        """
        boxes_N4 = self._ellipsoid_boxes(pose, edge_mm)
        boxes_N4[self.rod_N] = self._rod_boxes(pose, edge_mm)
        return boxes_N4

    def paint(self, pose: Pose, grid: Grid, canvas_CRL: Floats) -> None:
        """Paint every solid that the plane cuts, in place, later ones on top."""
        boxes_N4 = self.boxes(pose, _EDGE_MM)
        seen_V = np.flatnonzero(~np.isnan(boxes_N4[:, 0]))
        windows_V4 = _windows(boxes_N4[seen_V], grid)
        whole_V = (windows_V4[:, 0] < windows_V4[:, 1]) & (
            windows_V4[:, 2] < windows_V4[:, 3]
        )
        seen_V, windows_V4 = seen_V[whole_V], windows_V4[whole_V]
        rays = Rays(self.shapes.of(seen_V), pose, grid)
        for place, (index, window) in enumerate(zip(seen_V, windows_V4, strict=True)):
            rows, lines = slice(*window[:2]), slice(*window[2:])
            depth_RL = rays.depth(place, grid.radii_R[rows, None], lines)
            cover_RL = np.clip(0.5 - depth_RL / self.soft_N[index], 0, 1)
            part_CRL = canvas_CRL[:, rows, lines]
            part_CRL += cover_RL * (self.channels_NC[index][:, None, None] - part_CRL)

    def _ellipsoid_boxes(self, pose: Pose, edge_mm: float) -> Floats:
        """Bounds of the ellipse |q0 + u qa + w qb| <= 1 for each ellipsoid."""
        scaled_N33 = self.shapes.axes_N33 / (self.shapes.radii_N3 + edge_mm)[:, :, None]
        q0 = np.einsum("nij,nj->ni", scaled_N33, pose.origin_3 - self.shapes.start_N3)
        qa, qb = scaled_N33 @ pose.axes_33[0], scaled_N33 @ pose.axes_33[2]
        aa, ab, bb = (qa * qa).sum(1), (qa * qb).sum(1), (qb * qb).sum(1)
        da, db = (q0 * qa).sum(1), (q0 * qb).sum(1)
        det = aa * bb - ab * ab
        u, w = (ab * db - bb * da) / det, (ab * da - aa * db) / det
        left = 1 - ((q0 * q0).sum(1) + da * u + db * w)
        left = np.where(left > 0, left, np.nan)
        half_u, half_w = np.sqrt(left * bb / det), np.sqrt(left * aa / det)
        return np.stack([u - half_u, w - half_w, u + half_u, w + half_w], 1)

    def _rod_boxes(self, pose: Pose, edge_mm: float) -> Floats:
        """Bounds of the stretch of each capsule's axis that is near the plane."""
        rods = self.shapes.of(self.rod_N)
        radius = rods.radii_N3[:, 0] + edge_mm
        start = pose.project(rods.start_N3)
        sweep = rods.sweep_N3 @ pose.axes_33.T
        slope = np.where(np.abs(sweep[:, 1]) < 1e-3, 1e-3, sweep[:, 1])
        at = np.stack([-radius - start[:, 1], radius - start[:, 1]]) / slope
        ends = np.clip(np.sort(at, axis=0), 0, 1)
        missed = (at.max(0) < 0) | (at.min(0) > 1)
        reach = start + ends[:, :, None] * sweep
        low = reach.min(0)[:, [0, 2]] - radius[:, None]
        high = reach.max(0)[:, [0, 2]] + radius[:, None]
        boxes = np.concatenate([low, high], 1).astype(np.float32)
        boxes[missed] = np.nan
        return boxes


def _windows(boxes_V4: Floats, grid: Grid) -> npt.NDArray[np.int64]:
    """Boxes in the image plane as ranges of samples and lines, shape (V, 4)."""
    u0, w0, u1, w1 = boxes_V4.T + np.array([[0], [1], [0], [1]]) * grid.face_mm
    nearest_u = np.clip(0, u0, u1)
    low = np.hypot(nearest_u, np.maximum(w0, 0))
    high = np.hypot(np.maximum(np.abs(u0), np.abs(u1)), np.maximum(w1, 0))
    corners = np.stack(
        [np.arctan2(u, np.maximum(w, 1)) for u in (u0, u1) for w in (w0, w1)]
    )
    rows = np.searchsorted(grid.radii_R, np.stack([low, high]))
    lines = np.searchsorted(grid.angles_L, [corners.min(0), corners.max(0)])
    return np.stack([rows[0], rows[1], lines[0], lines[1]], 1)
