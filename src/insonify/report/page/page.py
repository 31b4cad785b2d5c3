"""Pages: one HTML file each, which opens without a network."""

import json
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from insonify.report.page.charts import Chart
from insonify.report.tables.wording import number, share

_BRIEF = 11
"""Letters of a pseudonym that are shown under a picture."""


def page(template: str, **values: Any) -> str:
    """A template with its values as text.

    A content security policy in its head forbids the page to load anything, so that
    nothing of it can reach a network.
    """
    environment = Environment(
        loader=PackageLoader("insonify.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "share": share,
        "pretty": _pretty,
        "percent": percent,
        "brief": brief,
    }
    plotly = Markup(get_plotlyjs())
    return environment.get_template(template).render(plotly=plotly, **values)


def scripted(charts: Sequence[Chart]) -> list[tuple[str, int, Markup]]:
    """Title, height and specification of each chart."""
    return [
        (
            chart.title,
            chart.layout["height"],
            script({"data": chart.data, "layout": chart.layout}),
        )
        for chart in charts
    ]


def percent(part: float) -> str:
    """A share in whole percent, which no line break parts from its sign.

    >>> percent(0.714).split()
    ['71', '%']
    """
    return f"{part:.0%}".replace("%", "\u00a0%")


def brief(pseudonym: str) -> str:
    """The beginning of a pseudonym, to stand under a small picture.

    >>> brief("s-28d5ee87af762fd6")
    's-28d5ee87…'
    """
    return pseudonym if len(pseudonym) <= _BRIEF else pseudonym[: _BRIEF - 1] + "…"


def script(value: Any) -> Markup:
    """JSON that may stand inside a script element."""
    text = json.dumps(value, allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)
