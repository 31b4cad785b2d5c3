"""Every figure of an arm on every resample of its subjects.

Legend: N frames, C classes, S subjects, K seeds, R resamples.
"""

from collections.abc import Iterator

import numpy as np

from insonify.report import metrics
from insonify.report.evaluation import Evaluated
from insonify.report.metrics import Booleans, Floats
from insonify.report.statistics import resample_auroc, resample_confusion


def figures(
    evaluated: Evaluated, counts_RS: Floats, foreground_C: Booleans
) -> dict[str, Floats]:
    """Every figure of the table on every resample: name to (R, K).

    Args:
        evaluated: The predictions.
        counts_RS: From :func:`~insonify.report.statistics.draw_subjects`.
        foreground_C: Which classes are no background.
    """
    found: dict[str, list[Floats]] = {}
    for confusion_SCC in evaluated.confusion_KSCC():
        confusion_RCC = resample_confusion(counts_RS, confusion_SCC)
        for name, value_R in decision_figures(confusion_RCC, foreground_C).items():
            found.setdefault(name, []).append(value_R)
    if evaluated.classes == 2:
        found["auroc"] = list(_aurocs(evaluated, counts_RS))
    return {name: np.stack(values, axis=1) for name, values in found.items()}


def decision_figures(
    confusion_RCC: Floats, foreground_C: Booleans
) -> dict[str, Floats]:
    """The figures that follow from decided classes alone, on every resample: (R,).

    Macro figures without background are left out where no class is background.
    """
    by_class = {
        "macro_f1": metrics.f1s(confusion_RCC),
        "macro_precision": metrics.precisions(confusion_RCC),
        "macro_recall": metrics.recalls(confusion_RCC),
    }
    found = {name: metrics.macro(value_RC) for name, value_RC in by_class.items()}
    found["balanced_accuracy"] = metrics.balanced_accuracy(confusion_RCC)
    found["accuracy"] = metrics.accuracy(confusion_RCC)
    if not foreground_C.all():
        for name, value_RC in by_class.items():
            found[f"{name}_foreground"] = metrics.macro(value_RC, foreground_C)
    return found


def _aurocs(evaluated: Evaluated, counts_RS: Floats) -> Iterator[Floats]:
    """AUROC of the second class, on every resample, for each seed."""
    positive_N = evaluated.truth_N == 1
    subjects = len(evaluated.subjects)
    positives_S = np.bincount(evaluated.subject_N[positive_N], minlength=subjects)
    negatives_S = np.bincount(evaluated.subject_N[~positive_N], minlength=subjects)
    for probabilities_NC in evaluated.probabilities_KNC:
        pairs_SS = metrics.concordant_pairs(
            positive_N,
            probabilities_NC[:, 1].astype(np.float64),
            evaluated.subject_N,
            subjects,
        )
        yield resample_auroc(counts_RS, pairs_SS, positives_S, negatives_S)
