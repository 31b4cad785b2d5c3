"""Several arms compared: figure, gain over random weights, and a test against one arm.

A figure under one protocol with one share of labels is a column; the tests within a
column are a family, whose p values are adjusted by Holm's method.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from insonify.core.errors import ReportError
from insonify.core.predictions import Predictions
from insonify.core.saliency_predictions import STATIC, SaliencyPredictions
from insonify.report.tables.comparison import planes_p, saliency_p
from insonify.report.tables.evaluation import evaluate
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.rows import Row
from insonify.report.tables.saliency_evaluation import score
from insonify.report.tables.saliency_table import build_saliency_table
from insonify.report.tables.statistics import Estimate, holm
from insonify.report.tables.table import build_table
from insonify.report.tables.wording import LOWER_IS_BETTER

BEST: Final = "best"
"""Compare every arm with the best of the others."""
SALIENCY: Final = ("kl", "nss")
"""The figures of saliency that arms are compared by."""


class Column(NamedTuple):
    """What the arms are compared by."""

    figure: str
    protocol: str
    fraction: float


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One arm in one column."""

    arm: str
    column: Column
    value: Estimate
    gain: Estimate | None
    """Minus untrained weights on the same subjects; None: it has no such twin."""
    other: str = ""
    """The arm that it is tested against; empty: none."""
    p: float | None = None
    """Two-sided p value of the paired test over subjects."""
    p_holm: float | None = None
    """The same, adjusted for all tests of the column."""


def plane_cells(
    predictions: Predictions, against: str, options: ReportOptions
) -> list[Cell]:
    """Compare arms by macro F1, without background where there is one.

    Args:
        predictions: Of all arms, from one transfer.
        against: An arm of the file, or ``best``.
        options: How numbers are made.

    Raises:
        ReportError: there is no such arm, or arms predicted different frames.
    """
    _require_arm(against, list(predictions.arms))
    foreground_C = np.array([n != options.background for n in predictions.classes])
    figure = "macro_f1" if foreground_C.all() else "macro_f1_foreground"
    parts = {(e.arm, e.protocol, e.fraction): e for e in evaluate(predictions)}
    rows = build_table(predictions, options).rows

    def test(arm: str, other: str, column: Column) -> float:
        mine, its = (parts[name, *column[1:]] for name in (arm, other))
        return planes_p(mine, its, foreground_C, options)

    return _columns(_cells(rows, (figure,), list(predictions.arms)), against, test)


def saliency_cells(
    predictions: SaliencyPredictions, against: str, options: ReportOptions
) -> list[Cell]:
    """Compare arms by KL divergence and NSS; see :func:`plane_cells`.

    The static map, which has no protocol, stands in every column.
    """
    _require_arm(against, list(predictions.arms))
    parts = {part.key: part for part in score(predictions, options.seed)}
    rows = build_saliency_table(predictions, options).rows
    protocols = sorted({row.protocol for row in rows} - {STATIC})
    everywhere = [
        replace(row, protocol=protocol)
        for row in rows
        for protocol in (protocols if row.protocol == STATIC else [row.protocol])
    ]

    def test(arm: str, other: str, column: Column) -> float:
        mine, its = (
            parts[name, STATIC if name == STATIC else column.protocol, column.fraction]
            for name in (arm, other)
        )
        return saliency_p(mine, its, column.figure, options)

    cells = _cells(everywhere, SALIENCY, list(predictions.arms))
    return _columns(cells, against, test)


def _require_arm(against: str, arms: Sequence[str]) -> None:
    if against != BEST and against not in arms:
        raise ReportError(
            f"no arm {against!r} to compare with; there are {', '.join(arms)}, or "
            f"{BEST!r} for the best other arm"
        )


def _cells(
    rows: Sequence[Row], figures: Sequence[str], arms: Sequence[str]
) -> Iterator[Cell]:
    """Figures and gains of what learnt from labels, arms in the order of the file."""
    for figure in figures:
        for arm in arms:
            for row in rows:
                if row.arm == arm and row.fraction is not None:
                    yield Cell(
                        arm=arm,
                        column=Column(figure, row.protocol, row.fraction),
                        value=row.figures[figure],
                        gain=row.gains.get(figure),
                    )


def _columns(
    cells: Iterator[Cell], against: str, test: Callable[[str, str, Column], float]
) -> list[Cell]:
    """Test the arms of every column, and adjust the p values within it."""
    by_column: dict[Column, list[Cell]] = {}
    for cell in cells:
        by_column.setdefault(cell.column, []).append(cell)
    return [
        cell
        for column, mine in by_column.items()
        for cell in _tested(column, mine, against, test)
    ]


def _tested(
    column: Column,
    cells: Sequence[Cell],
    against: str,
    test: Callable[[str, str, Column], float],
) -> list[Cell]:
    others = [_other(cell, cells, against) for cell in cells]
    p_M = np.array(
        [
            test(cell.arm, other, column) if other else math.nan
            for cell, other in zip(cells, others, strict=True)
        ]
    )
    return [
        replace(cell, other=other, p=float(p), p_holm=float(adjusted))
        if other
        else cell
        for cell, other, p, adjusted in zip(cells, others, p_M, holm(p_M), strict=True)
    ]


def _other(cell: Cell, cells: Sequence[Cell], against: str) -> str:
    """The arm that a cell is tested against; empty where it is not in the column."""
    others = [each for each in cells if each.arm != cell.arm]
    if against != BEST:
        return against if against in {each.arm for each in others} else ""
    sign = -1 if cell.column.figure in LOWER_IS_BETTER else 1
    defined = [each for each in others if math.isfinite(each.value.value)]
    best = max(defined, key=lambda each: sign * each.value.value, default=None)
    return best.arm if best else ""
