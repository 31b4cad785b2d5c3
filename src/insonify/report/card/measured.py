"""Figures of an arm for a card: against untrained weights, and class by class.

Legend: C classes, S subjects, K seeds, R resamples.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from insonify.core.predictions import Predictions
from insonify.report.card.arm import Arm
from insonify.report.tables import metrics
from insonify.report.tables.evaluation import Evaluated, evaluate
from insonify.report.tables.metrics import Floats
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.render import SHORT
from insonify.report.tables.rows import Row, Table
from insonify.report.tables.statistics import (
    Estimate,
    draw_subjects,
    estimate,
    resample_confusion,
)
from insonify.report.tables.wording import LOWER_IS_BETTER, REFERENCES

_UNTOLD: Final = "not told apart"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One figure of one protocol."""

    protocol: str
    fraction: float | None
    """Share of the labelled training subjects that were used."""
    figure: str
    value: Estimate
    untrained: Estimate | None
    """Of the same network without pretraining."""
    gain: Estimate | None
    """Over it, on the same subjects."""

    @property
    def word(self) -> str:
        """Whether the gain is one: better, worse, not told apart, or nothing."""
        if self.gain is None or math.isnan(self.gain.value):
            return ""
        up, down = self.gain.low > 0, self.gain.high < 0
        better, worse = (down, up) if self.figure in LOWER_IS_BETTER else (up, down)
        return "better" if better else "worse" if worse else _UNTOLD


@dataclass(frozen=True, kw_only=True)
class OfClass:
    """One class against the rest; means over seeds."""

    name: str
    support: int
    """Test frames."""
    precision: Estimate
    recall: Estimate
    f1: Estimate


@dataclass(frozen=True, kw_only=True)
class Blind:
    """What is had without looking at the image."""

    who: str
    fraction: float | None
    """Share of the labelled training subjects that were used; None: not trained."""
    figures: dict[str, float]


def measured(table: Table, arm: Arm) -> Iterator[Measured]:
    """The figures that are told first, of every protocol and share of labels."""
    others = {(r.protocol, r.fraction): r for r in table.rows if r.arm == arm.baseline}
    for row in table.rows:
        if row.arm != arm.name:
            continue
        other = others.get((row.protocol, row.fraction))
        for figure in SHORT:
            if figure in row.figures:
                yield Measured(
                    protocol=row.protocol,
                    fraction=row.fraction,
                    figure=figure,
                    value=row.figures[figure],
                    untrained=other.figures.get(figure) if other else None,
                    gain=row.gains.get(figure),
                )


def blind_rows(table: Table) -> Iterator[Blind]:
    """What chance and static maps reach."""
    for row in table.rows:
        if row.protocol in REFERENCES:
            yield Blind(
                who=row.arm,
                fraction=row.fraction,
                figures={k: row.figures[k].value for k in SHORT if k in row.figures},
            )


def of_classes(
    mine: Predictions, primary: Row, options: ReportOptions
) -> Iterator[OfClass]:
    """Precision, recall and F1 of every class, of the row that is told first."""
    key = (primary.arm, primary.protocol, primary.fraction)
    part = next(
        each
        for each in evaluate(mine)
        if (each.arm, each.protocol, each.fraction) == key
    )
    values = _by_class(part, options)
    support_C = np.bincount(part.truth_N, minlength=part.classes)
    for place, name in enumerate(mine.classes):
        precision, recall, f1 = (estimate(each[:, :, place]) for each in values)
        yield OfClass(
            name=name,
            support=int(support_C[place]),
            precision=precision,
            recall=recall,
            f1=f1,
        )


def _by_class(part: Evaluated, options: ReportOptions) -> tuple[Floats, ...]:
    """Precision, recall and F1 of every resample, seed and class: (R, K, C) each."""
    counts_RS = draw_subjects(len(part.subjects), options.resamples, options.seed)
    confusion_KRCC = np.stack(
        [resample_confusion(counts_RS, each) for each in part.confusion_KSCC()]
    )
    figures = (metrics.precisions, metrics.recalls, metrics.f1s)
    return tuple(np.moveaxis(figure(confusion_KRCC), 0, 1) for figure in figures)
