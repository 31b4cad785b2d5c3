"""Builds the table of a report: a row for each arm, protocol and label fraction.

Legend: C classes, S subjects, K seeds, R resamples.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from insonify.core.errors import ReportError
from insonify.core.predictions import Predictions
from insonify.report.tables import metrics
from insonify.report.tables.adjusted import adjusted
from insonify.report.tables.calibration import reliability
from insonify.report.tables.chance import chance_rows
from insonify.report.tables.classes import class_figures
from insonify.report.tables.comparison import planes_p
from insonify.report.tables.effects import effect
from insonify.report.tables.efficiency import learning
from insonify.report.tables.evaluation import Evaluated, evaluate
from insonify.report.tables.events import event_notes, has_events
from insonify.report.tables.figures import figures
from insonify.report.tables.metrics import Booleans, Floats
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.rows import Effect, Learning, Row, Table
from insonify.report.tables.statistics import (
    FEW_SUBJECTS,
    P_NOTE,
    Estimate,
    draw_subjects,
    estimates,
    few_subjects_note,
    paired_differences,
)


def build_table(predictions: Predictions, options: ReportOptions) -> Table:
    """Compute every figure of a report.

    Raises:
        ReportError: arms to be compared predicted different frames of a subject.
    """
    parts = evaluate(predictions)
    builder = _Builder(predictions, parts, options)
    widest = max(parts, key=lambda part: len(part.frame_N))
    rows = adjusted([builder.row(part) for part in parts])
    chance = chance_rows(widest, predictions.classes, builder.foreground_C, options)
    return Table(
        task=predictions.task,
        classes=predictions.classes,
        rows=(*rows, *chance),
        notes=tuple(_notes(predictions, widest, options)),
        learning=tuple(builder.learning()),
        event_notes=event_notes(widest, options.tolerance_s)
        if has_events(widest)
        else (),
    )


def gains(
    arm: Evaluated, baseline: Evaluated, foreground_C: Booleans, options: ReportOptions
) -> dict[str, Estimate]:
    """Arm minus baseline on the subjects that both were tested on.

    Raises:
        ReportError: they share no subject, or predicted different frames of one.
    """
    arm, baseline = paired(arm, baseline)
    mine = figures(arm, foreground_C, options)
    return paired_differences(mine, figures(baseline, foreground_C, options))


def paired(arm: Evaluated, baseline: Evaluated) -> tuple[Evaluated, Evaluated]:
    """Both on the subjects that both were tested on.

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
    return arm, baseline


class _Builder:
    """Makes rows; figures of every part on all resamples are computed once."""

    def __init__(
        self,
        predictions: Predictions,
        parts: Sequence[Evaluated],
        options: ReportOptions,
    ) -> None:
        self.names, self.options = predictions.classes, options
        self.foreground_C = np.array([n != options.background for n in self.names])
        self.baselines = {
            arm: str(card.get("baseline")) for arm, card in predictions.arms.items()
        }
        self.parts = {part.key: part for part in parts}
        self.found = {
            part.key: figures(part, self.foreground_C, options) for part in parts
        }

    def row(self, part: Evaluated) -> Row:
        key = self.baselines[part.arm], part.protocol, part.fraction
        baseline = self.parts.get(key)
        counts_RS = draw_subjects(
            len(part.subjects), self.options.resamples, self.options.seed
        )
        row = Row(
            arm=part.arm,
            protocol=part.protocol,
            fraction=part.fraction,
            seeds=len(part.seeds),
            subjects=len(part.subjects),
            frames=len(part.frame_N),
            figures=estimates(self.found[part.key]),
            classes=tuple(class_figures(part, self.names)),
            confusion=tuple(map(tuple, part.confusion_KSCC().sum(1).mean(0).tolist())),
            reliability=reliability(part, counts_RS),
        )
        return self._against(row, part, baseline) if baseline else row

    def _against(self, row: Row, part: Evaluated, baseline: Evaluated) -> Row:
        """The row with what it is worth against untrained weights."""
        mine, its = paired(part, baseline)
        kept = {"macro_f1": np.full(len(self.names), True)}
        if not self.foreground_C.all():
            kept["macro_f1_foreground"] = self.foreground_C
        return replace(
            row,
            gains=paired_differences(self._figures(mine), self._figures(its)),
            p={
                name: planes_p(mine, its, keep_C, self.options)
                for name, keep_C in kept.items()
            },
            effects=(self._effect(mine, its),),
        )

    def _figures(self, part: Evaluated) -> dict[str, Floats]:
        if part is self.parts[part.key]:
            return self.found[part.key]
        return figures(part, self.foreground_C, self.options)

    def _effect(self, mine: Evaluated, its: Evaluated) -> Effect:
        """Of balanced accuracy, which every subject has; macro F1 is of all."""
        mine_S, its_S = (
            metrics.balanced_accuracy(part.outcomes_KSC).mean(0) for part in (mine, its)
        )
        counts_RS = draw_subjects(
            len(mine.subjects), self.options.resamples, self.options.seed
        )
        return effect(
            "balanced_accuracy", mine_S - its_S, counts_RS, lower_is_better=False
        )

    def learning(self) -> list[Learning]:
        """Learning curves of arms whose shares of labels had the same subjects."""
        name = "macro_f1" if self.foreground_C.all() else "macro_f1_foreground"
        frames_N = max(self.parts.values(), key=lambda part: len(part.frame_N)).frame_N
        curves: dict[tuple[str, str], dict[float, Floats]] = {}
        for (arm, protocol, fraction), part in self.parts.items():
            if np.array_equal(part.frame_N, frames_N):
                curve = curves.setdefault((arm, protocol), {})
                curve[fraction] = self.found[part.key][name]
        return learning(name, curves, self.baselines, lower_is_better=False)


def _notes(
    predictions: Predictions, widest: Evaluated, options: ReportOptions
) -> list[str]:
    notes = [
        f"Intervals: 95 % percentile bootstrap over subjects, {options.resamples} "
        f"resamples (seed {options.seed}); gains resample both arms together.",
        "Test predictions are pooled over folds for each seed; figures are means over "
        "seeds, ± the standard deviation over seeds.",
    ]
    if any(predictions.arms[arm].get("baseline") for arm in predictions.arms):
        notes.append(P_NOTE)
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
