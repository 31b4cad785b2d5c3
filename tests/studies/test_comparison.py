"""Equal work, equal tuning: what a comparison runs, from planted measurements."""

from dataclasses import replace

import pytest

from insonify.core.errors import ConfigError
from insonify.studies.asking import Asked
from insonify.studies.comparison import Comparison
from insonify.studies.runs import frames_a_clip
from insonify.studies.tuning import Tried, choose

ARMS = ("order_only", "relative", "siamese")
ASKED = Asked(arms=ARMS, steps=100, rates=(0.1, 0.2))


def test_all_arms_see_as_many_frames_a_step() -> None:
    question = replace(ASKED, frames=190).question()
    assert {o.batch * frames_a_clip(o) for o in question.pretraining} == {192}
    assert len({o.batch for o in question.pretraining}) == 3
    assert {o.steps for o in question.pretraining} == {100}


def test_slower_arms_make_fewer_steps_where_all_train_as_long() -> None:
    plan = Comparison(question=ASKED.question(), step_seconds=(1.0, 2.0, 0.5))
    assert plan.steps() == {"order_only": 100, "relative": 50, "siamese": 200}
    half = plan.stretched(0.5)
    assert half.steps() == {"order_only": 50, "relative": 25, "siamese": 100}
    assert half.question == plan.question
    equal = Comparison(question=ASKED.question())
    assert set(equal.steps().values()) == {100}


@pytest.mark.parametrize(
    ("nested", "chosen"), [(True, (0.1, 0.2, 0.1)), (False, (0.1,) * 3)]
)
def test_every_fold_chooses_by_its_own_validation_subjects_unless_told(
    *, nested: bool, chosen: tuple[float, ...]
) -> None:
    question = replace(ASKED, arms=ARMS[:1], nested=nested).question()
    plan = Comparison(question=question)
    assert len(list(plan.trials())) == (6 if nested else 2)
    figures = {
        (0, 0.1): 0.5,
        (0, 0.2): 0.4,
        (1, 0.1): 0.2,
        (1, 0.2): 0.3,
        (2, 0.1): 0.3,
    }
    tried = [
        Tried(arm=ARMS[0], fold=fold, rate=rate, figure=figures.get((fold, rate)))
        for fold in range(3)
        for rate in (0.1, 0.2)
    ]
    rates = choose(question, tried)
    assert tuple(rates[ARMS[0], fold] for fold in range(3)) == chosen
    tested = [run.options.optimisation.learning_rate for run in plan.runs(rates)]  # type: ignore[union-attr]
    assert tuple(tested) == chosen
    folders = {run.folder for run in plan.work()}
    assert len(folders) == (6 if nested else 4)


def test_an_arm_that_diverges_at_every_rate_ends_the_study() -> None:
    question = replace(ASKED, nested=False).question()
    tried = [Tried(arm=arm, fold=0, rate=0.1, figure=None) for arm in ARMS]
    with pytest.raises(ConfigError, match="diverged at every learning rate"):
        choose(question, tried)


def test_nothing_to_test_on_is_refused() -> None:
    with pytest.raises(ConfigError, match="nothing to test on"):
        replace(ASKED, task=None).question()


def test_a_comparison_grows_by_arms_and_seeds_and_by_nothing_else() -> None:
    few = Comparison(question=replace(ASKED, arms=ARMS[:2]).question())
    more = replace(ASKED, arms=("siamese", *ARMS[:2]), seeds=(0, 1))
    grown = few.grown(Comparison(question=more.question()))
    assert grown is not None
    assert grown.question == replace(ASKED, arms=ARMS, seeds=(0, 1)).question()
    assert {run.folder for run in few.work()} < {run.folder for run in grown.work()}
    for other in (
        replace(more, arms=("siamese",)),
        replace(more, seeds=(1, 0)),
        replace(more, steps=50),
        replace(more, frames=96),
        replace(more, fractions=(1.0,)),
        replace(more, rates=(0.1,)),
        replace(more, saliency=True),
        replace(more, arms=(*more.arms, "imagenet=there")),
    ):
        assert few.grown(Comparison(question=other.question())) is None
    timed = replace(few, step_seconds=(1.0, 2.0))
    assert timed.grown(Comparison(question=more.question())) is None
    seeds = Comparison(question=replace(more, arms=ARMS[:2]).question())
    assert timed.grown(seeds) == replace(timed, question=seeds.question)
