"""Every figure of an arm on every resample of its subjects.

Legend: N frames, C classes, S subjects, K seeds, R resamples.
"""

from collections.abc import Iterator

import numpy as np

from insonify.report.tables import metrics
from insonify.report.tables.calibration import calibration_figures
from insonify.report.tables.evaluation import Evaluated
from insonify.report.tables.events import event_figures
from insonify.report.tables.metrics import Booleans, Floats, Outcomes
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.statistics import (
    draw_subjects,
    resample_auroc,
    resample_outcomes,
)


def figures(
    evaluated: Evaluated, foreground_C: Booleans, options: ReportOptions
) -> dict[str, Floats]:
    """Every figure of the table on every resample: name to (R, K).

    Args:
        evaluated: The predictions.
        foreground_C: Which classes are no background.
        options: Seed and number of resamples, and the tolerance of events.
    """
    counts_RS = draw_subjects(len(evaluated.subjects), options.resamples, options.seed)
    found_KRC = resample_outcomes(counts_RS, evaluated.outcomes_KSC)
    decided = decision_figures(found_KRC, foreground_C)
    found = {name: value_KR.T for name, value_KR in decided.items()}
    if evaluated.classes == 2:
        found["auroc"] = np.stack(list(_aurocs(evaluated, counts_RS)), axis=1)
    found |= calibration_figures(evaluated, counts_RS)
    return found | event_figures(
        evaluated, counts_RS, foreground_C, options.tolerance_s
    )


def decision_figures(found: Outcomes, foreground_C: Booleans) -> dict[str, Floats]:
    """The figures that follow from decided classes alone: (..., C) to (...).

    Macro figures without background are left out where no class is background.
    """
    by_class = {
        "macro_f1": metrics.f1s(found),
        "macro_precision": metrics.precisions(found),
        "macro_recall": metrics.recalls(found),
    }
    named = {name: metrics.macro(value_C) for name, value_C in by_class.items()}
    named["balanced_accuracy"] = named["macro_recall"]
    named["accuracy"] = metrics.accuracy(found)
    if not foreground_C.all():
        for name, value_C in by_class.items():
            named[f"{name}_foreground"] = metrics.macro(value_C, foreground_C)
    return named


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
