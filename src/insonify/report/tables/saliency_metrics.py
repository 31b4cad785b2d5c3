"""Saliency metrics, each in one stated definition.

Definitions differ between toolboxes; these agree with pysaliency 0.2.22 and with the
MIT saliency benchmark where those two agree (tests/report/test_saliency_metrics.py).
Maps are probabilities over cells; a metric that is undefined for a frame is nan.

Legend: N maps, H rows, W columns, P fixated cells (row, column), B negative cells.
"""

import numpy as np
import numpy.typing as npt

from insonify.core.saliency import Floats, Integers

EPSILON = 2.220446049250313e-16
"""What keeps logarithms finite; the one of the MIT benchmark."""


def kl(truth_NHW: Floats, map_NHW: Floats) -> Floats:
    """Kullback-Leibler divergence in nats of the prediction from the truth: (N,).

    Σ q · ln(ε + q / (p + ε)) with both maps normalised; a prediction of zeros counts as
    even.
    """
    q, p = normalised(truth_NHW), normalised(map_NHW)
    return np.asarray((q * np.log(EPSILON + q / (p + EPSILON))).sum((-2, -1)))


def cc(truth_NHW: Floats, map_NHW: Floats) -> Floats:
    """Pearson correlation of the cells: (N,); 0 if one is constant, nan if both are."""
    a, b = (_centred(values) for values in (truth_NHW, map_NHW))
    spread = np.sqrt((a**2).sum((-2, -1)) * (b**2).sum((-2, -1)))
    both_flat = ((a == 0).all((-2, -1))) & ((b == 0).all((-2, -1)))
    found = (a * b).sum((-2, -1)) / np.where(spread > 0, spread, 1)
    return np.where(both_flat, np.nan, np.where(spread > 0, found, 0.0))


def sim(truth_NHW: Floats, map_NHW: Floats, *, stretch: bool = False) -> Floats:
    """Histogram intersection Σ min(q, p): (N,).

    Args:
        truth_NHW: The truth.
        map_NHW: The prediction.
        stretch: Stretch both to [0, 1] before they are normalised, as the MIT benchmark
            does; it rewards maps that never reach 0.
    """
    if stretch:
        truth_NHW, map_NHW = _stretched(truth_NHW), _stretched(map_NHW)
    least = np.minimum(normalised(truth_NHW), normalised(map_NHW))
    return np.asarray(least.sum((-2, -1)))


def nss(map_HW: Floats, fixated_P2: Integers) -> float:
    """Mean standardised saliency at the fixations (population sd); 0 if constant."""
    return mean_at(standardised(map_HW), fixated_P2)


def auc(map_HW: Floats, fixated_P2: Integers) -> float:
    """Probability that a fixated cell outranks one never fixated, ties counting half.

    Exact (Mann-Whitney); every fixation counts, cells without one are negatives.
    """
    free_HW = np.ones(map_HW.shape, bool)
    free_HW[fixated_P2[:, 0], fixated_P2[:, 1]] = False
    return _mann_whitney(_at(map_HW, fixated_P2), map_HW[free_HW])


def shuffled_auc(map_HW: Floats, fixated_P2: Integers, others_B2: Integers) -> float:
    """AUC against cells fixated in other videos, so that centre bias earns nothing."""
    return _mann_whitney(_at(map_HW, fixated_P2), _at(map_HW, others_B2))


def auc_judd(map_HW: Floats, fixated_P2: Integers) -> float:
    """AUC as Judd et al., ICCV 2009: trapezoids through thresholds at fixations.

    A cell counts once, however often it is fixated. Optimistic with few fixations, and
    never below 0.5 with one; printed because papers print it. nan for a constant map.
    """
    once_P = np.unique(fixated_P2[:, 0] * map_HW.shape[1] + fixated_P2[:, 1])
    scores_P = np.sort(map_HW.ravel()[once_P])[::-1]
    count, cells = len(scores_P), map_HW.size
    if not 0 < count < cells or map_HW.min() == map_HW.max():
        return float("nan")
    hits_P = np.arange(1, count + 1) / count
    above_P = cells - np.searchsorted(np.sort(map_HW, axis=None), scores_P)
    false_P = (above_P - np.arange(1, count + 1)) / (cells - count)
    right, wrong = (np.array([0.0, *rates_P, 1.0]) for rates_P in (hits_P, false_P))
    return float(np.trapezoid(right, wrong))


def information_gain(map_HW: Floats, base_HW: Floats, fixated_P2: Integers) -> float:
    """Bits a fixation by which the map's density beats a base's (plain densities)."""
    return mean_at(bits(map_HW, base_HW), fixated_P2)


def bits(map_NHW: Floats, base_NHW: Floats) -> Floats:
    """What a fixation of each cell adds to the information gain: (N, H, W)."""
    mine_NHW, its_NHW = normalised(map_NHW), normalised(base_NHW)
    return np.asarray(np.log2((mine_NHW + EPSILON) / (its_NHW + EPSILON)))


def standardised(map_NHW: npt.ArrayLike) -> Floats:
    """Maps of mean 0 and population sd 1; zeros for a constant map."""
    centred_NHW = _centred(map_NHW)
    deviation = np.sqrt((centred_NHW**2).mean((-2, -1), keepdims=True))
    return np.asarray(centred_NHW / np.where(deviation > 0, deviation, 1))


def mean_at(map_HW: Floats, cells_P2: Integers) -> float:
    """Mean of a map at some cells; nan without any."""
    return float(_at(map_HW, cells_P2).mean()) if len(cells_P2) else float("nan")


def normalised(map_NHW: npt.ArrayLike) -> Floats:
    """Maps of sum 1; a map of zeros becomes an even one."""
    values = np.asarray(map_NHW, np.float64)
    total = values.sum((-2, -1), keepdims=True)
    even = 1 / (values.shape[-2] * values.shape[-1])
    return np.where(total > 0, values / np.where(total > 0, total, 1), even)


def _centred(map_NHW: npt.ArrayLike) -> Floats:
    """Differences from the mean; exactly 0 for a constant map."""
    values = np.asarray(map_NHW, np.float64)
    flat = values.min((-2, -1), keepdims=True) == values.max((-2, -1), keepdims=True)
    return np.where(flat, 0.0, values - values.mean((-2, -1), keepdims=True))


def _stretched(map_NHW: npt.ArrayLike) -> Floats:
    values = np.asarray(map_NHW, np.float64)
    low = values.min((-2, -1), keepdims=True)
    span = values.max((-2, -1), keepdims=True) - low
    return np.asarray((values - low) / np.where(span > 0, span, 1))


def _at(map_HW: Floats, cells_P2: Integers) -> Floats:
    found: Floats = np.asarray(map_HW, np.float64)[cells_P2[:, 0], cells_P2[:, 1]]
    return found


def _mann_whitney(positive_P: Floats, negative_B: Floats) -> float:
    """Share of pairs that are in the right order, ties counting half."""
    if not len(positive_P) or not len(negative_B):
        return float("nan")
    sorted_B = np.sort(negative_B)  # scipy's rankdata takes ten times as long
    below_P = np.searchsorted(sorted_B, positive_P, "left")
    not_above_P = np.searchsorted(sorted_B, positive_P, "right")
    wins = (below_P.sum() + not_above_P.sum()) / 2
    return float(wins / (len(positive_P) * len(negative_B)))
