"""Builds the table of saliency: a row for each arm, protocol and label fraction.

Legend: S subjects, K seeds, R resamples.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from insonify.core.errors import ReportError
from insonify.core.saliency import Floats
from insonify.core.saliency_predictions import STATIC, SaliencyPredictions
from insonify.report.tables.adjusted import adjusted
from insonify.report.tables.comparison import saliency_p
from insonify.report.tables.effects import effect
from insonify.report.tables.efficiency import learning
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.rows import Learning, Row, Table
from insonify.report.tables.saliency_evaluation import Scored, score
from insonify.report.tables.statistics import (
    FEW_SUBJECTS,
    P_NOTE,
    Estimate,
    draw_subjects,
    estimate,
    few_subjects_note,
    paired_difference,
)
from insonify.report.tables.wording import LOWER_IS_BETTER

COMPARED: Final = ("kl", "nss")
"""The figures whose gains are tested."""


def build_saliency_table(
    predictions: SaliencyPredictions, options: ReportOptions
) -> Table:
    """Compute every figure of a report on saliency.

    Raises:
        ReportError: arms to be compared predicted different frames.
    """
    parts = score(predictions, options.seed)
    by_key = {part.key: part for part in parts}
    baselines = {
        arm: str(card.get("baseline")) for arm, card in predictions.arms.items()
    }
    rows = []
    for part in parts:
        key = baselines[part.arm], part.protocol, part.fraction
        rows.append(_row(part, by_key.get(key), options))
    return Table(
        task=predictions.task,
        classes=(),
        rows=tuple(adjusted(rows)),
        notes=tuple(_notes(predictions, parts, options)),
        learning=tuple(
            each
            for name in COMPARED
            for each in _learning(name, parts, baselines, options)
        ),
    )


def saliency_gains(
    arm: Scored, baseline: Scored, options: ReportOptions
) -> dict[str, Estimate]:
    """Arm minus baseline on the subjects that both were tested on.

    Raises:
        ReportError: they share no subject, or predicted different frames of one.
    """
    arm, baseline = _paired(arm, baseline)
    counts_RS = draw_subjects(len(arm.subjects), options.resamples, options.seed)
    return {
        name: paired_difference(
            resampled(arm.figures[name], counts_RS),
            resampled(baseline.figures[name], counts_RS),
        )
        for name in arm.figures
        if name in baseline.figures
    }


def _paired(arm: Scored, baseline: Scored) -> tuple[Scored, Scored]:
    shared = tuple(sorted(set(arm.subjects) & set(baseline.subjects)))
    arm, baseline = arm.of_subjects(shared), baseline.of_subjects(shared)
    if not shared or arm.tested != baseline.tested:
        raise ReportError(
            f"arms {arm.arm!r} and {baseline.arm!r} predicted different frames; run "
            "`insonify transfer saliency` for both with the same options"
        )
    return arm, baseline


def resampled(value_KS: Floats, counts_RS: Floats) -> Floats:
    """A figure of every resample of subjects and every seed: (R, K)."""
    defined_KS = np.isfinite(value_KS)
    sum_RK = counts_RS @ np.where(defined_KS, value_KS, 0.0).T
    number_RK = counts_RS @ defined_KS.T.astype(np.float64)
    undefined = np.full(sum_RK.shape, np.nan)
    return np.asarray(np.divide(sum_RK, number_RK, out=undefined, where=number_RK > 0))


def _row(part: Scored, baseline: Scored | None, options: ReportOptions) -> Row:
    counts_RS = draw_subjects(len(part.subjects), options.resamples, options.seed)
    row = Row(
        arm=part.arm,
        protocol=part.protocol,
        fraction=part.fraction,
        seeds=len(part.seeds),
        subjects=len(part.subjects),
        frames=part.frames,
        figures={
            name: estimate(resampled(value_KS, counts_RS))
            for name, value_KS in part.figures.items()
        },
    )
    return _against(row, part, baseline, options) if baseline else row


def _against(row: Row, part: Scored, baseline: Scored, options: ReportOptions) -> Row:
    """The row with what it is worth against untrained weights."""
    mine, its = _paired(part, baseline)
    counts_RS = draw_subjects(len(mine.subjects), options.resamples, options.seed)
    return replace(
        row,
        gains=saliency_gains(part, baseline, options),
        p={name: saliency_p(mine, its, name, options) for name in COMPARED},
        effects=tuple(
            effect(
                name,
                mine.figures[name].mean(0) - its.figures[name].mean(0),
                counts_RS,
                lower_is_better=name in LOWER_IS_BETTER,
            )
            for name in COMPARED
        ),
    )


def _learning(
    name: str,
    parts: Sequence[Scored],
    baselines: dict[str, str],
    options: ReportOptions,
) -> list[Learning]:
    """Learning curves of arms whose shares of labels had the same frames."""
    tested = max((part.tested for part in parts), key=len)
    subjects = len({subject for subject, _, _ in tested})
    counts_RS = draw_subjects(subjects, options.resamples, options.seed)
    curves: dict[tuple[str, str], dict[float, Floats]] = {}
    for part in parts:
        if part.tested == tested:
            curve = curves.setdefault((part.arm, part.protocol), {})
            curve[part.fraction] = resampled(part.figures[name], counts_RS)
    lower = name in LOWER_IS_BETTER
    return learning(name, curves, baselines, lower_is_better=lower)


def _notes(
    predictions: SaliencyPredictions, parts: Sequence[Scored], options: ReportOptions
) -> list[str]:
    height, width = predictions.shape
    widest = max(parts, key=lambda part: len(part.subjects))
    notes = [
        f"Maps have {height} by {width} cells; targets are Gaussians at the points. "
        "KL falls as maps get better, all other figures rise; a gain in KL is good "
        "when it is negative.",
        "Frames are averaged over their video, videos over their subject. Intervals: "
        f"95 % percentile bootstrap over subjects, {options.resamples} resamples (seed "
        f"{options.seed}); gains resample both arms together.",
        "Test maps are pooled over folds for each seed; figures are means over seeds, "
        "± the standard deviation over seeds.",
        P_NOTE,
        "AUC is exact (Mann-Whitney); AUC-Judd is optimistic with few fixations; "
        "shuffled AUC is against points of other videos.",
    ]
    if "stand-in" in predictions.task:
        notes.append(f"No row is about gaze: the task is {predictions.task}.")
    if any("ig" in part.figures for part in parts):
        notes.append(f"IG: bits a fixation over the arm {STATIC!r}.")
    if len(widest.subjects) < FEW_SUBJECTS:
        notes.append(few_subjects_note(len(widest.subjects)))
    if undefined := sum(part.undefined for part in parts):
        notes.append(f"{undefined} figures of single frames are undefined, left out.")
    if "parts" in predictions.facts:
        notes.append(
            f"Joined from {len(predictions.facts['parts'])} predictions files."
        )
    return notes
