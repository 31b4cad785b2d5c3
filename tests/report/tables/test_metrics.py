"""Metrics agree with scikit-learn and with slow ones written out by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as theirs

from insonify.report.tables import metrics as ours
from insonify.report.tables.metrics import Booleans, Floats, Integers


def matrix(truth_N: Integers, decided_N: Integers, classes: int) -> Floats:
    nobody_N = np.zeros(len(truth_N), np.int64)
    counts_SCC = ours.confusion_by_subject(truth_N, decided_N, nobody_N, 1, classes)
    return np.asarray(counts_SCC[0])


@st.composite
def decisions(draw: st.DrawFn) -> tuple[Integers, Integers, int]:
    classes = draw(st.integers(2, 5))
    count = draw(st.integers(1, 30))
    of_class = st.lists(st.integers(0, classes - 1), min_size=count, max_size=count)
    return np.array(draw(of_class)), np.array(draw(of_class)), classes


@st.composite
def scores(draw: st.DrawFn) -> tuple[Booleans, Floats]:
    """Scores with many ties, and at least one frame of either kind."""
    count = draw(st.integers(2, 25))
    truth = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    score = draw(st.lists(st.integers(0, 5), min_size=count, max_size=count))
    return np.array([True, False, *truth]), np.array([2, 3, *score]) / 5


@settings(deadline=None, derandomize=True)
@given(decisions())
def test_decisions_agree_with_scikit_learn(
    drawn: tuple[Integers, Integers, int],
) -> None:
    truth_N, decided_N, classes = drawn
    confusion_CC = matrix(truth_N, decided_N, classes)
    np.testing.assert_array_equal(
        confusion_CC, theirs.confusion_matrix(truth_N, decided_N, labels=range(classes))
    )
    there = np.unique(truth_N)
    precision, recall, f1, support = theirs.precision_recall_fscore_support(
        truth_N, decided_N, labels=there, zero_division=0
    )
    found = ours.outcomes(confusion_CC)
    np.testing.assert_allclose(ours.precisions(found)[there], precision)
    np.testing.assert_allclose(ours.recalls(found)[there], recall)
    np.testing.assert_allclose(ours.f1s(found)[there], f1)
    np.testing.assert_allclose(found.support[there], support)
    np.testing.assert_allclose(ours.macro(ours.f1s(found)), f1.mean())
    np.testing.assert_allclose(ours.balanced_accuracy(found), recall.mean())
    np.testing.assert_allclose(
        ours.accuracy(found), theirs.accuracy_score(truth_N, decided_N)
    )


@settings(deadline=None, derandomize=True)
@given(scores())
def test_rankings_agree_with_scikit_learn_and_with_counting(
    drawn: tuple[Booleans, Floats],
) -> None:
    positive_N, score_N = drawn
    pairs = itertools.product(score_N[positive_N], score_N[~positive_N])
    counted = np.mean([(high > low) + (high == low) / 2 for high, low in pairs])
    area = ours.auroc(positive_N, score_N)
    assert area == pytest.approx(counted)
    assert area == pytest.approx(theirs.roc_auc_score(positive_N, score_N))
    assert ours.average_precision(positive_N, score_N) == pytest.approx(
        theirs.average_precision_score(positive_N, score_N)
    )


@settings(deadline=None, derandomize=True)
@given(scores(), st.integers(1, 4))
def test_pairs_of_subjects_add_up_to_the_whole(
    drawn: tuple[Booleans, Floats], subjects: int
) -> None:
    positive_N, score_N = drawn
    subject_N = np.arange(len(score_N)) % subjects
    pairs_SS = ours.concordant_pairs(positive_N, score_N, subject_N, subjects)
    number = positive_N.sum() * (~positive_N).sum()
    assert pairs_SS.sum() / number == pytest.approx(ours.auroc(positive_N, score_N))


def test_an_absent_class_is_undefined_and_never_zero() -> None:
    truth_N, decided_N = np.array([0, 0, 1, 1]), np.array([0, 2, 1, 1])
    found = ours.outcomes(matrix(truth_N, decided_N, 3))
    for values_C in (ours.precisions, ours.recalls, ours.f1s):
        assert np.isnan(values_C(found)[2])
    assert ours.balanced_accuracy(found) == pytest.approx(0.75)
    assert ours.macro(ours.f1s(found)) == pytest.approx((2 / 3 + 1) / 2)


def test_macro_leaves_out_the_background() -> None:
    values_C = np.array([0.2, 0.4, 0.9])
    keep_C = np.array([True, True, False])
    assert ours.macro(values_C, keep_C) == pytest.approx(0.3)
    assert np.isnan(ours.macro(values_C, np.zeros(3, bool)))


def test_leading_axes_are_handled_one_by_one() -> None:
    many_XYCC = np.random.default_rng(0).integers(0, 5, (2, 3, 4, 4)).astype(float)
    found = ours.outcomes(many_XYCC)
    for place in np.ndindex(2, 3):
        alone = ours.outcomes(many_XYCC[place])
        for figure in (ours.f1s, ours.precisions, ours.accuracy):
            np.testing.assert_array_equal(figure(found)[place], figure(alone))
            np.testing.assert_array_equal(figure(many_XYCC)[place], figure(alone))


def test_rankings_of_one_kind_of_frame_are_undefined() -> None:
    nobody_N, score_N = np.zeros(3, bool), np.arange(3.0)
    assert np.isnan(ours.auroc(nobody_N, score_N))
    assert np.isnan(ours.auroc(~nobody_N, score_N))
    assert np.isnan(ours.average_precision(nobody_N, score_N))
