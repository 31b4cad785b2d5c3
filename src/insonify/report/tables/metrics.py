"""Classification metrics on confusion matrices and scores.

A class that does not occur in the truth is undefined: nan, and left out of means. It
is never counted as 0, which would punish a fold for what it does not contain.

Legend: N frames, C classes, S subjects; functions of confusion matrices take any
leading axes (resamples, seeds) before the last two, truth in rows.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]


def confusion_by_subject(
    truth_N: Integers,
    decided_N: Integers,
    subject_N: Integers,
    subjects: int,
    classes: int,
) -> Floats:
    """Count frames by subject, true class and decided class: (S, C, C)."""
    cell_N = (subject_N * classes + truth_N) * classes + decided_N
    counts = np.bincount(cell_N, minlength=subjects * classes**2)
    return counts.reshape(subjects, classes, classes).astype(np.float64)


class Outcomes(NamedTuple):
    """Frames by class, each (..., C): all that figures of decided classes follow from.

    Sums over subjects of these are as good as sums of confusion matrices, and smaller.
    """

    hits: Floats
    """Of the class, and decided as it."""
    support: Floats
    """Of the class."""
    decided: Floats
    """Decided as the class."""


Decisions = Floats | Outcomes
"""Confusion matrices (..., C, C), or what figures need of them."""


def outcomes(found: Decisions) -> Outcomes:
    """What figures need of confusion matrices."""
    if isinstance(found, Outcomes):
        return found
    hits = np.asarray(np.diagonal(found, axis1=-2, axis2=-1))
    return Outcomes(hits, np.asarray(found.sum(-1)), np.asarray(found.sum(-2)))


def recalls(found: Decisions) -> Floats:
    """Share of each true class that was decided right: (..., C)."""
    hits, support, _ = outcomes(found)
    return ratio(hits, support)


def precisions(found: Decisions) -> Floats:
    """Share of each decided class that is right: (..., C).

    0 for a class that occurs and is never decided, as in scikit-learn with
    ``zero_division=0``: leaving it out would reward never deciding a hard class.
    """
    hits, support, decided = outcomes(found)
    filled = np.where(decided > 0, ratio(hits, decided), 0.0)
    return np.where(support > 0, filled, np.nan)


def f1s(found: Decisions) -> Floats:
    """Harmonic mean of precision and recall of each class: (..., C)."""
    hits, support, decided = outcomes(found)
    return np.where(support > 0, ratio(2 * hits, support + decided), np.nan)


def macro(values: Floats, keep_C: Booleans | None = None) -> Floats:
    """Mean over the classes that are defined (and kept): (..., C) to (...)."""
    defined = np.isfinite(values)
    if keep_C is not None:
        defined = defined & keep_C
    return ratio(np.where(defined, values, 0.0).sum(-1), defined.sum(-1))


def balanced_accuracy(found: Decisions) -> Floats:
    """Mean recall over the classes that occur."""
    return macro(recalls(found))


def accuracy(found: Decisions) -> Floats:
    """Share of frames that were decided right."""
    hits, support, _ = outcomes(found)
    return ratio(hits.sum(-1), support.sum(-1))


def auroc(positive_N: Booleans, score_N: Floats) -> float:
    """Area under the ROC curve: the Mann-Whitney statistic, ties counting half.

    nan where there are no positives or no negatives.

    >>> auroc(np.array([False, True, True]), np.array([0.2, 0.2, 0.9]))
    0.75
    """
    return ranked(positive_N, score_N)[0]


def average_precision(positive_N: Booleans, score_N: Floats) -> float:
    """Sum of precision times gained recall over falling thresholds.

    As scikit-learn's ``average_precision_score``: no interpolation, and frames of
    equal score enter together. nan where there are no positives.
    """
    return ranked(positive_N, score_N)[1]


def ranked(positive_N: Booleans, score_N: npt.NDArray[Any]) -> tuple[float, float]:
    """AUROC and average precision, from one sorting."""
    order_N = np.argsort(-score_N)
    scores_N = score_N[order_N]
    last_of_tie_N = np.append(scores_N[1:] != scores_N[:-1], True)
    hits_M = np.cumsum(positive_N[order_N])[last_of_tie_N]
    taken_M = np.flatnonzero(last_of_tie_N) + 1
    gained_M, missed_M = np.diff(hits_M, prepend=0), np.diff(taken_M, prepend=0)
    missed_M = missed_M - gained_M
    right = np.sum(missed_M * (hits_M - gained_M / 2))
    positives, negatives = gained_M.sum(), missed_M.sum()
    area = ratio(right, positives * negatives)
    return float(area), float(ratio(np.sum(gained_M * hits_M / taken_M), positives))


def concordant_pairs(
    positive_N: Booleans, score_N: Floats, subject_N: Integers, subjects: int
) -> Floats:
    """Pairs in which the positive scores higher, ties counting half, by subject.

    Returns:
        (S, S): positives of the row's subject against negatives of the column's. With
        this, the AUROC of any resample of subjects is a quotient of quadratic forms.
    """
    pairs_SS = np.zeros((subjects, subjects))
    scores_P, subject_P = score_N[positive_N], subject_N[positive_N]
    for subject in np.unique(subject_N[~positive_N]):
        negatives = np.sort(score_N[~positive_N & (subject_N == subject)])
        below_P = np.searchsorted(negatives, scores_P, "left")
        not_above_P = np.searchsorted(negatives, scores_P, "right")
        pairs_SS[:, subject] = np.bincount(
            subject_P, (below_P + not_above_P) / 2, minlength=subjects
        )
    return pairs_SS


def ratio(part: npt.ArrayLike, whole: npt.ArrayLike) -> Floats:
    """``part / whole``, nan where ``whole`` is 0."""
    part, whole = np.broadcast_arrays(np.asarray(part, np.float64), whole)
    undefined = np.full(part.shape, np.nan)
    return np.asarray(np.divide(part, whole, out=undefined, where=whole > 0))
