"""Is one arm better than another on the same subjects? Paired permutation tests.

Under the null the two arms are exchangeable, subject by subject (Good, Permutation
Tests, 2000, section 3.2).

Legend: R resamples, S subjects, K seeds, C classes.
"""

import numpy as np

from insonify.core.errors import ReportError
from insonify.core.saliency import Floats
from insonify.report import metrics
from insonify.report.evaluation import Evaluated
from insonify.report.metrics import Booleans
from insonify.report.options import ReportOptions
from insonify.report.saliency_evaluation import Scored
from insonify.report.statistics import resample_confusion, sign_flip_p


def planes_p(
    arm: Evaluated, other: Evaluated, foreground_C: Booleans, options: ReportOptions
) -> float:
    """Two-sided p value of a difference in macro F1 over the kept classes.

    Macro F1 is no mean over subjects, so the arms' confusion matrices are swapped
    subject by subject, and the figure is computed anew.
    """
    _require_same(arm.subjects, other.subjects)
    generator = np.random.default_rng(options.seed)
    drawn_RS = generator.integers(0, 2, (options.resamples, len(arm.subjects)))
    swap_RS: Floats = np.pad(drawn_RS.astype(np.float64), ((1, 0), (0, 0)))
    mine_KSCC, its_KSCC = arm.confusion_KSCC(), other.confusion_KSCC()

    def figure(first_KSCC: Floats, second_KSCC: Floats) -> Floats:
        """Mean over seeds, where the marked subjects come from the second."""
        values = [
            resample_confusion(1 - swap_RS, first_SCC)
            + resample_confusion(swap_RS, second_SCC)
            for first_SCC, second_SCC in zip(first_KSCC, second_KSCC, strict=True)
        ]
        return np.asarray(metrics.macro(metrics.f1s(np.stack(values)), foreground_C))

    difference_KR = figure(mine_KSCC, its_KSCC) - figure(its_KSCC, mine_KSCC)
    difference_R = np.abs(difference_KR.mean(0))
    found = difference_R[0] * (1 - 1e-12)
    return float((difference_R >= found).sum() / len(difference_R))


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
