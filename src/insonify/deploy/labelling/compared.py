"""Two ways of asking on the same subjects: what one gains, and what it saves.

A resample draws held-out subjects and seeds, both with replacement: another study would
test on others and begin elsewhere. All strategies share the resamples.

Legend: P points, R resamples (the first is the sample itself), S subjects, K seeds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from insonify.deploy.labelling.curve import Doubles
from insonify.deploy.labelling.simulation import Course
from insonify.report.tables.statistics import LEVEL, draw_subjects
from insonify.transfer.examples import Integers


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A figure with its 95 % bootstrap interval; infinite where it is out of reach."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Resamples:
    """How often each subject and each seed is drawn."""

    counts_RS: Doubles
    counts_RK: Doubles

    @classmethod
    def draw(cls, subjects: int, seeds: int, resamples: int) -> "Resamples":
        """So many, and before them the sample itself."""
        return cls(
            counts_RS=draw_subjects(subjects, resamples, 0),
            counts_RK=draw_subjects(seeds, resamples, 1),
        )

    def mean_PR(self, courses_K: Sequence[Course]) -> Doubles:
        """Macro F1 at every point, mean over the seeds that are drawn."""
        found_KPR = np.stack([one.macro_f1_PR(self.counts_RS) for one in courses_K])
        sum_PR = np.einsum("kpr,rk->pr", found_KPR, self.counts_RK)
        return np.asarray(sum_PR / len(courses_K))


def labels_needed(labels_P: Integers, found_PR: Doubles, target_R: Doubles) -> Doubles:
    """Labels with which a target is reached first, between points in proportion: (R,).

    Infinite where it is not reached. Before the first point is nothing: no labels, and
    a figure of 0.

    >>> found = np.array([[0.2], [0.6]])
    >>> labels_needed(np.array([10, 20]), found, np.array([0.4])).tolist()
    [15.0]
    """
    labels_P = np.append(0, labels_P)
    found_PR = np.vstack([np.zeros(found_PR.shape[1]), found_PR])
    reached_PR = found_PR >= target_R
    first_R = np.maximum(reached_PR.argmax(0), 1)
    every_R = np.arange(found_PR.shape[1])
    after_R, before_R = found_PR[first_R, every_R], found_PR[first_R - 1, every_R]
    rise_R = np.maximum(after_R - before_R, 1e-12)
    share_R = np.clip((target_R - before_R) / rise_R, 0, 1)
    step_R = labels_P[first_R] - labels_P[first_R - 1]
    needed_R = labels_P[first_R - 1] + share_R * step_R
    return np.where(reached_PR.any(0), needed_R, np.inf)


def interval(values_R: Doubles) -> Interval:
    """The figure of the sample, and percentiles over the resamples.

    Infinite values are larger than all others, and undefined ones are left out.
    """
    drawn_R = np.sort(values_R[1:][~np.isnan(values_R[1:])])
    # Not numpy.quantile: interpolating, it makes nan of finite and infinite neighbours.
    last = len(drawn_R) - 1
    low, high = (round(share * last) for share in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Interval(
        value=float(values_R[0]), low=float(drawn_R[low]), high=float(drawn_R[high])
    )
