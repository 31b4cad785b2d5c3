import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from insonify.phantom.gaze import RATE_HZ, Gaze, follow
from insonify.phantom.solids import Floats

MIDDLE = (150.0, 100.0)


def gaze_at(points: list[tuple[float, float]], seed: int, seconds: float) -> Gaze:
    marks: Floats = np.array(points, np.float32).reshape(-1, 2)
    return follow(
        [marks] * int(seconds * 30), MIDDLE, 30.0, np.random.default_rng(seed)
    )


@settings(deadline=None, derandomize=True, max_examples=25)
@given(seed=st.integers(0, 1000), seconds=st.floats(0.2, 5))
def test_samples_are_regular_and_gaps_are_marked(seed: int, seconds: float) -> None:
    gaze = gaze_at([(100, 60), (200, 140)], seed, seconds)
    assert len(gaze.times_s_G) == len(gaze.points_GP) == len(gaze.valid_G)
    np.testing.assert_allclose(np.diff(gaze.times_s_G), 1 / RATE_HZ)
    np.testing.assert_array_equal(np.isnan(gaze.points_GP[:, 0]), ~gaze.valid_G)
    assert gaze.times_s_G[-1] < seconds


def test_eyes_dwell_on_landmarks_by_importance_and_sometimes_blink() -> None:
    marks = [(80.0, 60.0), (220.0, 140.0), (80.0, 140.0)]
    gaze = gaze_at(marks, 0, 300)
    seen = gaze.points_GP[gaze.valid_G]
    near = [np.mean(np.linalg.norm(seen - mark, axis=1) < 14) for mark in marks]
    assert near[0] > near[1] > near[2] > 0.05
    assert 0.005 < np.mean(~gaze.valid_G) < 0.1


def test_eyes_make_fixations_and_saccades() -> None:
    gaze = gaze_at([(80, 60), (220, 140)], 1, 120)
    steps = np.linalg.norm(np.diff(gaze.points_GP, axis=0), axis=1)
    steps = steps[~np.isnan(steps)]
    assert np.median(steps) < 4
    assert 0.03 < np.mean(steps > 10) < 0.25


def test_eyes_follow_what_moves() -> None:
    frames = 600
    marks = [np.array([[60 + 0.2 * t, 100.0]], np.float32) for t in range(frames)]
    gaze = follow(marks, (120.0, 100.0), 30.0, np.random.default_rng(0))
    x = gaze.points_GP[gaze.valid_G, 0]
    target = 60 + 0.2 * gaze.times_s_G[gaze.valid_G] * 30
    assert np.mean(np.abs(x - target) < 12) > 0.6


def test_with_nothing_to_see_eyes_rest_in_the_middle() -> None:
    gaze = gaze_at([], 0, 60)
    centre = np.nanmedian(gaze.points_GP, axis=0)
    np.testing.assert_allclose(centre, MIDDLE, atol=8)
