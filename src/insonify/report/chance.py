"""What can be had without looking at an image.

Legend: C classes, S subjects, R resamples.
"""

from collections.abc import Sequence

import numpy as np

from insonify.report import metrics
from insonify.report.evaluation import Evaluated
from insonify.report.figures import decision_figures
from insonify.report.metrics import Booleans
from insonify.report.options import ReportOptions
from insonify.report.rows import Row
from insonify.report.statistics import draw_subjects, estimate, resample_confusion


def chance_rows(
    part: Evaluated,
    names: Sequence[str],
    foreground_C: Booleans,
    options: ReportOptions,
) -> list[Row]:
    """What needs no image: guess evenly, or always say the most frequent class.

    A guess enters as its expected confusion matrix, hence fractions of frames.
    """
    truth_SC = metrics.supports(part.confusion_KSCC()[0])
    classes = part.classes
    frequent = int(truth_SC.sum(0).argmax())
    shares = {
        "even guess": np.full(classes, 1 / classes),
        f"always {names[frequent]}": np.eye(classes)[frequent],
    }
    counts_RS = draw_subjects(len(part.subjects), options.resamples, options.seed)
    rows = []
    for arm, share_C in shares.items():
        confusion_RCC = resample_confusion(counts_RS, truth_SC[:, :, None] * share_C)
        found = decision_figures(confusion_RCC, foreground_C)
        if classes == 2:
            found["auroc"] = np.full(len(counts_RS), 0.5)
        rows.append(
            Row(
                arm=arm,
                protocol="chance",
                fraction=None,
                seeds=1,
                subjects=len(part.subjects),
                frames=len(part.frame_N),
                figures={k: estimate(value_R[:, None]) for k, value_R in found.items()},
            )
        )
    return rows
