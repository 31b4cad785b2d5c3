"""Intervals by resampling subjects, and differences between arms on the same subjects.

Frames of a subject are alike, so subjects are what is drawn (cluster bootstrap; Davison
and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8). A resample is
a row of counts, how often each subject was drawn; every metric here follows from the
counts and from sums by subject, so that no frame is touched again.

Legend: R resamples, the first of which is the sample itself, S subjects, K seeds,
C classes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from insonify.report.tables.metrics import Floats, Integers, Outcomes, ratio

LEVEL = 0.95
"""Nominal coverage of every interval."""


FEW_SUBJECTS = 20
"""In 1000 simulated studies (subjects of beta(4, 2) accuracy, 10 frames each) the
nominal 95 % intervals held the truth in 83 % with 5 subjects, 90 % with 10, 91 % with
20 and 93 % with 40 (tests/report/test_statistics.py repeats the 40)."""


P_NOTE = (
    "p of a gain: paired permutation of subjects, two-sided, adjusted by Holm's method "
    "for all tests of the same figure in the table."
)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A figure, its interval over subjects and its spread over seeds."""

    value: float
    """Mean over seeds, on all subjects."""
    low: float
    """Lower end of the 95 % percentile interval."""
    high: float
    """Upper end of the 95 % percentile interval."""
    spread: float
    """Standard deviation over seeds (ddof 1); nan with a single seed."""


@lru_cache(maxsize=16)
def draw_subjects(subjects: int, resamples: int, seed: int) -> Floats:
    """How often each subject is drawn: (1 + resamples, S); row 0 is all ones.

    The same array for the same arguments; not to be written to.
    """
    generator = np.random.default_rng(seed)
    share_S = np.full(subjects, 1 / subjects)
    drawn_RS = generator.multinomial(subjects, share_S, size=resamples)
    counts_RS = np.concatenate([np.ones((1, subjects)), drawn_RS])
    counts_RS.setflags(write=False)
    return counts_RS


def estimate(values_RK: Floats) -> Estimate:
    """Summarise a metric of every resample and seed.

    The seeds share each resample of subjects: they were tested on the same subjects.
    Resamples in which the metric is undefined (nan) are left out.
    """
    mean_R = values_RK.mean(1)
    drawn = mean_R[1:][np.isfinite(mean_R[1:])]
    ends = (1 - LEVEL) / 2, (1 + LEVEL) / 2
    low, high = np.quantile(drawn, ends) if len(drawn) else (np.nan, np.nan)
    sample_K = values_RK[0]
    spread = sample_K.std(ddof=1) if len(sample_K) > 1 else np.nan
    return Estimate(
        value=float(mean_R[0]), low=float(low), high=float(high), spread=float(spread)
    )


NOISE = "_noise"
"""Ends the name of what chance alone makes of a figure that cannot be below 0."""


def estimates(found_RK: Mapping[str, Floats]) -> dict[str, Estimate]:
    """Summarise all figures; those that come with their noise as errors."""
    return {
        name: estimate_error(value_RK, found_RK[name + NOISE])
        if name + NOISE in found_RK
        else estimate(value_RK)
        for name, value_RK in found_RK.items()
        if not name.endswith(NOISE)
    }


def estimate_error(values_RK: Floats, noise_RK: Floats) -> Estimate:
    """Summarise a sum of absolute errors, which chance makes larger than it is.

    A resample adds as much chance to the sample as the sample has added to the truth,
    so percentiles would lie above the truth: the interval is the basic one, percentiles
    reflected about the figure (Davison and Hinkley, section 5.2). It begins at 0 where
    chance alone makes an error as large in 2.5 % of studies. The figure itself is the
    plain one, and may lie above its interval.
    """
    plain = estimate(values_RK)
    low, high = (2 * plain.value - end for end in (plain.high, plain.low))
    most = np.quantile(noise_RK.mean(1)[1:], (1 + LEVEL) / 2)
    low = 0.0 if plain.value <= most else max(0.0, low)
    return replace(plain, low=low, high=max(low, high))


def paired_differences(
    arm_RK: Mapping[str, Floats], baseline_RK: Mapping[str, Floats]
) -> dict[str, Estimate]:
    """Summarise arm minus baseline for every figure that both have."""
    return {
        name: paired_difference(value_RK, baseline_RK[name])
        for name, value_RK in arm_RK.items()
        if name in baseline_RK and not name.endswith(NOISE)
    }


def paired_difference(arm_RK: Floats, baseline_RK: Floats) -> Estimate:
    """Summarise arm minus baseline, both measured on the same resamples.

    Each side is averaged over its own seeds first, so the two may have different ones;
    the spread is that of independent means, hence nan if either has a single seed.
    """
    arm, baseline = estimate(arm_RK), estimate(baseline_RK)
    gain_R1 = (arm_RK.mean(1) - baseline_RK.mean(1))[:, None]
    whole = estimate(gain_R1)
    spread = float(np.hypot(arm.spread, baseline.spread))
    return Estimate(value=whole.value, low=whole.low, high=whole.high, spread=spread)


def few_subjects_note(subjects: int) -> str:
    """What is to be said of intervals over fewer than ``FEW_SUBJECTS``."""
    return (
        f"Only {subjects} test subjects: with fewer than {FEW_SUBJECTS} the intervals "
        "are too narrow to hold 95 %."
    )


def sign_flip_p(difference_S: Floats, resamples: int, seed: int) -> float:
    """Two-sided p value of a paired difference over subjects, by flipping signs.

    Under the null each subject's difference is as likely to be its opposite (Good,
    Permutation Tests, 2000, section 3.2). The sample itself is one of the flips, so p
    is never 0. Undefined differences are left out.
    """
    defined_S = difference_S[np.isfinite(difference_S)]
    if not len(defined_S):
        return float("nan")
    generator = np.random.default_rng(seed)
    sign_RS = generator.choice((-1.0, 1.0), (resamples, len(defined_S)))
    flipped_R = np.abs(sign_RS @ defined_S)
    found = abs(float(defined_S.sum())) * (1 - 1e-12)
    return float((1 + (flipped_R >= found).sum()) / (1 + resamples))


def holm(p_M: Floats) -> Floats:
    """Adjust p values of M tests, so that 5 % of families hold one false finding.

    Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal
    of Statistics 6, 1979. Undefined values (nan) stay, and are no tests.

    Args:
        p_M: In [0, 1], in any order.

    Returns:
        Adjusted values in [0, 1], in the same order: (M,).

    >>> holm(np.array([0.01, 0.04, 0.03, 0.005])).round(3).tolist()
    [0.03, 0.06, 0.06, 0.02]
    """
    adjusted_M = np.full(len(p_M), np.nan)
    order = np.argsort(p_M)[: np.isfinite(p_M).sum()]
    left = np.arange(len(order), 0, -1)
    adjusted_M[order] = np.minimum(1.0, np.maximum.accumulate(p_M[order] * left))
    return adjusted_M


def resample_confusion(counts_RS: Floats, confusion_SCC: Floats) -> Floats:
    """The confusion matrix of every resample: (R, C, C)."""
    return np.tensordot(counts_RS, confusion_SCC, axes=1)


def resample_outcomes(counts_RS: Floats, outcomes_SC: Outcomes) -> Outcomes:
    """The outcomes of every resample: (..., S, C) to (..., R, C)."""
    return Outcomes(*(counts_RS @ each_SC for each_SC in outcomes_SC))


def resample_auroc(
    counts_RS: Floats, pairs_SS: Floats, positives_S: Integers, negatives_S: Integers
) -> Floats:
    """The AUROC of every resample: (R,); nan where a resample lacks a class.

    Args:
        counts_RS: From :func:`draw_subjects`.
        pairs_SS: From :func:`~insonify.report.tables.metrics.concordant_pairs`.
        positives_S: Positive frames of each subject.
        negatives_S: Negative frames of each subject.
    """
    right_R = np.sum((counts_RS @ pairs_SS) * counts_RS, axis=1)
    return ratio(right_R, (counts_RS @ positives_S) * (counts_RS @ negatives_S))
