"""Pages: one HTML file each, which opens without a network."""

import json
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from insonify.report.charts import Chart
from insonify.report.render import number, share


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
    environment.filters |= {"number": number, "share": share, "pretty": _pretty}
    plotly = Markup(get_plotlyjs())
    return environment.get_template(template).render(plotly=plotly, **values)


def scripted(charts: Sequence[Chart]) -> list[tuple[str, int, Markup]]:
    """Title, height and specification of each chart."""
    return [
        (
            chart.title,
            chart.layout["height"],
            _script({"data": chart.data, "layout": chart.layout}),
        )
        for chart in charts
    ]


def _script(value: Any) -> Markup:
    """JSON that may stand inside a script element."""
    text = json.dumps(value, allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)
