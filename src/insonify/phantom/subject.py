"""One subject: a fetus of some size and shape, in some lie, behind some mother's wall.

Legend: 3 space axes; fetal space is the trunk's coordinates (trunk.py), millimetres.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from insonify.phantom.head import head
from insonify.phantom.heart import Heart
from insonify.phantom.limbs import cord, limbs
from insonify.phantom.mother import AbdominalWall
from insonify.phantom.scanner import Body
from insonify.phantom.scene import Scene
from insonify.phantom.solids import Frame, Solid, capsule, ellipsoid
from insonify.phantom.tissue import FLUID, MYOMETRIUM, PLACENTA
from insonify.phantom.trunk import trunk


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is drawn once for a subject; everything else follows from it.

    Attributes:
        name: Fictitious identifier.
        number: Position among the subjects; picks the scan programme's order.
        frames: Part coordinates by name: ``trunk``, ``head``, ``heart``.
        heart: The beating heart.
        wall: The mother's abdominal wall.
        body: All of it, ready to be scanned.
    """

    name: str
    number: int
    frames: dict[str, Frame]
    heart: Heart
    wall: AbdominalWall
    body: Body


def draw_subject(seed: int, number: int) -> Subject:
    """Draw subject ``number`` of a data set; the same arguments, the same subject."""
    generator = np.random.default_rng((seed, 1, number))
    frames = _frames(generator)
    heart = Heart(frame=frames["heart"], rate_hz=float(generator.uniform(2.1, 2.65)))
    wall = AbdominalWall(
        fat_mm=float(generator.uniform(3, 8)),
        muscle_mm=float(generator.uniform(2.5, 5)),
        uterus_mm=float(generator.uniform(3, 5)),
        waves_mm=float(generator.uniform(35, 90)),
    )
    solids = [*_uterus(generator, frames), *_fetus(generator, frames)]
    body = Body(
        wall=wall,
        still=Scene(_tinted(solids, generator)),
        beating=heart.solids,
        offset_3=generator.uniform(0, 100, 3).astype(np.float32),
    )
    return Subject(
        name=f"phantom-{number:03d}",
        number=number,
        frames=frames,
        heart=heart,
        wall=wall,
        body=body,
    )


def _frames(generator: np.random.Generator) -> dict[str, Frame]:
    """Sizes of 18 to 23 weeks, a nodding head, a heart that points to the left."""
    size = float(generator.uniform(0.88, 1.1))
    nod, tip, turn = generator.normal((-12, 0, 0), (7, 4, 6))
    head_turn = Rotation.from_euler("xyz", [nod, tip, turn], degrees=True).as_matrix()
    fetus = Frame(
        turn_33=np.eye(3, dtype=np.float32), at_3=np.zeros(3, np.float32), size=size
    )
    axis = np.deg2rad(generator.normal(48, 6))
    cos, sin = np.cos(axis), np.sin(axis)
    heart_turn = np.array([[cos, sin, 0], [sin, -cos, 0], [0, 0, 1]], np.float32)
    return {
        "trunk": fetus,
        "head": Frame(
            turn_33=head_turn.astype(np.float32),
            at_3=fetus.point((0, 7, 82)),
            size=size * float(generator.uniform(0.96, 1.04)),
        ),
        "heart": Frame(
            turn_33=heart_turn, at_3=fetus.point((4.5, 3.5, 22)), size=size * 1.12
        ),
    }


def _fetus(generator: np.random.Generator, frames: dict[str, Frame]) -> list[Solid]:
    return [
        *frames["trunk"].place(cord(insertion=(0, 23, -9), generator=generator)),
        *frames["trunk"].place(limbs()),
        *frames["trunk"].place(trunk()),
        *frames["head"].place(head(generator=generator)),
    ]


def _uterus(generator: np.random.Generator, frames: dict[str, Frame]) -> list[Solid]:
    """Myometrium, a placenta on one side, and the fluid that surrounds the fetus."""
    size, shift_3 = frames["trunk"].size, generator.normal(0, 4, 3)
    at_3 = (shift_3 + np.array([0, 7, 0])).astype(np.float32)
    pouches = [
        (frames["head"].point((0, 7, -4)) + shift_3 * 0.5, (34, 44, 38)),
        (at_3 + np.float32(10 * size) * np.array([0, 0, 1], np.float32), (36, 35, 60)),
        (frames["trunk"].point((0, 18, -48)), (35, 33, 35)),
    ]
    bright = [
        ellipsoid("uterus", MYOMETRIUM, at, (r[0] + 6, r[1] + 6, r[2] + 6), soft=2.0)
        for at, r in pouches
    ]
    fluid = [ellipsoid("amniotic_fluid", FLUID, at, r, soft=1.2) for at, r in pouches]
    side = generator.uniform(0, 2 * np.pi)
    way_3 = np.array([np.cos(side), np.sin(side), 0], np.float32)
    axes_33 = np.stack([way_3, [-way_3[1], way_3[0], 0], [0, 0, 1]]).astype(np.float32)
    middle_3 = (
        at_3 + 44 * way_3 + np.array([0, 0, generator.uniform(0, 30)], np.float32)
    )
    placenta = ellipsoid(
        "placenta", PLACENTA, middle_3, (17, 42, 50), axes_33=axes_33, soft=2.0
    )
    band_3 = middle_3 - np.array([0, 0, 30], np.float32)
    lakes = [
        capsule("placental_lake", FLUID, middle_3 + jump, band_3 + jump * 0.6, 1.8)
        for jump in generator.normal(0, 12, (3, 3)).astype(np.float32)
    ]
    return [*bright, placenta, *lakes, *fluid]


def _tinted(solids: list[Solid], generator: np.random.Generator) -> list[Solid]:
    """The same solids with each kind's echo level moved by 1 dB or so."""
    shift_dB = {solid.name: float(generator.normal(0, 1.0)) for solid in solids}
    return [
        replace(solid, tissue=solid.tissue.brighter(shift_dB[solid.name]))
        for solid in solids
    ]
