"""The head: skull, brain and face at about 20 weeks.

Local coordinates in millimetres: x to the fetus's left, y towards the face, z towards
the vertex; the origin is the centre of the skull. Sizes follow 20-week means:
biparietal diameter 48, occipitofrontal diameter 61, transcerebellar diameter 20.
"""

import numpy as np

from insonify.phantom.solids import (
    Floats,
    Point,
    Solid,
    both_sides,
    capsule,
    ellipsoid,
    tube,
    vessel,
)
from insonify.phantom.tissue import (
    BLOOD,
    BONE,
    BRAIN,
    CARTILAGE,
    CEREBELLUM,
    CHOROID,
    DEEP_BRAIN,
    FALX,
    FLUID,
    MIDLINE,
    MUSCLE,
    SKIN,
    SKULL,
)


def head(*, generator: np.random.Generator) -> list[Solid]:
    """All solids of the head, in painting order."""
    return [*_face(), *_skull(), *_folds(generator), *_brain()]


_FEATURES: tuple[tuple[str, Point, Point], ...] = (
    ("cheeks", (0, 15.5, -17), (18, 13.5, 13)),
    ("nose", (0, 31.0, -11.5), (5.2, 6.0, 4.3)),
    ("upper_lip", (0, 27.2, -17.4), (6.8, 4.6, 2.2)),
    ("lower_lip", (0, 26.0, -22.4), (6.0, 4.4, 2.2)),
    ("chin", (0, 24.0, -27.6), (7.2, 5.4, 3.8)),
)


def _face() -> list[Solid]:
    skin = [
        ellipsoid("scalp", SKIN, (0, 0, 0), (25.6, 32.3, 27.4)),
        *(ellipsoid(name, SKIN, at, radii) for name, at, radii in _FEATURES),
        capsule("nose_bridge", SKIN, (0, 29, -3), (0, 32.5, -10), 2.4),
    ]
    flesh = [
        ellipsoid(name + "_flesh", MUSCLE, at, (a - 0.9, b - 0.9, c - 0.9))
        for name, at, (a, b, c) in _FEATURES
    ]
    hollows = [
        ellipsoid("mouth", FLUID, (0, 25.0, -19.9), (6.0, 8.0, 1.05), soft=0.6),
        *both_sides(
            [
                ellipsoid("nostril", FLUID, (2.2, 29.5, -14.0), (1.3, 5.5, 1.2)),
                capsule("orbit_rim", SKULL, (6, 27, 1), (15, 22, 1), 1.1),
                ellipsoid("orbit", FLUID, (10.5, 21.5, -6), (6.0, 6.0, 6.0)),
                ellipsoid("lens", FALX, (10.8, 25.3, -6), (2.2, 1.6, 2.2)),
                ellipsoid("lens_core", FLUID, (10.8, 25.3, -6), (1.4, 0.9, 1.4)),
            ]
        ),
    ]
    return [*skin, *flesh, *hollows, *_face_bones()]


def _face_bones() -> list[Solid]:
    jaw = [
        (13.0, 5.0, -20.0),
        (11.0, 14.0, -25.0),
        (5.5, 21.0, -27.0),
        (0, 22.6, -27.4),
    ]
    palate = [
        (9.0, 12.0, -15.0),
        (7.5, 20.0, -15.6),
        (4.0, 24.5, -16.0),
        (0, 25.6, -16),
    ]
    return [
        capsule("nasal_bone", BONE, (0, 29.6, -4.0), (0, 32.6, -8.2), 0.9),
        *both_sides(tube("mandible", BONE, jaw, 1.3)),
        *both_sides(tube("maxilla", BONE, palate, 1.2)),
    ]


def _skull() -> list[Solid]:
    return [
        ellipsoid("skull", SKULL, (0, 0, 0), (24.0, 30.5, 25.8), soft=0.7),
        ellipsoid("brain", BRAIN, (0, 0, 0), (22.6, 29.1, 24.4), soft=0.7),
    ]


def _folds(generator: np.random.Generator) -> list[Solid]:
    """Sulci and the pia: short bright threads on the brain's surface."""
    folds = []
    for _ in range(46):
        way = generator.normal(size=3)
        way[0] = np.copysign(abs(way[0]) + 0.4, way[0])
        outer = way / np.linalg.norm(way) * np.array([20.5, 26.5, 22.0])
        inner = outer * generator.uniform(0.72, 0.86) + generator.normal(0, 1.6, 3)
        first, last = outer.astype(np.float32), inner.astype(np.float32)
        folds.append(capsule("sulcus", CEREBELLUM, first, last, 0.6, soft=1.2))
    insula = [(17.5, 9.0, -4.0), (15.5, 3.0, -1.0), (17.0, -4.0, 1.0)]
    return folds + both_sides(tube("insula", MUSCLE, insula, 0.9, soft=1.2))


def _brain() -> list[Solid]:
    return [
        ellipsoid("midline", MIDLINE, (0, -1.5, 6), (0.6, 26, 17), soft=0.6),
        *both_sides(_hemisphere()),
        ellipsoid("third_ventricle", FLUID, (0, 0.5, -2.5), (0.7, 4.5, 3)),
        ellipsoid("cavum_wall", FALX, (0, 13, 2), (3.3, 5.6, 5.2)),
        ellipsoid("cavum", FLUID, (0, 13, 2), (2.3, 4.8, 4.5)),
        *_hindbrain(),
    ]


def _hemisphere() -> list[Solid]:
    horn = [(7.5, -3.0, 6.0), (9.5, -10.0, 5.0), (11.5, -18.5, 3.0)]
    front = [(3.6, 12.0, 6.0), (6.5, 17.0, 6.0)]
    plexus = [(7.8, -3.5, 6.0), (9.6, -9.5, 5.0), (10.6, -13.0, 4.2)]
    return [
        ellipsoid("thalamus", DEEP_BRAIN, (5.6, 1.5, -3), (4.8, 7.2, 6.0)),
        *vessel("ventricle", FLUID, FALX, horn, 3.0),
        *vessel("anterior_horn", FLUID, FALX, front, 1.3),
        *tube("choroid_plexus", CHOROID, plexus, 2.3),
        ellipsoid("peduncle", DEEP_BRAIN, (3.2, -6.5, -9), (3, 4, 3.2)),
    ]


def _hindbrain() -> list[Solid]:
    tilted = _about_x(-22)
    return [
        ellipsoid("fossa", CARTILAGE, (0, -20, -12), (14.5, 7.5, 7.5), soft=1.2),
        ellipsoid("cisterna_magna", FLUID, (0, -24, -12.4), (9.5, 3.6, 5)),
        *both_sides(
            [
                ellipsoid(
                    "cerebellum_edge", CHOROID, (5.4, -17.8, -10.8), (5.6, 5.0, 5.0)
                )
            ]
        ),
        *both_sides(
            [ellipsoid("cerebellum", CEREBELLUM, (5.4, -17.8, -10.8), (4.8, 4.2, 4.3))]
        ),
        ellipsoid(
            "vermis", CHOROID, (0, -17.6, -10.6), (2.1, 3.4, 3.6), axes_33=tilted
        ),
        capsule("basilar", BLOOD, (0, -3, -12), (0, -1, -8), 0.9),
    ]


def _about_x(degrees: float) -> Floats:
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[1, 0, 0], [0, c, s], [0, -s, c]], np.float32)
