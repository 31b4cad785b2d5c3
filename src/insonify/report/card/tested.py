"""What predictions say of one encoder and its like, for a card."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from insonify.core import predictions as planes
from insonify.core import saliency_predictions as saliency
from insonify.core.described import kind_of
from insonify.core.errors import ReportError
from insonify.core.joining import PredictedRows
from insonify.core.predictions import Predictions
from insonify.core.saliency_predictions import STATIC, SaliencyPredictions
from insonify.report.card.arm import Arm, find_arm
from insonify.report.card.measured import (
    Blind,
    Measured,
    OfClass,
    blind_rows,
    measured,
    of_classes,
)
from insonify.report.card.run import RunFacts
from insonify.report.page.commands import transfer_commands
from insonify.report.page.summary import readings
from insonify.report.tables.groups import Groupings, groups_of_store
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.render import primary_rows
from insonify.report.tables.rows import Grouping, Table
from insonify.report.tables.saliency_table import build_saliency_table
from insonify.report.tables.statistics import Estimate
from insonify.report.tables.subgroups import subgroups
from insonify.report.tables.table import build_table
from insonify.report.tables.wording import CALIBRATION
from insonify.store import Store

P = TypeVar("P", bound=Predictions | SaliencyPredictions)

_MAKERS: Final[dict[str, tuple[Callable[..., Any], Callable[..., Table]]]] = {
    planes.KIND: (planes.concatenate, build_table),
    saliency.KIND: (saliency.concatenate_saliency, build_saliency_table),
}
"""Of each kind of predictions what joins files, and what makes figures of them."""


@dataclass(frozen=True, kw_only=True)
class Tested:
    """What one task's predictions say; plain values."""

    task: str
    store: str
    """Identity of the store that it was tested on."""
    split: str
    commands: tuple[str, ...]
    """What makes the predictions again."""
    arm: Arm
    subjects: int
    frames: int
    figures: tuple[Measured, ...]
    blind: tuple[Blind, ...]
    alone: tuple[Measured, ...]
    """Of this checkpoint alone, on the test subjects of its fold, primary protocol."""
    alone_subjects: int
    protocol: str
    """The primary one, of which classes are told."""
    calibration: dict[str, Estimate]
    """Of the same; empty for saliency."""
    classes: tuple[OfClass, ...]
    groupings: tuple[Grouping, ...]
    """By device, site and the like, in the primary protocol."""
    readings: tuple[str, ...]
    notes: tuple[str, ...]


def read_tested(
    paths: Sequence[Path],
    run: RunFacts,
    name: str | None,
    options: ReportOptions,
    store: Store | None,
) -> tuple[Tested, ...]:
    """What the files say of the run's arm, task by task.

    Args:
        paths: Files that `insonify transfer` wrote.
        run: The encoder.
        name: The arm that it is one of; None: that which names it, or its recipe.
        options: How numbers are made.
        store: What knows by what its videos are grouped.

    Raises:
        ReportError: a file is none of predictions, or no arm is of this run.
    """
    kinds: dict[tuple[str, str], list[PredictedRows]] = {}
    for path in paths:
        kind, part = _read(path)
        kinds.setdefault((kind, part.task), []).append(part)
    found = []
    for (kind, _), parts in sorted(kinds.items(), key=lambda each: each[0]):
        join, build = _MAKERS[kind]
        joined = join(parts)
        its = store if store is not None and store.id == joined.store else None
        found.append(_tested(joined, build, run, name, options=options, store=its))
    return tuple(found)


def _read(path: Path) -> tuple[str, Predictions | SaliencyPredictions]:
    kind = kind_of(path)
    if kind == planes.KIND:
        return kind, planes.read_predictions(path)
    if kind == saliency.KIND:
        return kind, saliency.read_saliency(path)
    raise ReportError(
        f"{path}: no predictions file; name one that `insonify transfer` wrote"
    )


def _tested(
    found: P,
    build: Callable[[P, ReportOptions], Table],
    run: RunFacts,
    name: str | None,
    *,
    options: ReportOptions,
    store: Store | None,
) -> Tested:
    arm = find_arm(found, run, name)
    mine = only(found, arm=[arm.name, str(arm.baseline), STATIC])
    table = build(mine, options)
    rows = [row for row in table.rows if row.arm == arm.name]
    widest = max(rows, key=lambda row: (row.subjects, row.frames))
    primary = next(row for row in primary_rows(table) if row.arm == arm.name)
    alone, alone_subjects = _alone(mine, build, arm, options)
    return Tested(
        task=table.task,
        store=found.store,
        split=str(found.rows["split"][0]),
        commands=tuple(transfer_commands(isinstance(found, Predictions), found.facts)),
        arm=arm,
        subjects=widest.subjects,
        frames=widest.frames,
        figures=tuple(measured(table, arm)),
        blind=tuple(blind_rows(table)),
        alone=alone,
        alone_subjects=alone_subjects,
        protocol=primary.protocol,
        calibration={
            name: primary.figures[name]
            for name in CALIBRATION
            if name in primary.figures
        },
        classes=tuple(of_classes(mine, primary, options))
        if isinstance(mine, Predictions)
        else (),
        groupings=subgroups(mine, _groups(mine, store), options),
        readings=tuple(readings(table)),
        notes=table.notes,
    )


def only(found: P, **kept: Sequence[Any]) -> P:
    """The rows that have one of the named values in each of the named columns."""
    rows = found.rows
    for column, values in kept.items():
        known = pa.array(list(values), rows[column].type)
        rows = rows.filter(pc.is_in(rows[column], value_set=known))
    return replace(found, rows=rows)


def _groups(mine: PredictedRows, store: Store | None) -> Groupings:
    tested = set(pc.unique(mine.rows["video"]).to_pylist())
    return {} if store is None else groups_of_store(store, tested)


def _alone(
    mine: P,
    build: Callable[[P, ReportOptions], Table],
    arm: Arm,
    options: ReportOptions,
) -> tuple[tuple[Measured, ...], int]:
    """Figures of the one checkpoint, and of how many subjects they are."""
    if arm.fold is None or not arm.seeds or arm.encoders == 1:
        return (), 0
    table = build(only(mine, fold=[arm.fold], seed=arm.seeds), options)
    primary = [row for row in primary_rows(table) if row.arm == arm.name]
    keys = {(row.protocol, row.fraction) for row in primary}
    found = [m for m in measured(table, arm) if (m.protocol, m.fraction) in keys]
    return tuple(found), max(row.subjects for row in primary)
