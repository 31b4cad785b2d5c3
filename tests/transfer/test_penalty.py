"""Which strength is chosen, how long is searched, and on whom."""

import numpy as np

from insonify.transfer.penalty import choose_strength, middle, subject_folds


def test_the_search_stops_at_the_first_worse_one() -> None:
    losses = {0.01: 3.0, 0.1: 2.0, 1.0: 2.0, 10.0: 2.5, 100.0: 0.1}
    asked = []

    def loss_of(strength: float) -> float:
        asked.append(strength)
        return losses[strength]

    assert choose_strength((100.0, 0.1, 10.0, 0.01, 1.0), loss_of) == 1.0
    assert asked == [0.01, 0.1, 1.0, 10.0]
    assert choose_strength((5.0,), lambda _: 9.0) == 5.0
    assert middle((10.0, 0.1, 1.0)) == 1.0


def test_folds_part_subjects() -> None:
    subjects_N = np.array([f"s-{number % 7}" for number in range(50)])
    folds = subject_folds(subjects_N, 5, 0)
    assert len(folds) == 5
    for fit, held in folds:
        assert not set(subjects_N[fit]) & set(subjects_N[held])
    every = np.concatenate([held for _, held in folds])
    assert sorted(every.tolist()) == list(range(50))
    assert len(subject_folds(subjects_N[:3], 5, 0)) == 3
    assert subject_folds(subjects_N[:1], 5, 0) == []
