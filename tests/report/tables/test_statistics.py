"""Intervals cover what they promise, and the fast bootstrap equals the slow one."""

import numpy as np
import pytest

from insonify.report.tables import metrics
from insonify.report.tables.metrics import Booleans, Floats, Integers
from insonify.report.tables.statistics import (
    draw_subjects,
    estimate,
    holm,
    paired_difference,
    resample_auroc,
    resample_confusion,
    resample_outcomes,
)

SUBJECTS = 6


def made_up(seed: int) -> tuple[Booleans, Floats, Integers]:
    """Truth, score and subject of 40 frames; ties are frequent."""
    generator = np.random.default_rng(seed)
    positive_N = generator.random(40) < 0.4
    score_N = np.round(generator.uniform(0, 1, 40) + np.where(positive_N, 0.3, 0), 1)
    return positive_N, score_N, generator.integers(0, SUBJECTS, 40)


def frames_of(counts_S: Floats, subject_N: Integers) -> Integers:
    """Frames of a resample, each as often as its subject was drawn."""
    return np.repeat(np.arange(len(subject_N)), counts_S[subject_N].astype(int))


def test_the_sample_comes_first_and_every_resample_has_all_draws() -> None:
    counts_RS = draw_subjects(SUBJECTS, 50, seed=1)
    assert counts_RS.shape == (51, SUBJECTS)
    assert (counts_RS[0] == 1).all()
    assert (counts_RS.sum(1) == SUBJECTS).all()
    np.testing.assert_array_equal(counts_RS, draw_subjects(SUBJECTS, 50, seed=1))
    assert (counts_RS != draw_subjects(SUBJECTS, 50, seed=2)).any()


def test_resampled_auroc_equals_repeating_the_frames() -> None:
    positive_N, score_N, subject_N = made_up(0)
    counts_RS = draw_subjects(SUBJECTS, 30, seed=0)
    fast_R = resample_auroc(
        counts_RS,
        metrics.concordant_pairs(positive_N, score_N, subject_N, SUBJECTS),
        np.bincount(subject_N[positive_N], minlength=SUBJECTS),
        np.bincount(subject_N[~positive_N], minlength=SUBJECTS),
    )
    chosen = [frames_of(counts_S, subject_N) for counts_S in counts_RS]
    slow_R = [metrics.auroc(positive_N[n], score_N[n]) for n in chosen]
    np.testing.assert_allclose(fast_R, slow_R)


def test_resampled_auroc_is_undefined_without_a_class() -> None:
    counts_RS = np.array([[1.0, 1.0], [2.0, 0.0]])
    found_R = resample_auroc(
        counts_RS,
        np.array([[0.0, 1.0], [0.0, 0.0]]),
        np.array([1, 0]),
        np.array([0, 1]),
    )
    np.testing.assert_array_equal(found_R, [1.0, np.nan])


def test_resampled_outcomes_equal_repeating_the_frames() -> None:
    positive_N, score_N, subject_N = made_up(1)
    truth_N, decided_N = positive_N.astype(int), (score_N > 0.5).astype(int)
    counts_RS = draw_subjects(SUBJECTS, 20, seed=0)
    confusion_SCC = metrics.confusion_by_subject(
        truth_N, decided_N, subject_N, SUBJECTS, 2
    )
    fast = resample_outcomes(counts_RS, metrics.outcomes(confusion_SCC))
    whole = metrics.outcomes(resample_confusion(counts_RS, confusion_SCC))
    np.testing.assert_allclose(np.stack(fast), np.stack(whole))
    for place, counts_S in enumerate(counts_RS):
        n = frames_of(counts_S, subject_N)
        nobody_N = np.zeros(len(n), np.int64)
        slow = metrics.confusion_by_subject(truth_N[n], decided_N[n], nobody_N, 1, 2)
        for mine_RC, its_SC in zip(fast, metrics.outcomes(slow), strict=True):
            np.testing.assert_array_equal(mine_RC[place], its_SC[0])


def test_drawn_subjects_cannot_be_changed_by_who_uses_them() -> None:
    counts_RS = draw_subjects(SUBJECTS, 5, seed=0)
    with pytest.raises(ValueError, match="read-only"):
        counts_RS[0, 0] = 2


def test_estimate_means_over_seeds_and_ignores_undefined_resamples() -> None:
    resamples_R = np.append(np.linspace(0, 1, 1001), np.nan)
    values_RK = np.vstack([[0.4, 0.6], np.stack([resamples_R] * 2, axis=1)])
    found = estimate(values_RK)
    assert found.value == pytest.approx(0.5)
    assert (found.low, found.high) == pytest.approx((0.025, 0.975))
    assert found.spread == pytest.approx(np.std([0.4, 0.6], ddof=1))
    assert np.isnan(estimate(values_RK[:, :1]).spread)


def test_intervals_over_subjects_cover_and_intervals_over_frames_do_not() -> None:
    """40 subjects of beta(4, 2) accuracy, 10 frames each; truth 2/3."""
    studies, subjects, frames = 400, 40, 10
    held = {"subjects": 0, "frames": 0}
    for study in range(studies):
        generator = np.random.default_rng(study)
        right_S = generator.binomial(frames, generator.beta(4, 2, subjects))
        right_N = (np.arange(frames) < right_S[:, None]).ravel()
        for name, right in (("subjects", right_S / frames), ("frames", right_N)):
            counts_RS = draw_subjects(len(right), 200, study)
            found = estimate((counts_RS @ right / len(right))[:, None])
            held[name] += found.low <= 2 / 3 <= found.high
    assert 0.90 <= held["subjects"] / studies <= 0.98
    assert held["frames"] / studies < 0.85


def test_pairing_removes_what_both_arms_share() -> None:
    """Hard subjects are hard for both; the gain of 0.1 is the same for everyone."""
    generator = np.random.default_rng(0)
    baseline_S = generator.uniform(0.2, 0.8, 30)
    counts_RS = draw_subjects(30, 500, seed=0) / 30
    baseline_RK = (counts_RS @ baseline_S)[:, None]
    arm_RK = (counts_RS @ (baseline_S + 0.1))[:, None]
    gain = paired_difference(arm_RK, baseline_RK)
    assert (gain.value, gain.low, gain.high) == pytest.approx((0.1, 0.1, 0.1))
    alone = estimate(arm_RK)
    assert alone.high - alone.low > 0.1


def test_paired_difference_takes_different_numbers_of_seeds() -> None:
    arm_RK, baseline_RK = np.full((11, 3), 0.7), np.tile([0.4, 0.6], (11, 1))
    gain = paired_difference(arm_RK, baseline_RK)
    assert gain.value == pytest.approx(0.2)
    assert gain.spread == pytest.approx(np.std([0.4, 0.6], ddof=1))


def test_holm_gives_the_values_worked_by_hand() -> None:
    """Sorted: 0.005 x 4, 0.01 x 3, 0.03 x 2, then 0.04, which may not fall below."""
    found = holm(np.array([0.01, 0.04, 0.03, 0.005]))
    np.testing.assert_allclose(found, [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm(np.array([0.6, 0.5, 0.001])), [1.0, 1.0, 0.003])
    np.testing.assert_allclose(holm(np.array([0.04])), [0.04])


def test_holm_does_not_count_what_could_not_be_tested() -> None:
    found = holm(np.array([0.02, np.nan, 0.01]))
    np.testing.assert_allclose(found, [0.02, np.nan, 0.02])


def test_holm_keeps_the_rate_of_families_with_a_false_finding() -> None:
    generator = np.random.default_rng(0)
    families = generator.uniform(size=(2000, 5))
    wrong = np.mean([holm(p_M).min() <= 0.05 for p_M in families])
    assert 0.035 < wrong < 0.065
    assert np.mean(families.min(1) <= 0.05) > 0.2
