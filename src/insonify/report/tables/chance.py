"""What can be had without looking at an image.

Legend: C classes, S subjects, R resamples.
"""

from collections.abc import Sequence

import numpy as np

from insonify.report.tables.evaluation import Evaluated
from insonify.report.tables.figures import decision_figures
from insonify.report.tables.metrics import Booleans, Outcomes
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.rows import Row
from insonify.report.tables.statistics import draw_subjects, estimate


def chance_rows(
    part: Evaluated,
    names: Sequence[str],
    foreground_C: Booleans,
    options: ReportOptions,
) -> list[Row]:
    """What needs no image: guess evenly, or always say the most frequent class.

    A guess enters as its expected outcomes, hence fractions of frames.
    """
    counts_RS = draw_subjects(len(part.subjects), options.resamples, options.seed)
    support_RC = counts_RS @ part.outcomes_KSC.support[0]
    frequent = int(support_RC[0].argmax())
    shares = {
        "even guess": np.full(part.classes, 1 / part.classes),
        f"always {names[frequent]}": np.eye(part.classes)[frequent],
    }
    rows = []
    for arm, share_C in shares.items():
        decided_RC = support_RC.sum(1, keepdims=True) * share_C
        guessed = Outcomes(support_RC * share_C, support_RC, decided_RC)
        found = decision_figures(guessed, foreground_C)
        if part.classes == 2:
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
