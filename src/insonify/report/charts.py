"""Charts of a report as Plotly specifications: plain values, drawn in the browser.

Legend: H rows and W columns of a map.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from insonify.report.render import FIGURES
from insonify.report.rows import Row, Table
from insonify.report.statistics import Estimate

Chart = dict[str, Any]
"""``data`` and ``layout`` as Plotly takes them."""

_BARS = ("macro_f1", "macro_f1_foreground", "kl", "nss")
"""The figures that are drawn as bars, where a table has them."""


def bar_charts(table: Table) -> list[Chart]:
    """Arms by protocol with their intervals, one chart a figure."""
    return [
        _bars(table, name)
        for name in _BARS
        if any(name in row.figures for row in table.rows)
    ]


def confusion_chart(table: Table, row: Row) -> Chart:
    """Shares of each true class that were decided as which class."""
    counts = np.array(row.confusion)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1e-12)
    return {
        "data": [
            {
                "type": "heatmap",
                "x": list(table.classes),
                "y": list(table.classes),
                "z": shares.round(3).tolist(),
                "customdata": counts.round(1).tolist(),
                "hovertemplate": "true %{y}, decided %{x}: %{z:.0%}, "
                "%{customdata} frames<extra></extra>",
                "colorscale": "Viridis",
                "zmin": 0,
                "zmax": 1,
            }
        ],
        "layout": {
            "title": {"text": f"{row.arm}, {row.protocol}"},
            "yaxis": {"autorange": "reversed", "title": {"text": "true class"}},
            "xaxis": {"title": {"text": "decided class"}, "tickangle": -60},
            "height": 480,
        },
    }


def class_chart(rows: Sequence[Row]) -> Chart:
    """F1 of every class by arm, under one protocol."""
    return {
        "data": [
            {
                "type": "bar",
                "name": row.arm,
                "x": [each.name for each in row.classes],
                "y": [_rounded(each.f1) for each in row.classes],
            }
            for row in rows
        ],
        "layout": {
            "title": {"text": f"F1 of every class, {rows[0].protocol}"},
            "barmode": "group",
            "yaxis": {"range": [0, 1]},
            "xaxis": {"tickangle": -45},
        },
    }


def map_chart(title: str, map_HW: np.ndarray, points_P2: np.ndarray) -> Chart:
    """A saliency map with the points that were looked at."""
    height, width = map_HW.shape
    return {
        "data": [
            {
                "type": "heatmap",
                "z": (map_HW / map_HW.max()).round(3).tolist(),
                "colorscale": "Hot",
                "showscale": False,
                "hoverinfo": "skip",
            },
            {
                "type": "scatter",
                "mode": "markers",
                "x": (points_P2[:, 0] * width - 0.5).round(2).tolist(),
                "y": (points_P2[:, 1] * height - 0.5).round(2).tolist(),
                "marker": {"color": "cyan", "size": 5, "symbol": "x"},
                "hoverinfo": "skip",
            },
        ],
        "layout": {
            "title": {"text": title, "font": {"size": 12}},
            "height": 190,
            "margin": {"l": 4, "r": 4, "t": 30, "b": 4},
            "showlegend": False,
            "xaxis": {"visible": False, "range": [-0.5, width - 0.5]},
            "yaxis": {"visible": False, "range": [height - 0.5, -0.5]},
        },
    }


def _bars(table: Table, name: str) -> Chart:
    rows = [row for row in table.rows if name in row.figures]
    protocols = dict.fromkeys(row.protocol for row in rows)
    return {
        "data": [
            _bar(protocol, [row for row in rows if row.protocol == protocol], name)
            for protocol in protocols
        ],
        "layout": {
            "title": {"text": f"{FIGURES[name]}, 95 % interval over subjects"},
            "barmode": "group",
        },
    }


def _bar(protocol: str, rows: Sequence[Row], name: str) -> Chart:
    found: list[Estimate] = [row.figures[name] for row in rows]
    return {
        "type": "bar",
        "name": protocol,
        "x": [row.arm for row in rows],
        "y": [_rounded(each.value) for each in found],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [_rounded(each.high - each.value) for each in found],
            "arrayminus": [_rounded(each.value - each.low) for each in found],
        },
    }


def _rounded(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None
