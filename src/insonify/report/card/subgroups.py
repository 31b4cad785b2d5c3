"""Figures of an arm by what is known of the videos: device, probe, site.

Mitchell et al., FAT* 2019, section 4.7: results for each factor, not only on all.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from insonify.core.joining import PredictedRows
from insonify.report.card.arm import Arm
from insonify.report.card.measured import Measured, measured
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.rows import Row, Table

P = TypeVar("P", bound=PredictedRows)
Members = Mapping[str, Mapping[str, Sequence[str]]]
"""Videos by the value that they have of a factor, by factor."""


@dataclass(frozen=True, kw_only=True)
class Subgroup:
    """The test frames whose videos share a value."""

    factor: str
    name: str
    subjects: int
    frames: int
    figures: tuple[Measured, ...]


def only(found: P, **kept: Sequence[Any]) -> P:
    """The rows that have one of the named values in each of the named columns."""
    rows = found.rows
    for column, values in kept.items():
        known = pa.array(list(values), rows[column].type)
        rows = rows.filter(pc.is_in(rows[column], value_set=known))
    return replace(found, rows=rows)


def subgroups(
    found: P,
    build: Callable[[P, ReportOptions], Table],
    *,
    arm: Arm,
    primary: Row,
    members: Members,
    options: ReportOptions,
) -> Iterator[Subgroup]:
    """Figures of the row that is told first, for each value of each factor.

    A factor by which the test frames do not differ is left out.

    Args:
        found: Predictions of the arm and of untrained weights.
        build: What makes a table of them.
        arm: The arm.
        primary: The row that is told first.
        members: Videos by factor and value.
        options: How numbers are made.
    """
    mine = only(
        found,
        arm=[arm.name, str(arm.baseline)],
        protocol=[primary.protocol],
        fraction=[primary.fraction],
    )
    tested = set(pc.unique(mine.rows["video"]).to_pylist())
    for factor, values in members.items():
        there = {name: tested.intersection(its) for name, its in values.items()}
        there = {name: its for name, its in there.items() if its}
        for name, its in there.items() if len(there) > 1 else ():
            table = build(only(mine, video=sorted(its)), options)
            row = next(row for row in table.rows if row.arm == arm.name)
            yield Subgroup(
                factor=factor,
                name=name,
                subjects=row.subjects,
                frames=row.frames,
                figures=tuple(measured(table, arm)),
            )
