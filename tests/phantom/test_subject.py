import numpy as np
import pytest

from insonify.phantom.geometry import Grid
from insonify.phantom.heart import contraction
from insonify.phantom.look import draw_look
from insonify.phantom.planes import PLANES, plane_pose
from insonify.phantom.scanner import Scanner
from insonify.phantom.subject import Subject, draw_subject
from insonify.phantom.texture import Texture, make_texture


def test_the_same_seed_draws_the_same_frames(texture: Texture) -> None:
    frames = []
    for _ in range(2):
        subject = draw_subject(5, 3)
        device = draw_look(5, 3, (112, 144)).at_depth(80)
        noise = np.random.default_rng(1)
        scanner = Scanner(subject.body, device, texture, noise)
        pose = plane_pose(PLANES["4ch"], subject.frames["heart"])
        frames.append([scanner.frame(pose, t / 30) for t in range(3)])
    np.testing.assert_array_equal(frames[0], frames[1])


def test_another_subject_is_another_picture(texture: Texture) -> None:
    seen = []
    for number in (0, 2):
        subject = draw_subject(0, number)
        device = draw_look(0, 0, (112, 144)).at_depth(90)
        noise = np.random.default_rng(1)
        scanner = Scanner(subject.body, device, texture, noise)
        pose = plane_pose(PLANES["abdominal"], subject.frames["trunk"])
        seen.append(scanner.frame(pose, 0.0).ravel())
    assert np.corrcoef(seen[0], seen[1])[0, 1] < 0.9


def test_textures_of_different_seeds_differ() -> None:
    ours, other = make_texture(1).lumps, make_texture(2).lumps
    assert abs(np.corrcoef(ours, other)[0, 1]) < 0.05


def test_speckle_is_fixed_in_space(texture: Texture, subject: Subject) -> None:
    """Echoes equal a look-up at each sample's place in space, whatever the pose."""
    pose = plane_pose(PLANES["femur"], subject.frames["trunk"], roll_deg=7)
    device = draw_look(0, 0, (112, 144)).at_depth(80)
    grid = Grid(device.fan.radii_R, device.fan.angles_L)
    offset = np.array([3, 5, 7], np.float32)
    echoes = texture.echoes(pose, grid, offset)
    generator = np.random.default_rng(0)
    right = 0
    for row, line in generator.integers(0, (320, 144), (200, 2)):
        u = grid.radii_R[row] * grid.sin_L[line]
        w = grid.radii_R[row] * grid.cos_L[line] - grid.face_mm
        place = pose.origin_3 + u * pose.axes_33[0] + w * pose.axes_33[2] + offset
        i, j, k = np.floor(place / texture.scatterer_mm).astype(int) % 128
        right += echoes[row, line] == texture.scatterers[(i * 128 + j) * 128 + k]
    assert right >= 196  # float32 may fall on the other side of a voxel's wall


def test_the_heart_beats(subject: Subject) -> None:
    assert contraction(0.0) == contraction(0.7) == 0
    assert contraction(0.225) == pytest.approx(1)
    assert contraction(3.1) == pytest.approx(contraction(0.1))
    sizes = []
    for phase in (0.6, 0.225):
        solids = subject.heart.solids(phase / subject.heart.rate_hz)
        radii = {solid.name: float(np.prod(solid.radii_3)) for solid in solids}
        sizes.append((radii["left_ventricle"], radii["left_atrium"]))
    assert sizes[1][0] < 0.6 * sizes[0][0]
    assert sizes[1][1] > sizes[0][1]


def test_no_contact_shows_only_ringing(texture: Texture, subject: Subject) -> None:
    """Field notes: in a lift-off the lower half holds under a tenth of the light."""
    device = draw_look(0, 1, (112, 144)).at_depth(90)
    scanner = Scanner(subject.body, device, texture, np.random.default_rng(0))
    pose = plane_pose(PLANES["abdominal"], subject.frames["trunk"])
    live = scanner.frame(pose, 0.0).astype(float)
    for step in range(12):
        lifted = scanner.frame(pose, step / 30, contact=0.0).astype(float)
    assert lifted[56:].mean() < 0.1 * lifted[:37].mean()
    assert live[56:].mean() > 0.3 * live[:37].mean()
