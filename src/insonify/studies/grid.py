"""Tables as text, and how their cells are written."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from insonify.report.tables.statistics import Estimate


@dataclass(frozen=True, kw_only=True)
class Grid:
    """One table as text."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = field(default=())


def as_markdown(grids: Sequence[Grid]) -> str:
    """The tables as Markdown."""
    lines: list[str] = []
    for grid in grids:
        lines += [f"## {grid.title}", ""]
        for row in (grid.heads, ("---",) * len(grid.heads), *grid.rows):
            lines.append("| " + " | ".join(row) + " |")
        lines += ["", *(f"- {note}" for note in grid.notes), ""]
    return "\n".join(lines)


def figure_cell(estimate: Estimate, sign: str = "") -> str:
    """A figure and its interval; ``sign`` is "+" where gains are shown.

    >>> figure_cell(Estimate(value=0.1, low=0.0, high=0.25, spread=0.0), "+")
    '+0.100 [0.000, 0.250]'
    """
    if math.isnan(estimate.value):
        return "undefined"
    return f"{estimate.value:{sign}.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def p_cell(value: float | None) -> str:
    """A p value; empty where nothing was tested."""
    return "" if value is None else f"{value:.4f}"
