"""Arms, legs and the umbilical cord, in the trunk's coordinates (trunk.py)."""

import numpy as np
import numpy.typing as npt

from insonify.phantom.solids import Point, Solid, both_sides, capsule, ellipsoid, tube
from insonify.phantom.tissue import BLOOD, BONE, MUSCLE, SKIN

Line = npt.NDArray[np.float64]
HIP: Point = (12.5, 0.0, -37.0)
KNEE: Point = (19.0, 31.0, -43.5)
_ANKLE: Point = (8.0, 25.0, -72.0)
_SHOULDER: Point = (21.0, -1.0, 42.0)
_ELBOW: Point = (29.0, 4.0, 14.0)
_WRIST: Point = (22.0, 27.0, 26.0)


def limbs() -> list[Solid]:
    """Flesh first, then the bones in it, both sides."""
    bones = [
        capsule(
            "femur", BONE, _between(HIP, KNEE, 0.02), _between(HIP, KNEE, 0.98), 1.5
        ),
        capsule("tibia", BONE, _between(KNEE, _ANKLE, 0.1), _ANKLE, 1.1),
        capsule("humerus", BONE, _SHOULDER, _between(_SHOULDER, _ELBOW, 0.93), 1.3),
        capsule("ulna", BONE, _between(_ELBOW, _WRIST, 0.1), _WRIST, 0.9),
    ]
    return both_sides(
        [
            *_flesh("thigh", HIP, KNEE, 8.6),
            *_flesh("leg", KNEE, _ANKLE, 5.2),
            ellipsoid("foot", SKIN, (8, 30, -76), (3.5, 8, 3)),
            *_flesh("arm", _SHOULDER, _ELBOW, 5.0),
            *_flesh("forearm", _ELBOW, _WRIST, 3.9),
            ellipsoid("hand", SKIN, (18, 32, 29), (4, 5, 2)),
            *bones,
        ]
    )


def cord(*, insertion: Point, generator: np.random.Generator) -> list[Solid]:
    """The umbilical cord: a loop in the fluid with a vein and two coiling arteries."""
    way = np.array(
        [
            (2, 30, -10),
            (10, 40, -2),
            (-6, 44, 8),
            (-16, 40, -8),
            (-10, 34, -24),
        ]
    )
    lumps = way + generator.uniform(-5, 5, way.shape)
    line = _smooth(np.concatenate([[insertion], lumps]), 22)
    turn = np.linspace(0, 9 * np.pi, len(line))
    swing = np.stack([np.cos(turn), 0 * turn, np.sin(turn)], 1) * 1.9
    return [
        *tube("cord", SKIN, _points(line), 4.2),
        *tube("cord_jelly", MUSCLE, _points(line), 3.6),
        *tube("cord_vein", BLOOD, _points(line - 0.6 * swing), 1.7),
        *tube("cord_artery", BLOOD, _points(line + 1.1 * swing), 0.9),
        *tube("cord_artery", BLOOD, _points(line + swing[:, ::-1]), 0.9),
    ]


def _flesh(name: str, start: Point, end: Point, radius: float) -> list[Solid]:
    return [
        capsule(name, SKIN, start, end, radius),
        capsule(name + "_flesh", MUSCLE, start, end, radius - 0.9),
    ]


def _between(start: Point, end: Point, share: float) -> Point:
    x, y, z = (a + share * (b - a) for a, b in zip(start, end, strict=True))
    return x, y, z


def _smooth(knots_K3: Line, count: int) -> Line:
    places = np.linspace(0, len(knots_K3) - 1, count)
    fine = np.stack(
        [np.interp(places, np.arange(len(knots_K3)), axis) for axis in knots_K3.T], 1
    )
    fine[1:-1] = (fine[:-2] + 2 * fine[1:-1] + fine[2:]) / 4
    return fine


def _points(line: Line) -> list[Point]:
    return [(float(x), float(y), float(z)) for x, y, z in line]
