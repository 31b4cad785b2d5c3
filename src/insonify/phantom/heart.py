"""A beating four-chamber heart with its outflow tracts.

Local coordinates in millimetres: x along the long axis towards the apex, y towards the
left ventricle's side, z cranial; the origin is in the septum just below the valves.
The rate is that of a healthy fetus, 120 to 160 beats a minute.
"""

from dataclasses import dataclass

import numpy as np

from insonify.phantom.solids import Frame, Solid, capsule, ellipsoid, tube, vessel
from insonify.phantom.tissue import BLOOD, HEART_WALL, SKIN, VALVE, VESSEL_WALL


@dataclass(frozen=True, kw_only=True)
class Heart:
    """Where the heart is and how fast it beats."""

    frame: Frame
    rate_hz: float

    def solids(self, time_s: float) -> list[Solid]:
        """The heart at a time, in painting order."""
        squeeze = contraction(time_s * self.rate_hz)
        vessels = _outflow(squeeze)
        walls = [solid for solid in vessels if solid.tissue == VESSEL_WALL]
        insides = [solid for solid in vessels if solid.tissue == BLOOD]
        # Walls before all blood, or each vessel would be closed where it leaves.
        return self.frame.place(
            [
                *_muscle(squeeze),
                *walls,
                *_chambers(squeeze),
                *insides,
                *_valves(squeeze),
            ]
        )


def contraction(phase: float) -> float:
    """How far the ventricles are contracted, 0 to 1; period 1 in ``phase``.

    Systole takes the first 45 % of the beat, as in the second trimester.
    """
    share = phase % 1.0
    if share < 0.45:
        return float(np.sin(np.pi * share / 0.45) ** 2)
    return 0.0


def _muscle(squeeze: float) -> list[Solid]:
    width = 9.8 * (1 - 0.06 * squeeze)
    return [
        ellipsoid("pericardium", SKIN, (0, 0, 0), (13.4, width + 0.6, 9.6)),
        ellipsoid("heart", HEART_WALL, (0, 0, 0), (12.7, width, 9.0)),
        *tube("moderator_band", VALVE, [(6, -2.2, 0), (7.0, -5.0, 0)], 0.6),
    ]


def _chambers(squeeze: float) -> list[Solid]:
    ventricle, atrium = 1 - 0.3 * squeeze, 0.86 + 0.2 * squeeze
    return [
        ellipsoid(
            "left_ventricle",
            BLOOD,
            (3.2 - 0.6 * squeeze, 4.2, 0),
            (6.4 * (1 - 0.14 * squeeze), 3.3 * ventricle, 4.0 * ventricle),
        ),
        ellipsoid(
            "right_ventricle",
            BLOOD,
            (2.7 - 0.6 * squeeze, -4.4, 0),
            (5.9 * (1 - 0.14 * squeeze), 3.5 * ventricle, 4.2 * ventricle),
        ),
        ellipsoid(
            "left_atrium", BLOOD, (-7.0, 4.2, 0), (4.0 * atrium, 3.9 * atrium, 4.0)
        ),
        ellipsoid(
            "right_atrium", BLOOD, (-6.9, -4.4, 0), (4.1 * atrium, 4.1 * atrium, 4.1)
        ),
        ellipsoid("septum", VALVE, (2.2, 0, 0), (7.2, 0.55, 6.0), soft=1.0),
        ellipsoid("atrial_septum", VALVE, (-8.6, 0, 0), (2.2, 0.4, 3.8), soft=0.8),
    ]


def _outflow(squeeze: float) -> list[Solid]:
    """Aorta from the left ventricle to the right, pulmonary trunk across it."""
    wide = 2.2 + 0.15 * squeeze
    aorta = [(-0.5, 2.2, 2.2), (-4.5, -0.8, 4.6), (-7.5, -4.8, 8.8)]
    trunk = [(3.0, -4.6, 5.4), (-2.5, -1.0, 8.2), (-9.0, 3.2, 11.2)]
    return [
        *vessel("aortic_root", BLOOD, VESSEL_WALL, aorta, wide),
        *vessel("pulmonary_trunk", BLOOD, VESSEL_WALL, trunk, wide + 0.2),
        *vessel(
            "pulmonary_branch", BLOOD, VESSEL_WALL, [trunk[1], (-10, -3, 11.5)], 1.5
        ),
    ]


def _valves(squeeze: float) -> list[Solid]:
    """Atrioventricular leaflets close in systole and swing open towards the apex."""
    swing = np.deg2rad(65 * (1 - squeeze) ** 2)
    solids = []
    for name, side in (("mitral_valve", 1), ("tricuspid_valve", -1)):
        for root, way in ((0.7, 1), (7.4, -1)):
            tip = (
                -2.7 + 2.9 * float(np.sin(swing)),
                side * (root + way * 3.2 * float(np.cos(swing))),
                0.0,
            )
            solids.append(capsule(name, VALVE, (-2.7, side * root, 0), tip, 0.45))
    return solids
