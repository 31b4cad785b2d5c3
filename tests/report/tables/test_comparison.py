from dataclasses import replace

import numpy as np
import pytest

from insonify.core.errors import ReportError
from insonify.report.tables.comparison import planes_p, saliency_p
from insonify.report.tables.evaluation import Evaluated
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.saliency_evaluation import Scored

OPTIONS = ReportOptions(resamples=1000)
BOTH = np.array([True, True])


def decided(generator: np.random.Generator, skill: float, arm: str) -> Evaluated:
    """Twelve subjects of eight frames each, right by chance and by skill."""
    subject_N = np.repeat(np.arange(12), 8)
    truth_N = np.tile([0, 1], 48)
    right_N = generator.random(96) < 0.5 + skill
    chosen_N = np.where(right_N, truth_N, 1 - truth_N)
    return Evaluated(
        arm=arm,
        protocol="finetune",
        fraction=1.0,
        seeds=(0,),
        subjects=tuple(f"s-{n:02d}" for n in range(12)),
        videos=tuple(f"v-{n:02d}" for n in range(12)),
        frame_N=np.arange(96),
        subject_N=subject_N,
        video_N=subject_N,
        time_s_N=np.tile(np.arange(8.0), 12),
        truth_N=truth_N,
        probabilities_KNC=np.eye(2, dtype=np.float32)[chosen_N][None],
    )


def test_swapping_subjects_rejects_a_true_null_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    found = [
        planes_p(
            decided(generator, 0.2, "a"), decided(generator, 0.2, "b"), BOTH, OPTIONS
        )
        for _ in range(150)
    ]
    assert 0.01 < np.mean(np.array(found) <= 0.05) < 0.11
    assert 0.3 < np.mean(found) < 0.7


def test_a_better_arm_is_found_and_the_order_does_not_matter() -> None:
    generator = np.random.default_rng(1)
    good, poor = decided(generator, 0.4, "good"), decided(generator, 0.0, "poor")
    assert planes_p(good, poor, BOTH, OPTIONS) < 0.01
    assert planes_p(good, poor, BOTH, OPTIONS) == planes_p(poor, good, BOTH, OPTIONS)
    assert planes_p(good, good, BOTH, OPTIONS) == 1.0


def test_arms_of_different_numbers_of_seeds_are_compared() -> None:
    """The statistic is the difference of means over seeds, whichever their number."""
    generator = np.random.default_rng(2)
    once, other = decided(generator, 0.3, "a"), decided(generator, 0.0, "b")
    both = np.concatenate([other.probabilities_KNC, other.probabilities_KNC])
    twice = replace(other, seeds=(0, 1), probabilities_KNC=both)
    assert planes_p(once, twice, BOTH, OPTIONS) == planes_p(once, other, BOTH, OPTIONS)


def looked(values: list[float], subjects: int = 10) -> Scored:
    return Scored(
        arm="a",
        protocol="frozen",
        fraction=1.0,
        seeds=(0, 1),
        subjects=tuple(f"s-{n}" for n in range(subjects)),
        frames=40,
        figures={"kl": np.array([values, values])},
        undefined=0,
    )


def test_saliency_is_compared_on_means_of_subjects() -> None:
    low, high = looked([1.0 + n / 10 for n in range(10)]), looked([3.0] * 10)
    assert saliency_p(low, high, "kl", OPTIONS) < 0.01
    assert saliency_p(high, high, "kl", OPTIONS) == 1.0


def test_different_subjects_are_not_compared() -> None:
    with pytest.raises(ReportError, match="different subjects"):
        saliency_p(looked([1.0] * 10), looked([1.0] * 9, 9), "kl", OPTIONS)
