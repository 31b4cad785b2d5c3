"""Charts of a table's rows: arms by protocol, by share of labels and by class."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from insonify.report.page.charts import (
    Chart,
    coloured,
    error_bars,
    interval_bars,
    rounded,
)
from insonify.report.tables.rows import Row, Table
from insonify.report.tables.statistics import Estimate
from insonify.report.tables.wording import FIGURES, PROTOCOLS, REFERENCES, share

BARS: Final = ("macro_f1", "macro_f1_foreground", "kl", "nss")
"""The figures that are drawn, where a table has them."""
_SHARES: Final = frozenset({"macro_f1", "macro_f1_foreground"})
"""Figures between 0 and 1."""
_BAR_PX: Final = 22
_CLASS_BAR_PX: Final = 13
_AROUND_PX: Final = 110
"""Height of a bar, and of everything that is not a bar."""


def bar_charts(table: Table) -> list[Chart]:
    """Arms by protocol with their intervals, all labels used, one chart a figure."""
    learnt, references = _full(table), _references(table)
    return [
        _bars(name, learnt, references)
        for name in BARS
        if any(name in row.figures for row in learnt)
    ]


def label_charts(table: Table) -> list[Chart]:
    """The first figure by share of labels, a chart for each protocol that learns.

    None where only one share was used. Arms without pretraining are dashed.
    """
    learnt = [row for row in table.rows if row.fraction is not None]
    if len({row.fraction for row in learnt}) < 2:
        return []
    name = next(name for name in BARS if name in learnt[0].figures)
    colours = coloured(row.arm for row in learnt)
    there = {row.protocol for row in learnt}
    return [
        _by_labels([row for row in learnt if row.protocol == protocol], name, colours)
        for protocol in PROTOCOLS
        if protocol in there
    ]


def _by_labels(
    rows: Sequence[Row], name: str, colours: Sequence[tuple[str, str]]
) -> Chart:
    shares = sorted({row.fraction or 0.0 for row in rows})
    mine = {arm: [row for row in rows if row.arm == arm] for arm, _ in colours}
    return Chart(
        title=f"{FIGURES[name]} by share of labels, {rows[0].protocol}",
        data=[
            _line(arm, mine[arm], name, colour) for arm, colour in colours if mine[arm]
        ],
        layout={
            "height": 340,
            "xaxis": {
                "title": {"text": "share of the labelled training subjects"},
                "type": "log",
                "tickvals": shares,
                "ticktext": [share(each) for each in shares],
            },
        },
    )


def class_chart(rows: Sequence[Row]) -> Chart:
    """F1 of every class by arm, under one protocol."""
    classes = len(rows[0].classes)
    return Chart(
        title=f"F1 of every class, {rows[0].protocol}",
        data=[
            {
                "type": "bar",
                "orientation": "h",
                "name": row.arm,
                "y": [f"{each.name} ({each.support})" for each in row.classes],
                "x": [rounded(each.f1) for each in row.classes],
                "marker": {"color": colour},
            }
            for row, (_, colour) in zip(
                rows, coloured(row.arm for row in rows), strict=True
            )
        ],
        layout={
            "height": _AROUND_PX + _CLASS_BAR_PX * classes * (len(rows) + 1),
            "xaxis": {"range": [0, 1]},
            "yaxis": {"autorange": "reversed"},
        },
    )


def _full(table: Table) -> list[Row]:
    """Rows of every arm and protocol with the largest share of labels it has."""
    largest: dict[tuple[str, str], Row] = {}
    for row in table.rows:
        if row.fraction is not None and row.protocol not in REFERENCES:
            key = row.arm, row.protocol
            known = largest.get(key)
            if known is None or row.fraction > (known.fraction or 0.0):
                largest[key] = row
    return list(largest.values())


def _references(table: Table) -> list[Row]:
    return [row for row in table.rows if row.protocol in REFERENCES]


def _bars(name: str, rows: Sequence[Row], references: Sequence[Row]) -> Chart:
    marks = {row.arm: row.figures[name] for row in references if name in row.figures}
    bars = [
        _bar(protocol, [row for row in rows if row.protocol == protocol], name, colour)
        for protocol, colour in coloured(row.protocol for row in rows)
    ]
    return Chart(
        title=FIGURES[name],
        data=bars + [_mark(arm, mark, rows) for arm, mark in marks.items()],
        layout={
            "height": _AROUND_PX + _BAR_PX * (len(rows) + len(_arms(rows))),
            "xaxis": {"range": [0, 1]} if name in _SHARES else {"rangemode": "tozero"},
            "yaxis": {"autorange": "reversed"},
        },
    )


def _bar(protocol: str, rows: Sequence[Row], name: str, colour: str) -> dict[str, Any]:
    found = [row.figures[name] for row in rows]
    return interval_bars(protocol, [row.arm for row in rows], found, colour)


def _mark(arm: str, mark: Estimate, rows: Sequence[Row]) -> dict[str, Any]:
    """A dotted line from the first arm to the last at what needs no image."""
    ends = _arms(rows)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": arm,
        "x": [rounded(mark.value)] * len(ends),
        "y": ends,
        "line": {"dash": "dot", "width": 2, "color": "#8c8c8c"},
        "marker": {"symbol": "line-ns-open", "size": 16, "color": "#8c8c8c"},
    }


def _line(arm: str, rows: Sequence[Row], name: str, colour: str) -> dict[str, Any]:
    ordered = sorted(rows, key=lambda row: row.fraction or 0.0)
    found = [row.figures[name] for row in ordered]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": arm,
        "x": [row.fraction for row in ordered],
        "y": [rounded(each.value) for each in found],
        "error_y": error_bars(found),
        "line": {"color": colour, "dash": "solid" if ordered[0].gains else "dash"},
    }


def _arms(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(row.arm for row in rows))
