"""A report as one HTML file that opens without a network."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from insonify.report.charts import Chart, bar_charts, class_chart, confusion_chart
from insonify.report.examples import Example
from insonify.report.render import FIGURES, GAINS, cells, heads
from insonify.report.rows import Row, Table

_LESS_IS_BETTER = ("kl",)


@dataclass(frozen=True, kw_only=True)
class Section:
    """One task of a report: its table, and what else is shown of it."""

    table: Table
    arms: dict[str, dict[str, Any]]
    """Provenance of the arms."""
    facts: dict[str, Any]
    """How the predictions were made."""
    examples: tuple[Example, ...] = field(default=())
    """Saliency maps of some frames."""


def as_html(sections: Sequence[Section]) -> str:
    """The report as text."""
    environment = Environment(
        loader=PackageLoader("insonify.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        sections=[_shown(section) for section in sections],
        plotly=Markup(get_plotlyjs()),
    )


def verdicts(table: Table) -> Iterator[str]:
    """What the gains say, in plain words."""
    for row in table.rows:
        for name in GAINS:
            if name in row.gains:
                yield _verdict(row, name)


def _verdict(row: Row, name: str) -> str:
    gain, head = row.gains[name], FIGURES[name].removesuffix(" ↓")
    less = name in _LESS_IS_BETTER
    better = gain.high < 0 if less else gain.low > 0
    worse = gain.low > 0 if less else gain.high < 0
    verb = (
        "is better than" if better else "is worse than" if worse else "is not told from"
    )
    return (
        f"{row.arm} ({row.protocol}) {verb} untrained weights in {head}: "
        f"{gain.value:+.3f}, 95 % interval {gain.low:+.3f} to {gain.high:+.3f}."
    )


def _shown(section: Section) -> dict[str, Any]:
    table = section.table
    with_classes = [row for row in table.rows if row.confusion]
    charts = list(map(_script, bar_charts(table)))
    for protocol in dict.fromkeys(row.protocol for row in with_classes):
        mine = [row for row in with_classes if row.protocol == protocol]
        charts.append(_script(class_chart(mine)))
    tested = max(table.rows, key=lambda row: row.frames)
    return {
        "table": table,
        "tested": tested,
        "verdicts": list(verdicts(table)),
        "heads": heads(table),
        "rows": list(zip(table.rows, cells(table, "\n"), strict=True)),
        "charts": charts,
        "confusions": [_script(confusion_chart(table, row)) for row in with_classes],
        "examples": [
            {"title": each.title, "maps": list(map(_script, each.charts))}
            for each in section.examples
        ],
        "arms": {
            name: json.dumps(card, indent=1) for name, card in section.arms.items()
        },
        "facts": json.dumps(section.facts, indent=1),
    }


def _script(chart: Chart) -> Markup:
    """JSON that may stand inside a script element."""
    text = json.dumps(chart).replace("<", "\\u003c").replace("&", "\\u0026")
    return Markup(text)
