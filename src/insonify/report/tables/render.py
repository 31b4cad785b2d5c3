"""Tables as Markdown or JSON text, and the texts of their cells."""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from insonify.core.config import to_plain
from insonify.report.tables.grids import grids
from insonify.report.tables.rows import Row, Table
from insonify.report.tables.wording import (
    FIGURES,
    GAINS,
    MAIN,
    interval,
    number,
    p_words,
    primary_of,
    share,
)

SHORT = ("macro_f1", "macro_f1_foreground", "auroc", "balanced_accuracy", "kl", "nss")
"""The figures that are told first, in this order."""

_BESIDE = ("protocol", "labels", "subjects", "frames")
_CLASS_HEADS = (
    *("arm", "protocol", "labels", "class", "frames"),
    *("precision", "recall", "F1", "AUROC", "AP"),
)


def heads(
    table: Table, names: Sequence[str] = MAIN, gains: Sequence[str] = GAINS
) -> list[str]:
    """Heads of the columns that show the named figures and gains."""
    return [head for head, _ in _columns(table, names, gains)]


def cells(
    table: Table,
    joint: str,
    names: Sequence[str] = MAIN,
    gains: Sequence[str] = GAINS,
) -> list[list[str]]:
    """Texts of the figures, row by row; ``joint`` stands before the interval."""
    columns = _columns(table, names, gains)
    return [[joint.join(show(row)) for _, show in columns] for row in table.rows]


def as_markdown(tables: Sequence[Table]) -> str:
    """Every table, its notes, figures of classes, and the primary rows' confusions."""
    return "\n".join(map(_section, tables))


def as_json(said: Any) -> str:
    """Tables or other plain values as JSON; undefined numbers are null."""
    return json.dumps(_without_nan(to_plain(said)), indent=2, allow_nan=False) + "\n"


def primary_rows(table: Table) -> list[Row]:
    """Rows of the primary protocol, with the largest share of labels there is."""
    return primary_of(table.rows)


def _section(table: Table) -> str:
    lines = [f"# Task {table.task}", ""]
    lines += _grid(["arm", *_BESIDE, *heads(table)], _main_cells(table))
    lines += ["", *(f"- {note}" for note in table.notes), ""]
    if table.classes:
        lines += ["## Classes", "", *_grid(_CLASS_HEADS, _class_cells(table))]
    for row in primary_rows(table):
        if row.confusion:
            lines += ["", f"## {row.arm}, {row.protocol}: true class by decided", ""]
            lines += _grid(("", *table.classes), _confusion_cells(table, row))
    for grid in grids(table):
        lines += ["", f"## {grid.title}", "", *_grid(grid.heads, grid.rows), ""]
        lines += [f"- {note}" for note in grid.notes]
    return "\n".join(lines) + "\n"


def _columns(
    table: Table, names: Sequence[str], gains: Sequence[str]
) -> list[tuple[str, Callable[[Row], Sequence[str]]]]:
    """Head and texts of each column that has something in it."""
    columns = [
        (FIGURES[name], _reader(name))
        for name in names
        if any(name in row.figures for row in table.rows)
    ]
    return columns + [
        (f"gain in {FIGURES[name]}", _gain_reader(name))
        for name in gains
        if any(name in row.gains for row in table.rows)
    ]


def _reader(name: str) -> Callable[[Row], Sequence[str]]:
    return lambda row: interval(row.figures[name]) if name in row.figures else ()


def _gain_reader(name: str) -> Callable[[Row], Sequence[str]]:
    """Gain, interval, and p value where it was tested."""

    def show(row: Row) -> Sequence[str]:
        if name not in row.gains:
            return ()
        said = p_words(row.p_holm.get(name, math.nan))
        return (*interval(row.gains[name], "+"), *([said] if said else []))

    return show


def _main_cells(table: Table) -> list[list[str]]:
    beside = [
        (
            row.arm,
            row.protocol,
            share(row.fraction),
            str(row.subjects),
            str(row.frames),
        )
        for row in table.rows
    ]
    return [[*a, *b] for a, b in zip(beside, cells(table, " "), strict=True)]


def _class_cells(table: Table) -> list[list[str]]:
    return [
        [
            row.arm,
            row.protocol,
            share(row.fraction),
            of_class.name,
            str(of_class.support),
            *map(
                number,
                (
                    of_class.precision,
                    of_class.recall,
                    of_class.f1,
                    of_class.auroc,
                    of_class.average_precision,
                ),
            ),
        ]
        for row in table.rows
        for of_class in row.classes
    ]


def _confusion_cells(table: Table, row: Row) -> list[list[str]]:
    return [
        [name, *(f"{count:.0f}" for count in counts)]
        for name, counts in zip(table.classes, row.confusion, strict=True)
    ]


def _grid(names: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [names, ["---"] * len(names), *rows]
    return ["| " + " | ".join(_escaped(cell) for cell in line) + " |" for line in lines]


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
