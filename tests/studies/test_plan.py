from dataclasses import replace
from pathlib import Path

import pytest

from insonify.core.config import load_config, save_config
from insonify.core.errors import ConfigError
from insonify.recipes import with_size
from insonify.store import Store
from insonify.studies.budget import seconds
from insonify.studies.plan import ARMS, Plan, Scale, make_plan
from insonify.studies.runs import frames_a_clip
from insonify.studies.speed import Speed
from insonify.train.options import PretrainOptions

SPEED = Speed(train=100, train_dense=20, run=500, run_dense=100)


def cpu_plan() -> Plan:
    return make_plan("cpu", task="texture", split="s", folds=3, seeds=(0, 1))


def test_every_arm_is_trained_once_a_fold_and_seed() -> None:
    runs = list(cpu_plan().work())
    assert len({run.folder for run in runs}) == len(runs) == (len(ARMS) + 2) * 3 * 2
    for run in runs:
        arm, fold, seed = run.folder.split("-")
        assert arm == run.arm
        assert fold == f"fold{run.options.fold}"
        assert seed == f"seed{run.options.seed}"
        assert run.options.split == "s"
        if isinstance(run.options, PretrainOptions):
            assert run.options.recipe.removeprefix("paper_") == arm
        else:
            assert f"gaze_{run.options.objective}" == arm


def test_all_arms_get_the_same_encoder_schedule_and_steps() -> None:
    scales: tuple[Scale, ...] = ("cpu", "paper")
    for scale in scales:
        plan = make_plan(scale, task="t", split="s", folds=3, seeds=(0,))
        for name in ("encoder", "steps", "optimisation", "clips"):
            assert len({repr(getattr(o, name)) for o in plan.pretraining}) == 1
        assert {o.architecture for o in plan.gaze} == {plan.pretraining[0].encoder}


def test_small_arms_see_the_same_number_of_frames_and_papers_of_clips() -> None:
    small = cpu_plan().pretraining
    assert {o.batch * frames_a_clip(o) for o in small} == {192}
    paper = make_plan("paper", task="t", split="s", folds=3, seeds=(0,)).pretraining
    assert {o.batch for o in paper} == {32}


@pytest.mark.parametrize("scale", ["cpu", "paper"])
def test_a_plan_comes_back_from_its_record(scale: Scale, tmp_path: Path) -> None:
    plan = make_plan(scale, task="t", split="s", folds=3, seeds=(0,))
    save_config(plan, tmp_path / "plan.json")
    assert load_config(Plan, tmp_path / "plan.json") == plan


def test_stretching_changes_steps_alone_and_all_by_one_factor() -> None:
    plan = cpu_plan()
    twice = plan.stretched(2)
    assert twice.planes.finetune.steps == 2 * plan.planes.finetune.steps
    assert twice.saliency.frozen.steps == 2 * plan.saliency.frozen.steps
    pairs = zip(plan.pretraining, twice.pretraining, strict=True)
    assert all(
        replace(b, steps=a.steps) == a and b.steps == 2 * a.steps for a, b in pairs
    )
    assert plan.stretched(0) == twice.stretched(0)


def test_the_estimate_grows_with_what_there_is_to_do(store: Store) -> None:
    plan = cpu_plan()
    small = replace(
        plan, pretraining=tuple(with_size(o, (32, 40)) for o in plan.pretraining)
    )
    expected = seconds(small, store, SPEED)
    assert seconds(small.stretched(2), store, SPEED) > 1.8 * expected
    assert seconds(replace(small, seeds=(0,)), store, SPEED) == pytest.approx(
        expected / 2
    )
    fast = Speed(train=200, train_dense=40, run=1000, run_dense=200)
    assert seconds(small, store, fast) == pytest.approx(expected / 2)


def test_a_study_needs_somebody_to_validate_on() -> None:
    with pytest.raises(ConfigError, match="three folds"):
        make_plan("cpu", task="t", split="s", folds=2, seeds=(0,))
