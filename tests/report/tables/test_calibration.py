"""Calibration agrees with scikit-learn, and its resamples with repeating frames."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from insonify.report.tables.calibration import BINS, calibration_figures, reliability
from insonify.report.tables.evaluation import Evaluated
from insonify.report.tables.metrics import Floats, Integers
from insonify.report.tables.statistics import (
    NOISE,
    draw_subjects,
    estimate_error,
    estimates,
)
from tests.report.conftest import Make

SUBJECTS = 12
ONCE = np.ones((1, SUBJECTS))


def drawn(make: Make, seeds: int = 2, classes: int = 3, seed: int = 0) -> Evaluated:
    """300 frames of probabilities that are too sure, some of them 0."""
    generator = np.random.default_rng(seed)
    p_KNC = generator.dirichlet(np.full(classes, 0.4), (seeds, 300))
    p_KNC[0, 0] = np.eye(classes)[0]
    truth_N = generator.integers(0, classes, 300)
    truth_N[0] = 1
    return make(truth_N, p_KNC, generator.integers(0, SUBJECTS, 300))


def slow_ece(truth_N: Integers, p_NC: Floats, edges: Floats) -> float:
    """Bin by bin, from the definition."""
    top_N, right_N = p_NC.max(1), p_NC.argmax(1) == truth_N
    found = 0.0
    for place in range(len(edges) - 1):
        inside = (top_N > edges[place]) & (top_N <= edges[place + 1])
        if place == 0:
            inside |= top_N == edges[0]
        if inside.any():
            apart = abs(top_N[inside].mean() - right_N[inside].mean())
            found += apart * inside.mean()
    return found


def test_scores_are_those_of_scikit_learn(make: Make) -> None:
    part = drawn(make)
    found = calibration_figures(part, ONCE)
    even = np.linspace(0, 1, BINS + 1)
    for seed, p_NC in enumerate(part.probabilities_KNC.astype(np.float64)):
        mass = np.quantile(p_NC.max(1), even)
        true_N = np.take_along_axis(p_NC, part.truth_N[:, None], 1)
        slow = {
            "ece": slow_ece(part.truth_N, p_NC, even),
            "ece_mass": slow_ece(part.truth_N, p_NC, mass),
            "brier": sum(
                brier_score_loss(part.truth_N == place, p_NC[:, place])
                for place in range(3)
            ),
            "log_loss": -np.log(np.maximum(true_N, np.finfo(np.float32).eps)).mean(),
        }
        for name, value in slow.items():
            assert found[name][0, seed] == pytest.approx(value), name
    fine = drawn(make, seed=1)
    kept_NC = 0.9 * fine.probabilities_KNC[0].astype(np.float64) + 0.1 / 3
    kept_NC /= kept_NC.sum(1, keepdims=True)
    found = calibration_figures(make(fine.truth_N, kept_NC[None], fine.subject_N), ONCE)
    assert found["log_loss"][0, 0] == pytest.approx(
        log_loss(fine.truth_N, kept_NC), rel=1e-5
    )


def test_class_wise_error_is_that_of_scikit_learns_curves(make: Make) -> None:
    part = drawn(make, seeds=1)
    p_NC = part.probabilities_KNC[0].astype(np.float64)
    errors = []
    for place in range(3):
        true_N = part.truth_N == place
        right_M, sure_M = calibration_curve(true_N, p_NC[:, place], n_bins=BINS)
        bin_N = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], p_NC[:, place])
        share_M = np.bincount(bin_N, minlength=BINS) / len(bin_N)
        errors.append((np.abs(right_M - sure_M) * share_M[share_M > 0]).sum())
    found = calibration_figures(part, ONCE)["ece_classwise"]
    assert found[0, 0] == pytest.approx(np.mean(errors))


def test_a_class_without_frames_is_left_out_of_the_class_wise_error(make: Make) -> None:
    part = drawn(make, seeds=1, classes=2)
    more_KNC = np.pad(part.probabilities_KNC, ((0, 0), (0, 0), (0, 1)))
    more = make(part.truth_N, more_KNC, part.subject_N)
    for name in ("ece_classwise", "ece", "brier"):
        mine, its = (calibration_figures(each, ONCE)[name] for each in (part, more))
        np.testing.assert_allclose(mine, its)


def test_resamples_equal_repeating_the_frames(make: Make) -> None:
    part = drawn(make)
    counts_RS = draw_subjects(SUBJECTS, 20, 0)
    found = calibration_figures(part, counts_RS)
    for counts_S, row in zip(counts_RS[1:4], range(1, 4), strict=True):
        n = np.repeat(np.arange(300), counts_S[part.subject_N].astype(int))
        again = make(
            part.truth_N[n], part.probabilities_KNC[:, n], np.zeros(len(n), int)
        )
        slow = calibration_figures(again, np.ones((1, 1)))
        for name in ("ece", "ece_classwise", "brier", "log_loss"):
            np.testing.assert_allclose(found[name][row], slow[name][0])


def test_the_reliability_diagram_is_scikit_learns_curve(make: Make) -> None:
    part = drawn(make, seeds=1)
    bins = reliability(part, draw_subjects(SUBJECTS, 1000, 0))
    top_N = part.probabilities_KNC[0].max(1).astype(np.float64)
    right_N = part.probabilities_KNC[0].argmax(1) == part.truth_N
    right_M, sure_M = calibration_curve(right_N, top_N, n_bins=BINS)
    there = [each for each in bins if each.frames]
    np.testing.assert_allclose([each.confidence for each in there], sure_M)
    np.testing.assert_allclose([each.accuracy.value for each in there], right_M)
    assert sum(each.frames for each in bins) == 300
    for each in bins:
        if each.frames:
            assert each.accuracy.low <= each.accuracy.value <= each.accuracy.high
            assert each.low <= each.confidence <= each.high
        else:
            assert np.isnan([each.confidence, each.accuracy.value]).all()


def test_an_interval_that_chance_explains_begins_at_nothing() -> None:
    """Resamples of 0.5 ± 0.1; of noise alone up to 0.2, then up to 0.6."""
    values_RK = np.append(0.5, np.linspace(0.42, 0.62, 1000))[:, None]
    noise_RK = np.append(0.0, np.linspace(0.0, 0.2, 1000))[:, None]
    told = estimate_error(values_RK, noise_RK)
    assert (told.value, told.low) == pytest.approx((0.5, 0.385), abs=1e-3)
    assert told.high == pytest.approx(0.575, abs=1e-3)
    assert estimate_error(values_RK, 3 * noise_RK).low == 0.0
    both = estimates({"ece": values_RK, "ece" + NOISE: noise_RK, "brier": values_RK})
    assert list(both) == ["ece", "brier"]
    assert both["ece"] == told
    assert both["brier"].high == pytest.approx(0.615, abs=1e-3)
