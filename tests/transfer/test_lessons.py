"""Whose frames a job learns from, chooses by and is tested on, and that it is told."""

from collections.abc import Callable
from typing import Any

import numpy as np

from insonify.store.splits import Split
from insonify.transfer.lessons import Lessons
from insonify.transfer.plan import Job

SUBJECTS = tuple(f"s-{number:02d}" for number in range(60))
SPLIT = Split(name="three", parts={s: str(n % 3) for n, s in enumerate(SUBJECTS)})
SUBJECTS_N = np.repeat(SUBJECTS, 6)
LABELS_N = np.tile([0, 0, 0, 1, 1, 2], 60)
LESSONS = Lessons(subjects_N=SUBJECTS_N, labels_N=LABELS_N, split=SPLIT)


def test_roles_are_kept_and_validation_shrinks_with_training(
    new_job: Callable[..., Job],
) -> None:
    roles = SPLIT.roles(1)
    for fraction, wanted in ((0.01, 1), (0.1, 2), (0.5, 10), (1.0, 20)):
        lesson = LESSONS.of(new_job(fraction=fraction, fold=1))
        learnt, held, tested = (
            set(SUBJECTS_N[places])
            for places in (lesson.chosen_M, lesson.held_V, lesson.tested_B)
        )
        assert learnt <= roles.train
        assert held <= roles.validation
        assert tested == roles.test
        assert len(learnt) == len(held) == wanted
        assert len(lesson.chosen_M) == 6 * wanted


def test_shots_are_of_training_subjects_and_nobody_validates(
    new_job: Callable[..., Job],
) -> None:
    lesson = LESSONS.of(new_job(shots=5))
    assert set(SUBJECTS_N[lesson.chosen_M]) <= SPLIT.roles(0).train
    assert np.bincount(LABELS_N[lesson.chosen_M]).tolist() == [5, 5, 5]
    assert not len(lesson.held_V)


def test_what_is_learnt_from_is_told_once_for_all_arms(
    new_job: Callable[..., Job],
) -> None:
    jobs = [
        new_job(arm=arm, protocol=protocol, fraction=0.1, seed=3)
        for arm in ("a", "b")
        for protocol in ("knn", "linear", "finetune")
    ]
    jobs += [new_job(shots=1), new_job(layer="stage 2")]

    def told(rates: tuple[float, ...] | None) -> dict[str, dict[str, Any]]:
        found = LESSONS.told(jobs, rates=rates)
        assert len(found) == 5
        return {each["protocol"]: each for each in found}

    plain = told(None)
    assert plain["linear"] == {
        "protocol": "linear",
        "fraction": 0.1,
        "fold": 0,
        "seed": 3,
        "subjects": 2,
        "frames": 12,
        "classes": 3,
        "validation_subjects": 2,
        "validation_frames": 12,
    }
    assert plain["knn"]["validation_subjects"] == 0
    assert plain["finetune"]["validation_frames"] == 0
    assert told((0.01, 0.1))["finetune"]["validation_frames"] == 12
    assert plain["linear, 1 shot"]["frames"] == 3
    assert plain["linear, stage 2"]["subjects"] == 20
