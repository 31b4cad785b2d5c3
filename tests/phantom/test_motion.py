import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insonify.phantom.geometry import Pose
from insonify.phantom.look import draw_look
from insonify.phantom.motion import Pace, Path, free_hand, nearby
from insonify.phantom.options import PhantomOptions
from insonify.phantom.planes import BACKGROUND, PLANES, plane_pose
from insonify.phantom.scanner import Scanner
from insonify.phantom.subject import Subject, draw_subject
from insonify.phantom.sweep import PROGRAMMES, plan_sweep
from insonify.phantom.texture import Texture
from insonify.phantom.views import name_views

OPTIONS = PhantomOptions(size=(112, 144))


@settings(deadline=None, derandomize=True, max_examples=20)
@given(seed=st.integers(0, 1000), frames=st.integers(8, 200))
def test_a_path_is_rigid_and_passes_its_stops(seed: int, frames: int) -> None:
    generator = np.random.default_rng(seed)
    stop = plane_pose(PLANES["4ch"], draw_subject(0, 0).frames["heart"])
    first, last = (nearby(stop, 12, 10, generator) for _ in range(2))
    path = free_hand([first, stop, last], Pace(frames, 30.0), generator)
    assert len(path) == frames
    unit = path.axes_T33 @ np.swapaxes(path.axes_T33, 1, 2)
    np.testing.assert_allclose(unit, np.broadcast_to(np.eye(3), unit.shape), atol=1e-4)
    assert np.all(np.linalg.det(path.axes_T33) > 0)
    away = np.linalg.norm(path.origins_T3 - stop.origin_3, axis=1)
    assert away.min() < 4.5


@pytest.mark.parametrize("number", range(3))
def test_speed_is_that_of_a_hand(number: int) -> None:
    """The design asks for 0.05 to 0.2 mm of probe motion a frame at 30 frames/s."""
    subject, look = draw_subject(0, number), draw_look(0, number, (112, 144))
    for sweep in range(len(PROGRAMMES)):
        for approach in plan_sweep(subject, look, OPTIONS, sweep):
            steps = np.diff(approach.path.origins_T3, axis=0)
            median = np.median(np.linalg.norm(steps, axis=1))
            assert 0.05 < median < 0.25


@pytest.mark.parametrize("name", PLANES)
def test_the_pose_of_a_plane_is_named_after_it(name: str, subject: Subject) -> None:
    plane = PLANES[name]
    frame = subject.frames[plane.part]
    stop = plane_pose(plane, frame, roll_deg=10)
    depth_mm = plane.depth_mm * frame.size
    assert name_views(still(stop), subject, depth_mm)[0] == [name]
    half_turn = np.array([[-1], [-1], [1]], np.float32)
    flipped = Pose(origin_3=stop.origin_3, axes_33=stop.axes_33 * half_turn)
    assert name_views(still(flipped), subject, depth_mm)[0] == [name]
    gone = nearby(stop, 60, 40, np.random.default_rng(0))
    assert name_views(still(gone), subject, depth_mm)[0] != [name]


def still(pose: Pose) -> Path:
    """A path of one frame."""
    return Path(
        times_s_T=np.zeros(1, np.float32),
        origins_T3=pose.origin_3[None],
        axes_T33=pose.axes_33[None],
    )


def test_four_sweeps_show_every_plane_and_the_background() -> None:
    subject, look = draw_subject(0, 2), draw_look(0, 2, (112, 144))
    seen = {
        view
        for sweep in range(4)
        for approach in plan_sweep(subject, look, OPTIONS, sweep)
        for view in approach.views
    }
    assert seen == {*PLANES, BACKGROUND, None}


def test_neighbouring_frames_are_as_alike_as_real_ones(
    subject: Subject, texture: Texture
) -> None:
    """Real clips: correlation 0.86 to 0.99 at lag 1, 0.52 to 0.93 at lag 12."""
    look = draw_look(0, 1, (112, 144))
    approach = plan_sweep(subject, look, OPTIONS, 3)[0]
    scanner = Scanner(subject.body, approach.device, texture, np.random.default_rng(0))
    inside = approach.device.fan.inside_HW
    frames = [
        scanner.frame(approach.path.pose(t), t / 30)[inside].astype(np.float32)
        for t in range(100, 130)
    ]
    alike = [
        np.mean(
            [np.corrcoef(frames[t], frames[t + lag])[0, 1] for t in range(2, 30 - lag)]
        )
        for lag in (1, 12)
    ]
    assert 0.86 < alike[0] < 0.99
    assert 0.52 < alike[1] < 0.93
    assert alike[1] < alike[0] - 0.03
