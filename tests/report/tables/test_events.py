"""Events against brute force, by hand, and where they cannot be told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from insonify.report.tables.evaluation import Evaluated
from insonify.report.tables.events import (
    event_figures,
    event_notes,
    has_events,
    scanned_s,
)
from insonify.report.tables.metrics import Floats
from insonify.report.tables.stretches import find_runs, match, on_line
from tests.report.conftest import Make

FOREGROUND = np.array([False, True, True])
"""Class 0 is the background."""


def one_hot(classes: list[int]) -> Floats:
    return np.eye(3)[classes][None]


def figures(part: Evaluated, tolerance_s: float = 0.5) -> dict[str, float]:
    counts_RS = np.ones((1, len(part.subjects)))
    found = event_figures(part, counts_RS, FOREGROUND, tolerance_s)
    return {name: float(value_RK[0, 0]) for name, value_RK in found.items()}


def video(make: Make, truth: list[int], decided: list[int], step: float) -> Evaluated:
    """One subject, one video."""
    nobody_N = np.zeros(len(truth), int)
    times = np.arange(len(truth)) * step
    return make(np.array(truth), one_hot(decided), nobody_N, time_s_N=times)


@settings(deadline=None, derandomize=True)
@given(
    st.lists(st.integers(0, 40), max_size=9),
    st.lists(st.integers(0, 40), max_size=9, unique=True),
    st.integers(0, 6),
)
def test_as_many_pairs_are_made_as_there_can_be(
    points: list[int], starts: list[int], reach: int
) -> None:
    points, starts = sorted(points), sorted(starts)
    low = [float(start - reach) for start in starts]
    high = [float(start + 1 + reach) for start in starts]
    taken, intervals = match([float(p) for p in points], low, high)
    assert all(
        low[i] <= points[p] <= high[i] for p, i in zip(taken, intervals, strict=True)
    )
    assert len(set(taken)) == len(taken) == len(set(intervals))
    holds = [
        [a <= point <= b for a, b in zip(low, high, strict=True)] for point in points
    ]
    if points and starts:
        best = maximum_bipartite_matching(csr_matrix(np.array(holds, int)))
        assert len(taken) == (best >= 0).sum()


def test_a_video_worked_by_hand(make: Make) -> None:
    """Class 1 is found once and once more beside it; class 2 is missed."""
    truth = [0, 0, 1, 1, 1, 0, 0, 0, 0, 2, 2, 0]
    decided = [0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0]
    found = figures(video(make, truth, decided, 0.5))
    # Class 1: one event, three detections, one right; class 2: one event, none.
    assert found["event_precision"] == pytest.approx((1 / 3 + 0) / 2)
    assert found["event_recall"] == pytest.approx((1 + 0) / 2)
    assert found["event_f1"] == pytest.approx((2 / 4 + 0) / 2)
    # 11 steps of 0.5 s and one spacing.
    assert found["false_alarms"] == pytest.approx(2 / (6 / 60))
    # Best frames: class 1 ties three ways, two of them right, the third 2 s off;
    # class 2 is 0 everywhere, so all 12 tie: 2 right, 2 more within 0.5 s.
    assert found["best_frame"] == pytest.approx((2 / 3 + 2 / 12) / 2)
    assert found["best_frame_near"] == pytest.approx((2 / 3 + 4 / 12) / 2)


def test_the_tolerance_decides(make: Make) -> None:
    part = video(make, [0, 1, 0, 0, 0], [0, 0, 0, 1, 0], 0.5)
    assert figures(part, 0.9)["event_f1"] == 0
    assert figures(part, 1.0)["event_f1"] == 1
    assert figures(part, 0.9)["best_frame_near"] == 0
    assert figures(part, 1.0)["best_frame_near"] == 1
    assert figures(part, 1.0)["best_frame"] == 0


def test_nothing_of_one_video_counts_for_the_next(make: Make) -> None:
    """The event ends one video, the detection of the same class begins the next."""
    part = make(
        np.array([0, 0, 1, 0, 0, 0]),
        one_hot([0, 0, 0, 1, 0, 0]),
        np.zeros(6, int),
        video_N=np.array([0, 0, 0, 1, 1, 1]),
        time_s_N=np.array([0.0, 0.5, 1.0, 0.0, 0.5, 1.0]),
    )
    assert figures(part, 100.0)["event_f1"] == 0
    assert figures(part, 100.0)["best_frame"] == pytest.approx(1 / 3)


def test_gaps_end_runs_and_are_not_scanned(make: Make) -> None:
    times_N = np.array([0.0, 0.2, 0.4, 5.0, 5.2, 5.4])
    part = make(
        np.array([0, 1, 1, 1, 1, 0]),
        one_hot([0] * 6),
        np.zeros(6, int),
        time_s_N=times_N,
    )
    line = on_line(part, 1.0)
    runs = find_runs(part.truth_N, line)
    assert runs.class_M.tolist() == [0, 1, 1, 0]
    assert runs.first_M.tolist() == [0, 1, 3, 5]
    np.testing.assert_allclose(runs.centre_s_M, [0.0, 0.3, 5.1, 5.4])
    np.testing.assert_allclose(scanned_s(part, line), [1.2])


def test_a_video_of_one_frame_has_no_scanned_time_and_no_false_alarm(
    make: Make,
) -> None:
    part = make(
        np.array([0, 1, 0]),
        one_hot([0, 1, 1]),
        np.zeros(3, int),
        video_N=np.array([0, 0, 1]),
        time_s_N=np.array([0.0, 1.0, 0.0]),
    )
    assert figures(part)["false_alarms"] == 0
    alone = make(np.array([1, 0]), one_hot([1, 1]), np.zeros(2, int))
    only = make(
        np.array([0, 1, 0]), one_hot([0, 1, 1]), np.array([0, 0, 1])
    )  # the second subject has one frame
    assert has_events(alone)
    counts_RS = np.array([[1.0, 1.0], [0.0, 2.0]])
    found = event_figures(only, counts_RS, FOREGROUND, 0.5)
    assert np.isnan(found["false_alarms"][1, 0])
    assert np.isnan(found["event_f1"][1, 0])  # and no class that occurs


def test_labels_of_whole_videos_have_no_events(make: Make) -> None:
    part = make(
        np.array([1, 1, 2, 2]),
        one_hot([1, 2, 1, 2]),
        np.zeros(4, int),
        video_N=np.array([0, 0, 1, 1]),
    )
    assert not has_events(part)
    assert figures(part) == {}


def test_events_are_counted_as_brute_force_counts_them(make: Make) -> None:
    """Many videos: runs and pairs found frame by frame, and a bipartite matching."""
    generator = np.random.default_rng(0)
    videos, frames = 30, 32
    truth_VT = np.repeat(generator.integers(0, 3, (videos, frames // 4)), 4, axis=1)
    decided_VT = np.where(
        generator.random(truth_VT.shape) < 0.7,
        truth_VT,
        generator.integers(0, 3, truth_VT.shape),
    )
    number_N = np.repeat(np.arange(videos), frames)
    part = make(
        truth_VT.ravel(),
        one_hot(decided_VT.ravel().tolist()),
        number_N // 3,
        video_N=number_N,
        time_s_N=np.tile(np.arange(frames) * 0.25, videos),
    )

    def stretches(classes_T: np.ndarray, place: int) -> list[tuple[int, int]]:
        found, start = [], None
        for at, each in enumerate([*classes_T.tolist(), -1]):
            if each == place and start is None:
                start = at
            if each != place and start is not None:
                found.append((start, at - 1))
                start = None
        return found

    f1s, false = [], 0
    for place in (1, 2):
        right = events = detections = 0
        for truth_T, decided_T in zip(truth_VT, decided_VT, strict=True):
            true, mine = stretches(truth_T, place), stretches(decided_T, place)
            events, detections = events + len(true), detections + len(mine)
            near = [[a - 2 <= (c + d) / 2 <= b + 2 for a, b in true] for c, d in mine]
            if true and mine:
                pairs = maximum_bipartite_matching(csr_matrix(np.array(near, int)))
                right += int((pairs >= 0).sum())
        f1s.append(2 * right / (events + detections))
        false += detections - right
    found = figures(part, 0.5)
    assert found["event_f1"] == pytest.approx(np.mean(f1s))
    assert found["false_alarms"] == pytest.approx(false / (videos * 8 / 60))


def test_notes_say_how_far_sampled_frames_reach(make: Make) -> None:
    part = video(make, [0, 1, 0, 0], [0, 1, 0, 0], 0.8)
    said = " ".join(event_notes(part, 0.5))
    assert "one in 0.8 s (median)" in said
    assert "0.0533 minutes" in said
    assert "below that spacing" in said
    assert "below that spacing" not in " ".join(event_notes(part, 1.0))
