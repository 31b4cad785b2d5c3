"""A table as Markdown or JSON text."""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from insonify.core.config import to_plain
from insonify.report.rows import Row, Table
from insonify.report.statistics import Estimate

_FIGURES = {
    "macro_f1": "macro F1",
    "macro_f1_foreground": "macro F1 without background",
    "balanced_accuracy": "balanced accuracy",
    "auroc": "AUROC",
}
"""The figures that are shown, and their heads; JSON holds all of them."""

_BESIDE = ("protocol", "labels", "subjects", "frames")
_CLASS_HEADS = (
    *("arm", "protocol", "labels", "class", "frames"),
    *("precision", "recall", "F1", "AUROC", "AP"),
)
_GAIN = "macro_f1"
"""The figure whose gain over untrained weights is shown."""


def heads(table: Table) -> list[str]:
    """Heads of the columns that show figures."""
    return [head for head, _ in _columns(table)]


def cells(table: Table, joint: str) -> list[list[str]]:
    """Texts of the figures, row by row; ``joint`` stands before the interval."""
    columns = _columns(table)
    return [[joint.join(show(row)) for _, show in columns] for row in table.rows]


def as_markdown(table: Table) -> str:
    """The main table, its notes and the figures of every class, as Markdown."""
    lines = [f"# Task {table.task}", ""]
    lines += _grid(["arm", *_BESIDE, *heads(table)], _main_cells(table))
    lines += ["", *(f"- {note}" for note in table.notes), "", "## Classes", ""]
    lines += _grid(_CLASS_HEADS, _class_cells(table))
    return "\n".join(lines) + "\n"


def as_json(table: Table) -> str:
    """Every number of the table as JSON; undefined ones are null."""
    return json.dumps(_without_nan(to_plain(table)), indent=2, allow_nan=False) + "\n"


def _columns(table: Table) -> list[tuple[str, Callable[[Row], Sequence[str]]]]:
    """Head and texts of each column that has something in it."""
    columns = [
        (head, _reader("figures", name, ""))
        for name, head in _FIGURES.items()
        if any(name in row.figures for row in table.rows)
    ]
    if any(_GAIN in row.gains for row in table.rows):
        columns.append((f"gain in {_FIGURES[_GAIN]}", _reader("gains", _GAIN, "+")))
    return columns


def _reader(part: str, name: str, sign: str) -> Callable[[Row], Sequence[str]]:
    def show(row: Row) -> Sequence[str]:
        found: dict[str, Estimate] = getattr(row, part)
        return _interval(found[name], sign) if name in found else ()

    return show


def _interval(figure: Estimate, sign: str) -> Sequence[str]:
    """Such as ``0.757 ±0.012`` and ``[0.702, 0.811]``."""
    if math.isnan(figure.value):
        return ("undefined",)
    value = f"{figure.value:{sign}.3f}"
    spread = "" if math.isnan(figure.spread) else f" ±{figure.spread:.3f}"
    return value + spread, f"[{figure.low:.3f}, {figure.high:.3f}]"


def _main_cells(table: Table) -> list[list[str]]:
    beside = [
        (
            row.arm,
            row.protocol,
            _share(row.fraction),
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
            _share(row.fraction),
            of_class.name,
            str(of_class.support),
            *map(
                _number,
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


def _share(fraction: float | None) -> str:
    return "" if fraction is None else f"{fraction:.3g}"


def _number(value: float) -> str:
    return "undefined" if math.isnan(value) else f"{value:.3f}"


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
