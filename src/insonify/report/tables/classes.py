"""Figures of every class.

Legend: N frames, K seeds, C classes.
"""

from collections.abc import Sequence

import numpy as np

from insonify.report.tables import metrics
from insonify.report.tables.evaluation import Evaluated
from insonify.report.tables.metrics import Floats, Outcomes
from insonify.report.tables.rows import ClassFigures


def class_figures(evaluated: Evaluated, names: Sequence[str]) -> list[ClassFigures]:
    """Figures of every class, one against the rest, means over seeds."""
    found = Outcomes(*(each_KSC.sum(1) for each_KSC in evaluated.outcomes_KSC))
    means = [
        figure(found).mean(0)
        for figure in (metrics.precisions, metrics.recalls, metrics.f1s)
    ]
    area_C, average_precision_C = _rankings(evaluated)
    return [
        ClassFigures(
            name=name,
            support=int(found.support[0, place]),
            precision=float(means[0][place]),
            recall=float(means[1][place]),
            f1=float(means[2][place]),
            auroc=float(area_C[place]),
            average_precision=float(average_precision_C[place]),
        )
        for place, name in enumerate(names)
    ]


def _rankings(evaluated: Evaluated) -> Floats:
    """AUROC and average precision of every class, means over seeds: (2, C)."""
    truth_CN = evaluated.truth_N == np.arange(evaluated.classes)[:, None]
    found_KC2 = [
        [
            metrics.ranked(truth_N, score_N)
            for truth_N, score_N in zip(truth_CN, probabilities_NC.T, strict=True)
        ]
        for probabilities_NC in evaluated.probabilities_KNC
    ]
    return np.asarray(np.mean(found_KC2, axis=0).T)
