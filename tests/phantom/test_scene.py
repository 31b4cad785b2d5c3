import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from insonify.phantom.geometry import Fan, Grid, Pose
from insonify.phantom.scene import Scene
from insonify.phantom.solids import (
    Floats,
    Frame,
    Solid,
    both_sides,
    capsule,
    ellipsoid,
)
from insonify.phantom.tissue import BONE, SKIN

FAN = Fan(samples=160, lines=64)
GRID = Grid(FAN.radii_R, FAN.angles_L)


def random_pose(generator: np.random.Generator) -> Pose:
    turn = Rotation.random(rng=generator).as_matrix().astype(np.float32)
    return Pose(origin_3=-55 * turn[2], axes_33=turn)


def random_solid(generator: np.random.Generator) -> Solid:
    axes = Rotation.random(rng=generator).as_matrix().astype(np.float32)
    start = generator.normal(0, 10, 3).astype(np.float32)
    if generator.random() < 0.5:
        end = start + generator.normal(0, 20, 3).astype(np.float32)
        return capsule("rod", BONE, start, end, float(generator.uniform(2, 8)))
    a, b, c = (float(radius) for radius in generator.uniform(3, 25, 3))
    return ellipsoid("egg", SKIN, start, (a, b, c), axes_33=axes)


def points(pose: Pose) -> Floats:
    """Every sample of the image plane in space, shape (R, L, 3)."""
    u = GRID.radii_R[:, None] * GRID.sin_L
    w = GRID.radii_R[:, None] * GRID.cos_L - GRID.face_mm
    plane = u[..., None] * pose.axes_33[0] + w[..., None] * pose.axes_33[2]
    return np.asarray(pose.origin_3 + plane, np.float32)


def inside(solid: Solid, space: Floats, grow: float) -> np.ndarray:
    """Brute force: is a point in the solid, its surface moved out by ``grow`` mm?"""
    away = space - solid.start_3
    length = float(solid.sweep_3 @ solid.sweep_3)
    if length > 0:
        share = np.clip(away @ solid.sweep_3 / length, 0, 1)
        away = away - share[..., None] * solid.sweep_3
    scaled = (away @ solid.axes_33.T) / (solid.radii_3 + grow)
    return np.asarray((scaled**2).sum(-1) < 1)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(seed=st.integers(0, 10_000))
def test_painting_agrees_with_brute_force(seed: int) -> None:
    generator = np.random.default_rng(seed)
    pose, solid = random_pose(generator), random_solid(generator)
    canvas = np.zeros((3, len(GRID.radii_R), len(GRID.angles_L)), np.float32)
    Scene([solid]).paint(pose, GRID, canvas)
    echo = canvas[0] / solid.tissue.echo
    space = points(pose)
    np.testing.assert_allclose(echo[inside(solid, space, -1.5)], 1, atol=1e-4)
    assert np.all(echo[~inside(solid, space, 1.5)] == 0)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(seed=st.integers(0, 10_000))
def test_boxes_hold_the_cut_and_are_tight_for_ellipsoids(seed: int) -> None:
    generator = np.random.default_rng(seed)
    pose, solid = random_pose(generator), random_solid(generator)
    box = Scene([solid]).boxes(pose)[0]
    cut = pose.project(points(pose)[inside(solid, points(pose), 0)])[:, [0, 2]]
    if np.isnan(box[0]):
        assert len(cut) == 0
    elif len(cut) > 0:
        assert np.all(cut >= box[:2] - 1e-2)
        assert np.all(cut <= box[2:] + 1e-2)
        reaches_edge = np.abs(cut).max() > 30
        if not np.any(solid.sweep_3) and len(cut) > 300 and not reaches_edge:
            np.testing.assert_allclose(cut.min(0), box[:2], atol=2.5)
            np.testing.assert_allclose(cut.max(0), box[2:], atol=2.5)


def test_later_solids_cover_earlier_ones() -> None:
    skin = ellipsoid("skin", SKIN, (0, 0, 0), (20, 20, 20))
    bone = ellipsoid("bone", BONE, (0, 0, 0), (10, 10, 10))
    pose = Pose(
        origin_3=np.array([0, 0, -50], np.float32), axes_33=np.eye(3, dtype=np.float32)
    )
    canvas = np.zeros((3, len(GRID.radii_R), len(GRID.angles_L)), np.float32)
    Scene([skin, bone]).paint(pose, GRID, canvas)
    row = int(np.searchsorted(GRID.radii_R, GRID.face_mm + 50))
    assert canvas[0, row, 32] == pytest.approx(BONE.echo)
    assert canvas[0].max() == pytest.approx(BONE.echo)


def test_frames_move_solids_as_they_move_points() -> None:
    turn = Rotation.from_euler("xyz", [20, -30, 50], degrees=True).as_matrix()
    at = np.array([3, -8, 5], np.float32)
    frame = Frame(turn_33=turn.astype(np.float32), at_3=at, size=1.2)
    solid = ellipsoid("egg", SKIN, (4, 5, 6), (3, 5, 8))
    moved = frame.place([solid])[0]
    surface = np.array([[7, 5, 6], [4, 10, 6], [4, 5, 14]], np.float32)
    places = np.stack([frame.point(point) for point in surface])
    scaled = (places - moved.start_3) @ moved.axes_33.T / moved.radii_3
    np.testing.assert_allclose((scaled**2).sum(1), 1, rtol=1e-4)


def test_a_mirrored_solid_is_the_same_solid_at_the_mirrored_place() -> None:
    axes = Rotation.from_euler("z", 40, degrees=True).as_matrix().astype(np.float32)
    solid = ellipsoid("egg", SKIN, (9, 1, 2), (3, 5, 8), axes_33=axes)
    same, twin = both_sides([solid])
    space = np.random.default_rng(0).normal(0, 8, (2000, 3)).astype(np.float32)
    mirrored = space * np.array([-1, 1, 1], np.float32)
    assert same == solid
    np.testing.assert_array_equal(inside(twin, mirrored, 0), inside(solid, space, 0))
