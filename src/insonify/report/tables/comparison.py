"""Is one arm better than another on the same subjects? Paired permutation tests.

Under the null the two arms are exchangeable, subject by subject (Good, Permutation
Tests, 2000, section 3.2).

Legend: R resamples, S subjects, K seeds, C classes.
"""

from itertools import product

import numpy as np

from insonify.core.errors import ReportError
from insonify.core.saliency import Floats
from insonify.report.tables import metrics
from insonify.report.tables.evaluation import Evaluated
from insonify.report.tables.metrics import Booleans, Integers, Outcomes
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.saliency_evaluation import Scored
from insonify.report.tables.statistics import resample_outcomes, sign_flip_p


def planes_p(
    arm: Evaluated, other: Evaluated, foreground_C: Booleans, options: ReportOptions
) -> float:
    """Two-sided p value of a difference in macro F1 over the kept classes.

    Macro F1 is no mean over subjects, so the arms' outcomes are swapped subject by
    subject, and the figure is computed anew. Seeds are swapped in pairs; where the arms
    have different numbers of them, in all pairs.
    """
    _require_same(arm.subjects, other.subjects)
    generator = np.random.default_rng(options.seed)
    drawn_RS = generator.integers(0, 2, (options.resamples, len(arm.subjects)))
    swap_RS: Floats = np.pad(drawn_RS.astype(np.float64), ((1, 0), (0, 0)))
    pair_P2 = _pairs(len(arm.seeds), len(other.seeds))
    mine, its = (
        Outcomes(*(each_KSC[pair_P2[:, side]] for each_KSC in part.outcomes_KSC))
        for side, part in enumerate((arm, other))
    )

    def figure(first: Outcomes, second: Outcomes) -> Floats:
        """Mean over seeds, where the marked subjects come from the second: (R,)."""
        kept = resample_outcomes(1 - swap_RS, first)
        swapped = resample_outcomes(swap_RS, second)
        both = Outcomes(*(a + b for a, b in zip(kept, swapped, strict=True)))
        return np.asarray(metrics.macro(metrics.f1s(both), foreground_C).mean(0))

    difference_R = np.abs(figure(mine, its) - figure(its, mine))
    found = difference_R[0] * (1 - 1e-12)
    return float((difference_R >= found).sum() / len(difference_R))


def _pairs(mine: int, its: int) -> Integers:
    """Places of seeds that are swapped with each other: (P, 2)."""
    if mine == its:
        return np.stack([np.arange(mine)] * 2, axis=1)
    return np.array(list(product(range(mine), range(its))))


def saliency_p(arm: Scored, other: Scored, name: str, options: ReportOptions) -> float:
    """Two-sided p value of a difference in one figure, means over seeds."""
    _require_same(arm.subjects, other.subjects)
    difference_S = arm.figures[name].mean(0) - other.figures[name].mean(0)
    return sign_flip_p(difference_S, options.resamples, options.seed)


def _require_same(mine: tuple[str, ...], its: tuple[str, ...]) -> None:
    if mine != its:
        raise ReportError(
            "two arms were tested on different subjects; run `insonify transfer` once "
            "for everything that is compared"
        )
