"""How deep the samples of an image plane lie in solids.

Legend: N solids, V visible ones, R samples, L lines, 3 space axes.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from insonify.phantom.geometry import Grid, Pose
from insonify.phantom.solids import Floats

_Quadratic = tuple[Floats, Floats, Floats]


class Shapes(NamedTuple):
    """Solids as arrays; the fields are those of :class:`Solid`."""

    start_N3: Floats
    sweep_N3: Floats
    axes_N33: Floats
    radii_N3: Floats

    def of(self, which_N: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> "Shapes":
        """Some of them."""
        return Shapes(*(array[which_N] for array in self))


class Rays:
    """Signed depth of samples in solids, from quadratics along each scan line.

    In a solid's own units a sample is q = base + r ray; |q|² and the gradient of the
    surface function are quadratics in r whose coefficients depend on the line alone.
    """

    def __init__(self, shapes: Shapes, pose: Pose, grid: Grid) -> None:
        start_V3, sweep_V3, axes_V33, radii_V3 = shapes
        unit_V33 = axes_V33 / radii_V3[:, :, None]
        centre_3 = pose.origin_3 - grid.face_mm * pose.axes_33[2]
        base_V3 = np.einsum("vij,vj->vi", unit_V33, centre_3 - start_V3)
        lines_L3 = np.outer(grid.sin_L, pose.axes_33[0])
        lines_L3 = lines_L3 + np.outer(grid.cos_L, pose.axes_33[2])
        ray_VL3 = np.einsum("vij,lj->vli", unit_V33, lines_L3)
        self.norm = _quadratic(base_V3, ray_VL3)
        self.slope = _quadratic(base_V3 / radii_V3, ray_VL3 / radii_V3[:, None])
        span_V3 = np.einsum("vij,vj->vi", unit_V33, sweep_V3)
        self.length_V = (span_V3 * span_V3).sum(1)
        safe_V = np.maximum(self.length_V, 1e-6)
        self.along_V = (base_V3 * span_V3).sum(1) / safe_V
        self.along_VL = np.einsum("vli,vi->vl", ray_VL3, span_V3) / safe_V[:, None]
        self.radius_V = radii_V3[:, 0]

    def depth(self, place: int, radii_R1: Floats, lines: slice) -> Floats:
        """Signed distance from the surface in millimetres, negative inside.

        First order: (|q|² - 1) / |grad |q|²|, exact on the surface.
        """
        norm_RL = _evaluate(self.norm, place, radii_R1, lines)
        if self.length_V[place] == 0:
            slope_RL = _evaluate(self.slope, place, radii_R1, lines)
            steep_RL = 2 * np.sqrt(np.maximum(slope_RL, 1e-6))
            return np.asarray((norm_RL - 1) / steep_RL)
        share_RL = self.along_V[place] + radii_R1 * self.along_VL[place, lines]
        near_RL = np.clip(share_RL, 0, 1)
        norm_RL -= self.length_V[place] * near_RL * (2 * share_RL - near_RL)
        distance_RL: Floats = np.sqrt(np.maximum(norm_RL, 0)) - 1
        distance_RL *= self.radius_V[place]
        return distance_RL


def _quadratic(base_V3: Floats, ray_VL3: Floats) -> _Quadratic:
    """Coefficients of |base + r ray|²: constant (V,), linear and square (V, L)."""
    linear_VL = 2 * np.einsum("vi,vli->vl", base_V3, ray_VL3)
    return (base_V3**2).sum(1), linear_VL, (ray_VL3**2).sum(2)


def _evaluate(
    quadratic: _Quadratic, place: int, radii_R1: Floats, lines: slice
) -> Floats:
    constant_V, linear_VL, square_VL = quadratic
    value_RL: Floats = radii_R1 * square_VL[place, lines]
    value_RL += linear_VL[place, lines]
    value_RL *= radii_R1
    value_RL += constant_V[place]
    return value_RL
