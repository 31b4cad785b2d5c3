"""Rates are chosen by each arm for itself, on validation subjects, equally often."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from insonify.core.errors import ConfigError, DivergedError
from insonify.model.checkpoint import Checkpoint
from insonify.store import Split, Store
from insonify.transfer.arms import RANDOM, SUPERVISED, Arm
from insonify.transfer.course import FineTune
from insonify.transfer.lessons import Lessons
from insonify.transfer.parts import Parts
from insonify.transfer.plan import Job
from insonify.transfer.plane_finetune import finetune_planes
from insonify.transfer.planes import PlanesOptions, run_planes
from insonify.transfer.rates import RateChoice
from insonify.transfer.saliency import SaliencyOptions, run_saliency

RATES = (0.01, 0.1, 1.0)
COURSE = FineTune(steps=40, batch=2, reference=2.0, rates=RATES)

LESSONS = Lessons(
    subjects_N=np.array(["s-0", "s-1", "s-2"]),
    labels_N=np.zeros(3, np.int64),
    split=Split(name="three", parts={f"s-{n}": str(n) for n in range(3)}),
)


class Tries:
    """Says which loss came of which rate, and counts."""

    def __init__(self, best: dict[str, float | None]) -> None:
        self._best = best
        self.asked: list[tuple[str, int, float, float, int]] = []

    def __call__(self, job: Job, course: FineTune) -> float:
        arm, rate = job.trial.arm, course.learning_rate
        key = (arm, job.trial.fold, job.fraction, rate, job.steps(course))
        self.asked.append(key)
        assert course.untrained_factor == 1
        assert job.trial.seed == 4
        if (best := self._best[arm]) is None:
            raise DivergedError("loss nan")
        return float(abs(np.log(rate / best)))


@pytest.fixture
def jobs(new_job: Callable[..., Job]) -> list[Job]:
    """Two arms and the supervised reference, two folds, two fractions, two seeds."""
    arms = {"a": False, RANDOM: False, SUPERVISED: True}
    return [
        new_job(
            arm=arm,
            supervised=longer,
            fold=fold,
            seed=seed,
            fraction=fraction,
            protocol="finetune",
        )
        for arm, longer in arms.items()
        for fold in (0, 1)
        for seed in (4, 2)
        for fraction in (0.1, 1.0)
    ]


def choice(
    store: Store, jobs: list[Job], tries: Any, folder: Path | None, **options: Any
) -> RateChoice:
    kept = Parts(folder=folder, store=store, options=COURSE)
    lessons = options.pop("lessons", LESSONS)
    return RateChoice(replace(COURSE, **options), jobs, lessons, kept, tries)


def test_every_arm_has_as_many_trials_and_takes_its_own_best(
    store: Store, jobs: list[Job], tmp_path: Path
) -> None:
    tries = Tries({"a": 0.012, RANDOM: 0.8, SUPERVISED: 0.1})
    rates = choice(store, jobs, tries, tmp_path)
    assert rates.expected_frames() == 4 * 3 * (10 + 10 + 20) * 2
    found = {job.trial.arm: rates.course(job).learning_rate for job in jobs}
    assert found == {"a": 0.01, RANDOM: 1.0, SUPERVISED: 0.1}
    assert all(rates.course(job).rates is None for job in jobs)
    asked = {
        (arm, fold, fraction, rate, 20 if arm == SUPERVISED else 10)
        for arm in found
        for fold in (0, 1)
        for fraction in (0.1, 1.0)
        for rate in RATES
    }
    assert len(tries.asked) == len(asked)
    assert set(tries.asked) == asked
    told = rates.told()
    assert len(told) == 3 * 2 * 2
    assert told[0] == {
        "arm": "a",
        "fold": 0,
        "fraction": 0.1,
        "seed": 4,
        "rate": 0.01,
        "steps": 10,
        "tried": [
            {"rate": rate, "loss": pytest.approx(abs(np.log(rate / 0.012)))}
            for rate in RATES
        ],
    }
    again = Tries({})
    later = choice(store, jobs, again, tmp_path)
    assert later.expected_frames() == 0
    assert later.told() == told
    assert not again.asked


def test_a_rate_that_diverges_is_not_taken_and_all_of_them_are_an_error(
    store: Store, jobs: list[Job]
) -> None:
    def above(_: Job, course: FineTune) -> float:
        if course.learning_rate < 0.05:
            raise DivergedError("loss nan")
        return 9.0 if course.learning_rate > 0.5 else math.nan

    rates = choice(store, jobs, above, None)
    assert rates.course(jobs[0]).learning_rate == 1.0
    losses = [each["loss"] for each in rates.told()[0]["tried"]]
    assert losses == [None, None, 9.0]
    hopeless = choice(store, jobs, Tries({"a": None}), None)
    with pytest.raises(ConfigError, match=r"a, fold 0, seed 4: .* every rate"):
        hopeless.course(jobs[0])


def test_without_validation_subjects_there_is_no_choice(
    store: Store, jobs: list[Job]
) -> None:
    two = Split(name="two", parts={"s-0": "0", "s-1": "1"})
    alone = replace(LESSONS, split=two)
    tries = Tries({})
    with pytest.raises(ConfigError, match="fold 0: no validation subject"):
        choice(store, jobs, tries, None, lessons=alone)
    one = choice(store, jobs, tries, None, rates=(0.5,), lessons=alone)
    assert one.course(jobs[0]).learning_rate == 0.5
    none = choice(store, jobs, tries, None, rates=None, lessons=alone)
    assert none.course(jobs[0]).untrained_factor == 4
    assert none.told() == []


def test_trials_see_validation_subjects_and_the_fraction_alone(
    store: Store,
    new_checkpoint: Callable[..., Checkpoint],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store.make_split("three", folds=3, task="texture", seed=0)
    seen: list[tuple[int, bool, set[str], set[str]]] = []

    def spy(job: Job, *rest: Any, **options: Any) -> Any:
        _, frames, chosen_M, asked_B = rest
        names = (set(frames.subjects_N[places]) for places in (chosen_M, asked_B))
        short = options["options"].steps == 1
        seen.append((job.trial.fold, short, *names))
        return finetune_planes(job, *rest, **options)

    monkeypatch.setattr("insonify.transfer.plane_rows.finetune_planes", spy)
    found = run_planes(
        store,
        [Arm(name="a", checkpoints=(new_checkpoint(),))],
        PlanesOptions(
            task="texture",
            split="three",
            protocols=("finetune",),
            seeds=(0,),
            fractions=(0.5,),
            frames_per_video=1,
            finetune=FineTune(steps=4, batch=2, reference=1.0, rates=(0.01, 0.1)),
        ),
        lambda _: None,
    )
    assert len(seen) == 3 * 3 * (2 + 1)
    for fold, short, learnt, asked in seen:
        roles = store.split("three").roles(fold)
        assert learnt < roles.train
        assert len(learnt) == 1
        assert asked < roles.validation if short else asked == roles.test
    told = found.facts["rates"]
    assert {each["arm"] for each in told} == {"a", RANDOM, SUPERVISED}
    assert all(len(each["tried"]) == 2 for each in told)
    for each in told:
        best = min(each["tried"], key=lambda one: one["loss"])
        assert each["rate"] == best["rate"]


def test_saliency_chooses_rates_too(
    gaze_store: Store, new_checkpoint: Callable[..., Checkpoint]
) -> None:
    subjects = sorted(gaze_store.split("three").roles(0).train)
    known = {"store": gaze_store.id, "split": "three", "fold": 0, "subjects": subjects}
    found = run_saliency(
        gaze_store,
        [Arm(name="a", checkpoints=(new_checkpoint(**known),))],
        SaliencyOptions(
            split="three",
            protocols=("finetune",),
            seeds=(0,),
            frames_per_video=2,
            finetune=FineTune(
                steps=1, trial_steps=2, batch=2, reference=0, rates=(1e-9, 1e-2)
            ),
        ),
        lambda _: None,
    )
    told = found.facts["rates"]
    assert [each["arm"] for each in told] == ["a", RANDOM]
    for each in told:
        still, moved = (one["loss"] for one in each["tried"])
        assert still != moved
        assert each["rate"] == (1e-9 if still < moved else 1e-2)
        assert each["steps"] == 2
