"""What a page shows of calibration, tests, labels, events and subgroups of a table."""

import math
from typing import Any

from insonify.report.page.charts import COLOURS, Chart
from insonify.report.page.page import scripted
from insonify.report.tables.grids import grids
from insonify.report.tables.rows import Bin, Row, Table
from insonify.report.tables.wording import number, primary_of

_HEIGHT_PX = 360
_MOST = 16


def statistics_shown(table: Table) -> dict[str, Any]:
    """What the template ``statistics.html`` is given of a table.

    ``grids``: tables of texts; ``charts``: reliability diagrams, which belong to the
    first of them; ``bins``: their numbers; ``most``: rows that are shown unasked.
    """
    rows = [row for row in primary_of(table.rows) if row.reliability]
    return {
        "grids": grids(table),
        "most": _MOST,
        "charts": scripted([reliability_chart(rows)] if rows else []),
        "bins": [
            (row.arm, *_bin_cells(each))
            for row in rows
            for each in row.reliability
            if each.frames
        ],
    }


def reliability_chart(rows: list[Row]) -> Chart:
    """Share that is right by mean probability of the decided class, arm by arm."""
    lines = [
        _line(row, COLOURS[number % len(COLOURS)]) for number, row in enumerate(rows)
    ]
    perfect = {
        "type": "scatter",
        "mode": "lines",
        "name": "perfect",
        "x": [0, 1],
        "y": [0, 1],
        "hoverinfo": "skip",
        "line": {"dash": "dot", "width": 2, "color": "#8c8c8c"},
    }
    return Chart(
        title=f"Reliability, {rows[0].protocol}",
        data=[*lines, perfect],
        layout={
            "height": _HEIGHT_PX,
            "xaxis": {
                "range": [0, 1],
                "title": {"text": "mean probability of the decided class"},
            },
            "yaxis": {"range": [0, 1], "title": {"text": "share that is right"}},
        },
    )


def _line(row: Row, colour: str) -> dict[str, Any]:
    bins = [each for each in row.reliability if each.frames]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": row.arm,
        "x": [round(each.confidence, 4) for each in bins],
        "y": [round(each.accuracy.value, 4) for each in bins],
        "text": [f"{each.frames:.0f} frames" for each in bins],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "thickness": 1.2,
            "width": 3,
            "array": [_apart(each.accuracy.high, each.accuracy.value) for each in bins],
            "arrayminus": [
                _apart(each.accuracy.value, each.accuracy.low) for each in bins
            ],
        },
        "line": {"color": colour},
        "marker": {"color": colour},
    }


def _apart(high: float, low: float) -> float | None:
    return round(high - low, 4) if math.isfinite(high - low) else None


def _bin_cells(each: Bin) -> tuple[str, ...]:
    low, high = each.accuracy.low, each.accuracy.high
    return (
        f"{each.low:.2f} to {each.high:.2f}",
        f"{each.frames:.0f}",
        number(each.confidence),
        f"{number(each.accuracy.value)} [{number(low)}, {number(high)}]",
    )
