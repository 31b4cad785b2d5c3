"""Chest, abdomen and pelvis without the heart.

Local coordinates in millimetres: x to the fetus's left, y ventral, z cranial; the
origin is the middle of the abdomen at the level of the stomach.
"""

import numpy as np

from insonify.phantom.solids import (
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
    BOWEL,
    CARTILAGE,
    FLUID,
    KIDNEY,
    LIVER,
    LUNG,
    MUSCLE,
    RIB,
    SKIN,
    VESSEL_WALL,
)

VERTEBRA_MM = 3.6
_TRUNK: tuple[tuple[str, Point, Point], ...] = (
    ("neck", (0, -2, 50), (9.5, 9.5, 14)),
    ("chest", (0, 0, 25), (22.5, 20.5, 27)),
    ("waist", (0, 0.5, 11), (23.4, 21.6, 22)),
    ("abdomen", (0, 1, -3), (24.5, 23, 27)),
    ("loin", (0, -1, -19), (20.5, 18.6, 20)),
    ("pelvis", (0, -3, -32), (17, 15, 18)),
)


def trunk() -> list[Solid]:
    """All solids of the trunk but the heart's, in painting order."""
    skin = [ellipsoid(name, SKIN, at, radii) for name, at, radii in _TRUNK]
    flesh = [
        ellipsoid(
            name + "_flesh", MUSCLE, at, (radii[0] - 1, radii[1] - 1, radii[2] - 1)
        )
        for name, at, radii in _TRUNK
    ]
    return [*skin, *flesh, *_abdomen(), *_chest(), *_kidneys(), *_spine(), *_ribs()]


def spine_y(z: float) -> float:
    """Ventral position of the vertebral bodies' middle: a gentle kyphosis."""
    return -13.0 + 0.0016 * (z - 12.0) ** 2


def _abdomen() -> list[Solid]:
    vein = [(0.0, 23.0, -9.0), (0.0, 16.0, -2.0), (-0.5, 9.5, 2.5), (-3.5, 4.5, 3.2)]
    return [
        ellipsoid("bowel", BOWEL, (0, 5, -17), (17, 14, 13), soft=2.0),
        ellipsoid("liver", LIVER, (-4.5, 4, 5), (17.5, 16.5, 12.5), soft=1.6),
        *vessel("umbilical_vein", BLOOD, VESSEL_WALL, vein, 1.6),
        *vessel(
            "portal_sinus",
            BLOOD,
            VESSEL_WALL,
            [vein[-1], (-8.5, 1, 3.2), (-10.5, -3, 3)],
            1.6,
        ),
        ellipsoid("gallbladder", BLOOD, (-9, 10, -3.5), (2.0, 5, 2.0)),
        ellipsoid("stomach_wall", SKIN, (11, -1.5, 4), (6.6, 5.4, 6.6)),
        ellipsoid("stomach", FLUID, (11, -1.5, 4), (5.9, 4.7, 6.0)),
        ellipsoid("bladder", FLUID, (0, 6, -35), (4.2, 4.2, 5)),
        *vessel("aorta", BLOOD, VESSEL_WALL, [(3, -8, 34), (2.5, -8, -30)], 1.4),
        *vessel(
            "vena_cava", BLOOD, VESSEL_WALL, [(-4, -4.5, 16), (-3.5, -7, -30)], 1.3
        ),
    ]


def _chest() -> list[Solid]:
    return [
        *both_sides([ellipsoid("lung", LUNG, (10.5, -3, 24), (9.5, 13, 15), soft=1.4)]),
        ellipsoid("thymus", LIVER, (0, 10, 37), (8, 4.5, 6), soft=1.2),
        *vessel("ductal_arch", BLOOD, VESSEL_WALL, [(2.4, 9, 35), (3, -7, 35)], 2.5),
        *vessel(
            "aortic_arch", BLOOD, VESSEL_WALL, [(-4.6, 5, 36), (2.2, -8, 35.5)], 2.0
        ),
        *vessel(
            "superior_vena_cava", BLOOD, VESSEL_WALL, [(-9, 3.5, 44), (-8, 2, 28)], 1.9
        ),
        *vessel("trachea", FLUID, VESSEL_WALL, [(-3, -3.2, 58), (-2.2, -3.2, 34)], 1.0),
        *both_sides([capsule("clavicle", BONE, (3, 9, 46), (15, 2, 47), 1.0)]),
    ]


def _kidneys() -> list[Solid]:
    return [
        *both_sides(
            [
                ellipsoid("kidney_edge", SKIN, (10.2, -8.0, -9), (6.4, 6.2, 10.8)),
                ellipsoid("kidney", KIDNEY, (10.2, -8.0, -9), (5.5, 5.3, 9.9)),
                ellipsoid("renal_sinus", SKIN, (9.0, -7.0, -9), (2.2, 1.6, 4.6)),
            ]
        )
    ]


def _spine() -> list[Solid]:
    """Three ossification centres a vertebra round a dark canal."""
    heights = [float(z) for z in np.arange(-44, 56, VERTEBRA_MM)]
    bed = [(0.0, spine_y(z) - 3.0, z) for z in heights[::4]]
    solids = tube("spinal_muscle", CARTILAGE, bed, 5.2, soft=1.5)
    solids += tube("spinal_canal", FLUID, bed, 1.7)
    for z in heights:
        y = spine_y(z)
        size = 1.0 if z > -30 else 0.8
        solids += [
            ellipsoid("vertebra", BONE, (0, y, z), (2.5 * size, 1.9 * size, 1.15)),
            ellipsoid("spinous", RIB, (0, y - 6.0, z), (0.9, 0.9, 0.8)),
            *both_sides(
                [ellipsoid("lamina", BONE, (3.4 * size, y - 4.2, z), (1.2, 1.5, 1.0))]
            ),
        ]
    hips = [capsule("ilium", BONE, (5, -10, -35), (12, -5, -31), 1.2)]
    return solids + both_sides(hips)


def _ribs() -> list[Solid]:
    """Ten pairs of ribs, each five rods round the chest, sloping down to the front."""
    solids: list[Solid] = []
    for z in np.arange(8, 8 + 10 * VERTEBRA_MM, VERTEBRA_MM):
        belt = np.sqrt(max(0.05, 1 - ((z - 25) / 30.0) ** 2))
        turns = np.deg2rad([-62, -36, -10, 18, 46])
        points = [
            (
                float(20.6 * belt * np.cos(a)),
                float(18.8 * belt * np.sin(a)),
                float(z - 3.0 * (1 + np.sin(a))),
            )
            for a in turns
        ]
        solids += tube("rib", RIB, points, 0.75)
    return both_sides(solids)
