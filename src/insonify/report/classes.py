"""Figures of every class.

Legend: N frames, K seeds, C classes.
"""

from collections.abc import Sequence

import numpy as np

from insonify.report import metrics
from insonify.report.evaluation import Evaluated
from insonify.report.metrics import Floats
from insonify.report.rows import ClassFigures


def class_figures(evaluated: Evaluated, names: Sequence[str]) -> list[ClassFigures]:
    """Figures of every class, one against the rest, means over seeds."""
    confusion_KCC = evaluated.confusion_KSCC().sum(1)
    found = []
    for place, name in enumerate(names):
        truth_N = evaluated.truth_N == place
        scores_KN = evaluated.probabilities_KNC[:, :, place].astype(np.float64)
        found.append(
            ClassFigures(
                name=name,
                support=int(truth_N.sum()),
                precision=_mean(metrics.precisions(confusion_KCC)[:, place]),
                recall=_mean(metrics.recalls(confusion_KCC)[:, place]),
                f1=_mean(metrics.f1s(confusion_KCC)[:, place]),
                auroc=_mean([metrics.auroc(truth_N, s_N) for s_N in scores_KN]),
                average_precision=_mean(
                    [metrics.average_precision(truth_N, s_N) for s_N in scores_KN]
                ),
            )
        )
    return found


def _mean(values: Sequence[float] | Floats) -> float:
    return float(np.mean(values))
