"""Do probabilities mean what they say?

Expected calibration errors (Naeini et al., AAAI 2015; Guo et al., ICML 2017; class by
class: Kull et al., NeurIPS 2019) put frames into bins by probability and sum, over the
bins, how far the mean probability is from the share that is right. The difference of a
bin is a sum over frames, so a resample of subjects is a product of matrices here too.

Legend: N frames, C classes, S subjects, K seeds, R resamples, B bins.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from insonify.report.tables import metrics
from insonify.report.tables.evaluation import Evaluated
from insonify.report.tables.metrics import Floats, Integers, ratio
from insonify.report.tables.rows import Bin
from insonify.report.tables.statistics import NOISE, estimate

BINS: Final = 15
"""Bins of every calibration error, as Guo et al. have it."""
EDGES: Final = np.linspace(0, 1, BINS + 1)
"""Bins of equal width; a value on an edge belongs to the bin below, as in
``calibration_curve`` of scikit-learn."""
LEAST: Final = float(np.finfo(np.float32).eps)
"""Smaller probabilities of what was true count as this in the log loss, 15.9 nats, as
in scikit-learn's ``log_loss`` of float32; k-NN gives exact zeros."""


def calibration_figures(evaluated: Evaluated, counts_RS: Floats) -> dict[str, Floats]:
    """Calibration errors and proper scores on every resample: name to (R, K).

    ``ece``: top label, bins of equal width. ``ece_mass``: top label, bins that hold
    equally many frames (of all subjects; resamples keep the edges). ``ece_classwise``:
    probabilities of each class in bins of equal width, mean over the classes that
    occur. ``brier``: squared distance to the truth, summed over classes, in [0, 2].
    ``log_loss``: nats. With :data:`NOISE` behind its name: the error that chance alone
    makes, were the sample's bins right.
    """
    by_seed = [
        _figures(evaluated, seed, counts_RS) for seed in range(len(evaluated.seeds))
    ]
    return {
        name: np.stack([found[name] for found in by_seed], axis=1)
        for name in by_seed[0]
    }


def reliability(evaluated: Evaluated, counts_RS: Floats) -> tuple[Bin, ...]:
    """The reliability diagram of the most probable class, seeds pooled."""
    frames_SB, sure_SB, right_SB = np.sum(
        [_top_sums(evaluated, seed) for seed in range(len(evaluated.seeds))], axis=0
    )
    frames_B, sure_B = frames_SB.sum(0), ratio(sure_SB.sum(0), frames_SB.sum(0))
    right_RB = ratio(counts_RS @ right_SB, counts_RS @ frames_SB)
    return tuple(
        Bin(
            low=float(EDGES[place]),
            high=float(EDGES[place + 1]),
            frames=float(frames_B[place] / len(evaluated.seeds)),
            confidence=float(sure_B[place]),
            accuracy=estimate(right_RB[:, place, None]),
        )
        for place in range(BINS)
    )


def _figures(evaluated: Evaluated, seed: int, counts_RS: Floats) -> dict[str, Floats]:
    """All figures of one seed: (R,)."""
    p_NC = evaluated.probabilities_KNC[seed].astype(np.float64)
    truth_N, subjects = evaluated.truth_N, len(evaluated.subjects)
    true_N = np.take_along_axis(p_NC, truth_N[:, None], 1)[:, 0]
    frames_R = counts_RS @ np.bincount(evaluated.subject_N, minlength=subjects)

    def mean(value_N: Floats) -> Floats:
        sum_S = np.bincount(evaluated.subject_N, value_N, subjects)
        return np.asarray(counts_RS @ sum_S / frames_R)

    def error(bin_N: Integers, gap_N: Floats) -> Floats:
        """The error of every resample, and how far it is from the sample: (R, 2)."""
        gap_RB = counts_RS @ _sums(evaluated.subject_N, bin_N, gap_N, subjects)
        apart = np.stack([gap_RB, gap_RB - gap_RB[0]], axis=1)
        return np.asarray(np.abs(apart).sum(2) / frames_R[:, None])

    top_N = p_NC.max(1)
    gap_N = top_N - (evaluated.decided_KN[seed] == truth_N)
    inner = np.quantile(top_N, EDGES[1:-1])
    by_class = [
        error(binned(p_NC[:, place]), p_NC[:, place] - (truth_N == place))
        for place in range(evaluated.classes)
    ]
    occurs_RC = counts_RS @ evaluated.outcomes_KSC.support[seed] > 0
    errors = {
        "ece": error(binned(top_N), gap_N),
        "ece_mass": error(np.searchsorted(inner, top_N), gap_N),
        "ece_classwise": metrics.macro(np.stack(by_class, 2), occurs_RC[:, None]),
    }
    return {
        **{name: value_R2[:, 0] for name, value_R2 in errors.items()},
        **{name + NOISE: value_R2[:, 1] for name, value_R2 in errors.items()},
        "brier": mean((p_NC**2).sum(1) - 2 * true_N + 1),
        "log_loss": mean(-np.log(np.maximum(true_N, LEAST))),
    }


def binned(value_N: npt.NDArray[np.float64]) -> Integers:
    """The bin of equal width that each value falls into."""
    return np.asarray(np.searchsorted(EDGES[1:-1], value_N))


def _top_sums(evaluated: Evaluated, seed: int) -> Floats:
    """Frames, probabilities of the decided class, and hits by bin: (3, S, B)."""
    top_N = evaluated.probabilities_KNC[seed].max(1).astype(np.float64)
    right_N = (evaluated.decided_KN[seed] == evaluated.truth_N).astype(np.float64)
    bin_N, subjects = binned(top_N), len(evaluated.subjects)
    return np.stack(
        [
            _sums(evaluated.subject_N, bin_N, value_N, subjects)
            for value_N in (np.ones(len(bin_N)), top_N, right_N)
        ]
    )


def _sums(
    subject_N: Integers, bin_N: Integers, value_N: Floats, subjects: int
) -> Floats:
    """Sums by subject and bin: (S, B)."""
    cell_N = subject_N * BINS + bin_N
    sums = np.bincount(cell_N, value_N, subjects * BINS)
    return np.asarray(sums.reshape(subjects, BINS), np.float64)
