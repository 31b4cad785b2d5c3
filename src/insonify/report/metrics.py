"""Classification metrics on confusion matrices and scores.

A class that does not occur in the truth is undefined: nan, and left out of means. It
is never counted as 0, which would punish a fold for what it does not contain.

Legend: N frames, C classes, S subjects; functions of confusion matrices take any
leading axes (resamples, seeds) before the last two, truth in rows.
"""

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
    counts_SCC = np.zeros((subjects, classes, classes))
    np.add.at(counts_SCC, (subject_N, truth_N, decided_N), 1)
    return counts_SCC


def supports(confusion: Floats) -> Floats:
    """Frames of each true class: (..., C)."""
    return np.asarray(confusion.sum(-1))


def recalls(confusion: Floats) -> Floats:
    """Share of each true class that was decided right: (..., C)."""
    return _ratio(_hits(confusion), supports(confusion))


def precisions(confusion: Floats) -> Floats:
    """Share of each decided class that is right: (..., C).

    0 for a class that occurs and is never decided, as in scikit-learn with
    ``zero_division=0``: leaving it out would reward never deciding a hard class.
    """
    hits = _hits(confusion)
    decided = confusion.sum(-2)
    filled = np.where(decided > 0, _ratio(hits, decided), 0.0)
    return np.where(supports(confusion) > 0, filled, np.nan)


def f1s(confusion: Floats) -> Floats:
    """Harmonic mean of precision and recall of each class: (..., C)."""
    support = supports(confusion)
    f1 = _ratio(2 * _hits(confusion), support + confusion.sum(-2))
    return np.where(support > 0, f1, np.nan)


def macro(values: Floats, keep_C: Booleans | None = None) -> Floats:
    """Mean over the classes that are defined (and kept): (..., C) to (...)."""
    defined = np.isfinite(values)
    if keep_C is not None:
        defined = defined & keep_C
    return _ratio(np.where(defined, values, 0.0).sum(-1), defined.sum(-1))


def balanced_accuracy(confusion: Floats) -> Floats:
    """Mean recall over the classes that occur."""
    return macro(recalls(confusion))


def accuracy(confusion: Floats) -> Floats:
    """Share of frames that were decided right."""
    return _ratio(_hits(confusion).sum(-1), confusion.sum((-2, -1)))


def auroc(positive_N: Booleans, score_N: Floats) -> float:
    """Area under the ROC curve: the Mann-Whitney statistic, ties counting half.

    nan where there are no positives or no negatives.

    >>> auroc(np.array([False, True, True]), np.array([0.2, 0.2, 0.9]))
    0.75
    """
    alone_N = np.zeros(len(score_N), np.int64)
    pairs_SS = concordant_pairs(positive_N, score_N, alone_N, 1)
    number = positive_N.sum() * (~positive_N).sum()
    return float(_ratio(pairs_SS.sum(), np.asarray(number)))


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


def average_precision(positive_N: Booleans, score_N: Floats) -> float:
    """Sum of precision times gained recall over falling thresholds.

    As scikit-learn's ``average_precision_score``: no interpolation, and frames of
    equal score enter together. nan where there are no positives.
    """
    if not positive_N.any():
        return float("nan")
    order_N = np.argsort(-score_N, kind="stable")
    scores_N = score_N[order_N]
    last_of_tie_N = np.append(scores_N[1:] != scores_N[:-1], True)
    hits_N = np.cumsum(positive_N[order_N])[last_of_tie_N]
    taken_N = np.flatnonzero(last_of_tie_N) + 1
    gained_N = np.diff(hits_N, prepend=0) / hits_N[-1]
    return float(np.sum(gained_N * hits_N / taken_N))


def _hits(confusion: Floats) -> Floats:
    return np.asarray(np.diagonal(confusion, axis1=-2, axis2=-1))


def _ratio(part: npt.ArrayLike, whole: npt.ArrayLike) -> Floats:
    """``part / whole``, nan where ``whole`` is 0."""
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    undefined = np.full(part.shape, np.nan)
    return np.asarray(np.divide(part, whole, out=undefined, where=whole > 0))
