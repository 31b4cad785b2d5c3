import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insonify.core.errors import ConfigError, IngestError
from insonify.core.video import Box
from insonify.ingest.gaze.options import PlacingOptions
from insonify.ingest.gaze.placing import Picture, place
from insonify.ingest.gaze.samples import GazeSamples

PICTURE = Picture(
    source_shape=(480, 640),
    crop=Box(40, 60, 440, 560),
    shape_HW=(200, 250),
    times_s=(0.0, 10.0),
)
OPTIONS = PlacingOptions(px_per_cm=40)


def looks(*points: tuple[float, float], **about: Any) -> GazeSamples:
    points_G2 = np.array(points, np.float64).reshape(-1, 2)
    return GazeSamples(
        **{
            "video": None,
            "times_s_G": np.arange(len(points_G2)) / 10,
            "points_G2": points_G2,
            "valid_G": np.isfinite(points_G2[:, 0]),
            **about,
        }
    )


def test_the_screen_is_the_recording_unless_told() -> None:
    found = place(looks((60, 40), (310, 240), (559.9, 439.9)), PICTURE, OPTIONS)
    expected = [[0.0, 0.0], [125.0, 100.0], [249.95, 199.95]]
    np.testing.assert_allclose(found.gaze.points_G2, expected, rtol=1e-6)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    right=st.floats(-50, 700),
    down=st.floats(-50, 530),
    corner=st.tuples(st.integers(-20, 300), st.integers(-20, 300)),
    size=st.tuples(st.integers(100, 2000), st.integers(100, 2000)),
)
def test_a_point_of_the_recording_is_found_again_wherever_it_was_shown(
    right: float, down: float, corner: tuple[int, int], size: tuple[int, int]
) -> None:
    """Against the way there: source pixel to screen, step by step."""
    (left, top), (wide, high) = corner, size
    on_screen = (left + right / 640 * wide, top + down / 480 * high)
    options = replace(OPTIONS, capture=(top, left, top + high, left + wide))
    margin = min(right - 60, 560 - right, down - 40, 440 - down)
    if abs(margin) < 1e-3:
        return
    anchor = (left + 310 / 640 * wide, top + 240 / 480 * high)
    found = place(looks(anchor, on_screen), PICTURE, options)
    inside = margin > 0
    assert found.off_picture == (not inside)
    if inside:
        expected = [(right - 60) / 2, (down - 40) / 2]
        np.testing.assert_allclose(found.gaze.points_G2[1], expected, atol=1e-3)


def test_points_beside_the_picture_are_dropped_and_counted_never_clipped() -> None:
    nan = (math.nan, math.nan)
    beside = [(59.9, 240), (560, 240), (310, 39.9), (310, 440), (-5, -5), nan]
    found = place(looks(*beside, (310, 240)), PICTURE, OPTIONS)
    assert found.gaze.points_G2.tolist() == [[125.0, 100.0]]
    assert found.gaze.times_s_G.tolist() == [0.6]
    assert (found.samples, found.valid, found.off_picture, found.off_time) == (
        7,
        6,
        5,
        0,
    )


def test_rounding_to_what_is_stored_keeps_points_on_the_frame() -> None:
    just = np.nextafter(560.0, 0.0)
    found = place(looks((just, 240), (310, 240)), PICTURE, OPTIONS)
    assert np.all(found.gaze.points_G2.astype(np.float32) < (250, 200))
    assert found.off_picture == 1


def test_clock_offset_and_drift() -> None:
    samples = looks(*[(310, 240)] * 4, times_s_G=np.array([4.0, 5.0, 6.0, 20.0]))
    found = place(samples, PICTURE, replace(OPTIONS, offset_s=5.0, drift=0.01))
    np.testing.assert_allclose(found.gaze.times_s_G, [-1.01, 0, 1.01, 15.15])
    assert found.off_time == 2


def test_shares_are_of_the_screen() -> None:
    samples = looks((310 / 640, 240 / 480), unit="share")
    found = place(samples, PICTURE, OPTIONS)
    np.testing.assert_allclose(found.gaze.points_G2, [[125, 100]], rtol=1e-6)
    told = replace(OPTIONS, screen=(960, 1280), capture=(480, 640, 960, 1280))
    found = place(looks((0.75, 0.75), unit="share"), PICTURE, told)
    np.testing.assert_allclose(found.gaze.points_G2, [[130, 100]], rtol=1e-6)
    with pytest.raises(ConfigError, match="pass --screen"):
        place(samples, PICTURE, replace(told, screen=None))


def test_one_degree_is_measured_per_axis() -> None:
    degree_cm = 2 * 60 * math.tan(math.radians(0.5))
    options = replace(OPTIONS, capture=(0, 0, 960, 640))
    (sigma,) = place(looks((310, 480)), PICTURE, options).gaze.sigma_G2
    # Right: screen = source, halved when stored. Down: twice as fine on the screen.
    np.testing.assert_allclose(sigma, [40 * degree_cm / 2, 40 * degree_cm / 4])
    near = replace(options, distance_cm=30)
    (nearer,) = place(looks((310, 480)), PICTURE, near).gaze.sigma_G2
    np.testing.assert_allclose(nearer, sigma / 2)


def test_what_the_file_says_counts_unless_told() -> None:
    samples = looks(
        (620, 480), screen=(960, 1280), screen_cm=(24.0, 40.0), distance_cm=80.0
    )
    degree_cm = 2 * 80 * math.tan(math.radians(0.5))
    found = place(samples, PICTURE, PlacingOptions())
    np.testing.assert_allclose(found.gaze.points_G2, [[125, 100]], rtol=1e-6)
    (sigma,) = found.gaze.sigma_G2
    np.testing.assert_allclose(sigma, [32 * degree_cm / 4, 40 * degree_cm / 4])
    told = PlacingOptions(px_per_cm=10, distance_cm=40)
    (sigma,) = place(samples, PICTURE, told).gaze.sigma_G2
    np.testing.assert_allclose(sigma, [10 * degree_cm / 8] * 2, rtol=1e-3)
    shown = replace(samples, capture=Box(480, 620, 960, 1260))
    whole = replace(told, capture=(0, 0, 960, 1280))
    (point,) = place(shown, PICTURE, whole).gaze.points_G2
    np.testing.assert_allclose(point, [125, 100], rtol=1e-6)


@pytest.mark.parametrize(
    ("samples", "options", "reason"),
    [
        (looks((1, 1)), OPTIONS, "none of 1 valid samples"),
        (looks((310, 240), screen=(480, 1000)), OPTIONS, "1000 x 480.*640 x 480"),
        (looks((310, 240)), replace(OPTIONS, offset_s=99.0), "-99.0 to -99.0.*offset"),
    ],
)
def test_gaze_of_which_nothing_is_left_is_refused(
    samples: GazeSamples, options: PlacingOptions, reason: str
) -> None:
    with pytest.raises(IngestError, match=reason):
        place(samples, PICTURE, options)


def test_the_size_of_the_screen_must_be_known() -> None:
    with pytest.raises(ConfigError, match="--px-per-cm"):
        place(looks((310, 240)), PICTURE, PlacingOptions())


@pytest.mark.parametrize(
    "wrong",
    [
        {"offset_s": math.nan},
        {"drift": -1.0},
        {"distance_cm": 0.0},
        {"px_per_cm": -2.0},
        {"screen": (0, 3)},
        {"capture": (5, 0, 5, 9)},
    ],
)
def test_options_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="--"):
        PlacingOptions(**wrong)
