"""The one sentence that a section of a report begins with."""

import math
from typing import Any, NamedTuple

from insonify.report.page.summary import answers
from insonify.report.page.table_charts import BARS
from insonify.report.tables.render import primary_rows
from insonify.report.tables.rows import Row, Table
from insonify.report.tables.statistics import Estimate
from insonify.report.tables.wording import FIGURES, LOWER_IS_BETTER, REFERENCES, number


class Headline(NamedTuple):
    """What a section says, in short."""

    word: str
    """better, worse, not told apart, or empty where nothing was compared."""
    sentence: str


def headline(table: Table, arms: dict[str, dict[str, Any]]) -> Headline:
    """How far the best arm gets, beside untrained weights and looking at no image."""
    rows = primary_rows(table)
    name = next((n for n in BARS if any(n in row.figures for row in rows)), None)
    if name is None:
        return Headline("", f"{len(table.rows)} rows of figures.")
    best = _best(rows, name)
    sentence = (
        f"Best is {best.arm} ({best.protocol}) with {_figure(name)} "
        f"{_interval(best.figures[name])} on {best.subjects} subjects"
    )
    base = arms.get(best.arm, {}).get("baseline")
    sentence += "".join(
        f"; untrained weights {number(row.figures[name].value)}"
        for row in rows
        if row.arm == base
    )
    sentence += _blind(table, name) + "."
    words = [word for word, _ in answers(table, arms)]
    return Headline(_word(words), sentence + _counted(words))


def _best(rows: list[Row], name: str) -> Row:
    sign = -1 if name in LOWER_IS_BETTER else 1
    there = [row for row in rows if name in row.figures]

    def worth(row: Row) -> float:
        value = row.figures[name].value
        return sign * value if math.isfinite(value) else -math.inf

    return max(there, key=worth)


def _blind(table: Table, name: str) -> str:
    """The best that is had without looking at the image."""
    marks = [
        row for row in table.rows if row.protocol in REFERENCES and name in row.figures
    ]
    if not marks:
        return ""
    mark = _best(marks, name)
    value = number(mark.figures[name].value)
    return f"; without looking at the image {value} ({mark.arm})"


def _counted(words: list[str]) -> str:
    """Of how many answers pretraining helped."""
    if not words:
        return ""
    better, worse = words.count("better"), words.count("worse")
    return (
        f" In {better} of {len(words)} comparisons pretraining did better than "
        f"untrained weights beyond the interval, in {worse} worse."
    )


def _word(words: list[str]) -> str:
    if not words:
        return ""
    return words[0] if len(set(words)) == 1 else "mixed"


def _figure(name: str) -> str:
    less = " (less is better)" if name in LOWER_IS_BETTER else ""
    return FIGURES[name].removesuffix(" ↓") + less


def _interval(found: Estimate) -> str:
    return f"{number(found.value)} [{number(found.low)}, {number(found.high)}]"
