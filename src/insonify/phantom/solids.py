"""The one shape that everything is made of: an ellipsoid, or a sphere along a segment.

Both are quadratic in the image plane, so a slice through hundreds of them costs a few
passes over the pixels that each one covers.

Legend: N solids, 3 space axes (millimetres), 33 rows of three axes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from insonify.phantom.tissue import Tissue

Floats = npt.NDArray[np.float32]
Point = tuple[float, float, float]
NO_TURN = np.eye(3, dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class Solid:
    """An ellipsoid at ``start``, or a sphere swept from ``start`` along ``sweep``.

    Attributes:
        name: What it is, as in ``boxes.csv``; may be shared by several solids.
        tissue: What it is made of.
        start_3: Centre, in millimetres.
        sweep_3: Zero for an ellipsoid; for a capsule, from one end to the other.
        axes_33: Unit principal axes as rows.
        radii_3: Radii along them; all equal for a capsule.
        soft: Width of its blurred edge in millimetres.
    """

    name: str
    tissue: Tissue
    start_3: Floats
    sweep_3: Floats
    axes_33: Floats
    radii_3: Floats
    soft: float


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A place in the fetus: local point ``p`` lies at ``turn_33 @ p * size + at_3``."""

    turn_33: Floats
    at_3: Floats
    size: float = 1.0

    def point(self, local: Point | Floats) -> Floats:
        """The place of a local point."""
        moved: Floats = self.direction(local) * self.size + self.at_3
        return moved

    def direction(self, local: Point | Floats) -> Floats:
        """A local direction, turned but not moved."""
        return np.asarray(self.turn_33 @ np.asarray(local, np.float32), np.float32)

    def place(self, solids: Iterable[Solid]) -> list[Solid]:
        """Solids given in local coordinates, moved to where they belong."""
        return [
            replace(
                solid,
                start_3=self.point(solid.start_3),
                sweep_3=self.direction(solid.sweep_3) * self.size,
                axes_33=np.asarray(solid.axes_33 @ self.turn_33.T, np.float32),
                radii_3=solid.radii_3 * self.size,
            )
            for solid in solids
        ]


def ellipsoid(
    name: str,
    tissue: Tissue,
    centre: Point | Floats,
    radii: Point,
    *,
    axes_33: Floats = NO_TURN,
    soft: float = 0.8,
) -> Solid:
    """An ellipsoid with the given principal axes (rows)."""
    return Solid(
        name=name,
        tissue=tissue,
        start_3=np.asarray(centre, np.float32),
        sweep_3=np.zeros(3, np.float32),
        axes_33=np.asarray(axes_33, np.float32),
        radii_3=np.asarray(radii, np.float32),
        soft=soft,
    )


def capsule(
    name: str,
    tissue: Tissue,
    start: Point | Floats,
    end: Point | Floats,
    radius: float,
    *,
    soft: float = 0.8,
) -> Solid:
    """A round rod from ``start`` to ``end`` with round ends."""
    first_3 = np.asarray(start, np.float32)
    return Solid(
        name=name,
        tissue=tissue,
        start_3=first_3,
        sweep_3=np.asarray(end, np.float32) - first_3,
        axes_33=NO_TURN,
        radii_3=np.full(3, radius, np.float32),
        soft=soft,
    )


def tube(
    name: str, tissue: Tissue, points: list[Point], radius: float, *, soft: float = 0.8
) -> list[Solid]:
    """Capsules end to end through ``points``."""
    return [capsule(name, tissue, a, b, radius, soft=soft) for a, b in pairwise(points)]


def vessel(
    name: str, inside: Tissue, wall: Tissue, points: list[Point], radius: float
) -> list[Solid]:
    """A tube with a thin wall; all walls come before all insides."""
    thick = radius + 0.55
    return tube(name + "_wall", wall, points, thick) + tube(
        name, inside, points, radius
    )


def both_sides(solids: Iterable[Solid]) -> list[Solid]:
    """Each solid and its mirror image in the midsagittal plane (x to -x)."""
    mirror_3 = np.array([-1, 1, 1], np.float32)
    pairs = []
    for solid in solids:
        twin = replace(
            solid,
            start_3=solid.start_3 * mirror_3,
            sweep_3=solid.sweep_3 * mirror_3,
            axes_33=solid.axes_33 * mirror_3,
        )
        pairs += [solid, twin]
    return pairs
