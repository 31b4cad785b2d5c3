"""Key frames are peaks of smoothed probabilities, and stretches have no gaps."""

import numpy as np

from insonify.deploy.predict.key_frames import find_key_frames, smoothed
from insonify.deploy.timeline import Timeline

TIMES_S = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 1.5, 1.6, 1.7])


def test_smoothing_is_the_mean_of_frames_that_are_near_in_time() -> None:
    generator = np.random.default_rng(0)
    times_s_T = np.cumsum(generator.uniform(0.02, 0.3, 50))
    table_TC = generator.dirichlet(np.ones(3), 50).astype(np.float32)
    found_TC = smoothed(times_s_T, table_TC, 0.5)
    for time_s, found_C in zip(times_s_T, found_TC, strict=True):
        near_T = np.abs(times_s_T - time_s) <= 0.25
        np.testing.assert_allclose(found_C, table_TC[near_T].mean(0), atol=1e-6)


def test_no_width_smooths_nothing() -> None:
    table_TC = np.eye(8, 2, dtype=np.float32)
    np.testing.assert_array_equal(smoothed(TIMES_S, table_TC, 0), table_TC)


def test_each_key_frame_is_of_another_stretch() -> None:
    first_T = np.array([0.6, 0.9, 0.2, 0.7, 0.8, 0.95, 0.6, 0.1])
    table_TC = np.stack([first_T, 1 - first_T], 1)
    found = find_key_frames(Timeline(TIMES_S), table_TC, ("a", "b"), 9)
    of_a = [key for key in found if key.label == "a" and key.most_probable]
    # The gap between 0.4 and 1.5 s parts frames 4 and 5.
    assert [key.frame for key in of_a] == [5, 1, 4]
    assert [key.rank for key in of_a] == [1, 2, 3]
    spans = [(key.start_s, round(key.end_s, 6)) for key in of_a]
    assert spans == [(1.5, 1.7), (0.0, 0.2), (0.3, 0.6)]
    of_b = [key.frame for key in found if key.label == "b" and key.most_probable]
    assert of_b == [7, 2]


def test_a_class_that_is_nowhere_most_probable_still_has_its_best_frame() -> None:
    table_TC = np.tile([0.8, 0.2], (8, 1))
    table_TC[3] = 0.6, 0.4
    key = find_key_frames(Timeline(TIMES_S), table_TC, ("a", "b"), 1)[1]
    assert (key.label, key.frame, key.most_probable) == ("b", 3, False)
    assert key.start_s == key.time_s == 0.3
