"""Charts as Plotly specifications: plain values, drawn in the browser."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from insonify.report.tables.statistics import Estimate

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c8c8c")
"""Okabe and Ito's: told apart by the colour-blind, on light ground and on dark."""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One chart."""

    title: str
    data: list[dict[str, Any]]
    """Traces, as Plotly takes them."""
    layout: dict[str, Any]
    """What differs from the layout of all charts."""


def interval_bars(
    name: str, places: Sequence[str], found: Sequence[Estimate], colour: str
) -> dict[str, Any]:
    """A trace of lying bars with their intervals."""
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "y": list(places),
        "x": [rounded(each.value) for each in found],
        "error_x": error_bars(found),
        "marker": {"color": colour},
    }


def error_bars(found: Sequence[Estimate]) -> dict[str, Any]:
    """The intervals, which need not be symmetric."""
    return {
        "type": "data",
        "symmetric": False,
        "thickness": 1.2,
        "width": 3,
        "array": [rounded(each.high - each.value) for each in found],
        "arrayminus": [rounded(each.value - each.low) for each in found],
    }


def coloured(names: Iterable[str]) -> list[tuple[str, str]]:
    """Every name once, and its colour."""
    once = dict.fromkeys(names)
    return [(name, COLOURS[n % len(COLOURS)]) for n, name in enumerate(once)]


def translucent(colour: str, opacity: float) -> str:
    """A colour of :data:`COLOURS` that lets through what is beneath.

    >>> translucent("#0072b2", 0.2)
    'rgba(0, 114, 178, 0.2)'
    """
    parts = ", ".join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5))
    return f"rgba({parts}, {opacity:g})"


def rounded(value: float) -> float | None:
    """Four digits; None, which is drawn as a gap, where it is undefined."""
    return round(value, 4) if math.isfinite(value) else None
