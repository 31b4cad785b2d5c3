"""Tables as Markdown or JSON text, and the texts of their cells."""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from insonify.core.config import to_plain
from insonify.report.rows import Row, Table
from insonify.report.statistics import Estimate

FIGURES = {
    "macro_f1": "macro F1",
    "macro_f1_foreground": "macro F1 without background",
    "macro_precision_foreground": "precision without background",
    "macro_recall_foreground": "recall without background",
    "macro_precision": "macro precision",
    "macro_recall": "macro recall",
    "balanced_accuracy": "balanced accuracy",
    "auroc": "AUROC",
    "kl": "KL ↓",
    "nss": "NSS",
    "auc": "AUC",
    "auc_judd": "AUC-Judd",
    "sauc": "shuffled AUC",
    "cc": "CC",
    "sim": "SIM",
    "ig": "IG, bits",
}
"""Every figure's head; an arrow down where less is better."""
LOWER_IS_BETTER = frozenset({"kl"})
SHORT = ("macro_f1", "macro_f1_foreground", "auroc", "balanced_accuracy", "kl", "nss")
"""The figures that are told first, in this order."""
GAINS = ("macro_f1", "kl", "nss")
"""The figures whose gain over untrained weights is shown."""

PROTOCOLS = ("finetune", "linear", "knn", "frozen")
"""A table's primary protocol is the first of these that it has."""

_BESIDE = ("protocol", "labels", "subjects", "frames")
_CLASS_HEADS = (
    *("arm", "protocol", "labels", "class", "frames"),
    *("precision", "recall", "F1", "AUROC", "AP"),
)


def heads(
    table: Table, names: Sequence[str] = tuple(FIGURES), gains: Sequence[str] = GAINS
) -> list[str]:
    """Heads of the columns that show the named figures and gains."""
    return [head for head, _ in _columns(table, names, gains)]


def cells(
    table: Table,
    joint: str,
    names: Sequence[str] = tuple(FIGURES),
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
    learnt = [row for row in table.rows if row.fraction is not None]
    there = {row.protocol for row in learnt}
    protocol = next((name for name in PROTOCOLS if name in there), None)
    mine = [row for row in learnt if row.protocol == protocol]
    widest = max((row.fraction or 0.0 for row in mine), default=0.0)
    return [row for row in mine if row.fraction == widest]


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
    return "\n".join(lines) + "\n"


def _columns(
    table: Table, names: Sequence[str], gains: Sequence[str]
) -> list[tuple[str, Callable[[Row], Sequence[str]]]]:
    """Head and texts of each column that has something in it."""
    columns = [
        (FIGURES[name], _reader("figures", name, ""))
        for name in names
        if any(name in row.figures for row in table.rows)
    ]
    return columns + [
        (f"gain in {FIGURES[name]}", _reader("gains", name, "+"))
        for name in gains
        if any(name in row.gains for row in table.rows)
    ]


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


def share(fraction: float | None) -> str:
    """A label fraction in words; empty for what learns from none."""
    return "" if fraction is None else f"{fraction:.3g}"


def number(value: float) -> str:
    """Three digits, or undefined."""
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
