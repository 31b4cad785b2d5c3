"""Builds the table of a report: a row for each arm, protocol and label fraction.

Legend: C classes, S subjects, K seeds, R resamples.
"""

from collections.abc import Sequence

import numpy as np

from insonify.core.errors import ReportError
from insonify.core.predictions import Predictions
from insonify.report.chance import chance_rows
from insonify.report.classes import class_figures
from insonify.report.evaluation import Evaluated, evaluate
from insonify.report.figures import figures
from insonify.report.metrics import Booleans
from insonify.report.options import ReportOptions
from insonify.report.rows import Row, Table
from insonify.report.statistics import (
    FEW_SUBJECTS,
    Estimate,
    draw_subjects,
    estimate,
    few_subjects_note,
    paired_difference,
)


def build_table(predictions: Predictions, options: ReportOptions) -> Table:
    """Compute every figure of a report.

    Raises:
        ReportError: arms to be compared predicted different frames of a subject.
    """
    names = predictions.classes
    foreground_C = np.array([name != options.background for name in names])
    parts = evaluate(predictions)
    by_key = {(part.arm, part.protocol, part.fraction): part for part in parts}
    rows = []
    for part in parts:
        baseline = predictions.arms[part.arm].get("baseline")
        other = by_key.get((str(baseline), part.protocol, part.fraction))
        rows.append(_row(part, other, names, foreground_C, options))
    widest = max(parts, key=lambda part: len(part.frame_N))
    return Table(
        task=predictions.task,
        classes=names,
        rows=(*rows, *chance_rows(widest, names, foreground_C, options)),
        notes=tuple(_notes(predictions, widest, options)),
    )


def gains(
    arm: Evaluated, baseline: Evaluated, foreground_C: Booleans, options: ReportOptions
) -> dict[str, Estimate]:
    """Arm minus baseline on the subjects that both were tested on.

    Raises:
        ReportError: they share no subject, or predicted different frames of one.
    """
    shared = tuple(sorted(set(arm.subjects) & set(baseline.subjects)))
    arm, baseline = arm.of_subjects(shared), baseline.of_subjects(shared)
    if not shared or not np.array_equal(arm.frame_N, baseline.frame_N):
        raise ReportError(
            f"arms {arm.arm!r} and {baseline.arm!r} predicted different frames; run "
            "`insonify transfer` for both with the same options"
        )
    counts_RS = draw_subjects(len(shared), options.resamples, options.seed)
    mine = figures(arm, counts_RS, foreground_C)
    its = figures(baseline, counts_RS, foreground_C)
    return {name: paired_difference(mine[name], its[name]) for name in mine}


def _row(
    part: Evaluated,
    baseline: Evaluated | None,
    names: Sequence[str],
    foreground_C: Booleans,
    options: ReportOptions,
) -> Row:
    counts_RS = draw_subjects(len(part.subjects), options.resamples, options.seed)
    found = figures(part, counts_RS, foreground_C)
    return Row(
        arm=part.arm,
        protocol=part.protocol,
        fraction=part.fraction,
        seeds=len(part.seeds),
        subjects=len(part.subjects),
        frames=len(part.frame_N),
        figures={name: estimate(value_RK) for name, value_RK in found.items()},
        gains=gains(part, baseline, foreground_C, options) if baseline else {},
        classes=tuple(class_figures(part, names)),
        confusion=tuple(map(tuple, part.confusion_KSCC().sum(1).mean(0).tolist())),
    )


def _notes(
    predictions: Predictions, widest: Evaluated, options: ReportOptions
) -> list[str]:
    notes = [
        f"Intervals: 95 % percentile bootstrap over subjects, {options.resamples} "
        f"resamples (seed {options.seed}); gains resample both arms together.",
        "Test predictions are pooled over folds for each seed; figures are means over "
        "seeds, ± the standard deviation over seeds.",
    ]
    if len(widest.subjects) < FEW_SUBJECTS:
        notes.append(few_subjects_note(len(widest.subjects)))
    occur = set(widest.truth_N.tolist())
    if absent := [n for c, n in enumerate(predictions.classes) if c not in occur]:
        notes.append(f"Not in the test frames, hence undefined: {', '.join(absent)}.")
    if "parts" in predictions.facts:
        notes.append(
            f"Joined from {len(predictions.facts['parts'])} predictions files."
        )
    return notes
