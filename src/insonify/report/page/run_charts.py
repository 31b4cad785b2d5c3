"""How pretraining went: every figure by step, the runs of a group together.

Legend: N rows of a curve, P points that are drawn, R runs.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from insonify.report.page.charts import COLOURS, Chart, translucent
from insonify.report.page.run_groups import RunGroup
from insonify.report.page.run_record import Curve
from insonify.report.tables.metrics import Floats

HELD_OUT: Final = "held_out."
"""What names of figures of held-out subjects begin with."""
SPEED: Final = ("learning_rate", "clips_a_second", "data_wait")
"""Figures of how it was taught, not of what was learnt."""
_TITLES: Final = {
    "loss": "loss",
    "learning_rate": "learning rate",
    "clips_a_second": "clips a second",
    "data_wait": "share of the time spent waiting for data",
    "held_out.knn": "held-out subjects: k-NN, balanced accuracy",
    "held_out.rank": "held-out subjects: effective rank of the features",
}
_POINTS: Final = 150
"""Points of a curve at most; of longer ones means over stretches are drawn."""
_HEIGHT: Final = 250
_LINE_PX: Final = 12
"""Height of a chart, and of a group's share of the legend above it."""
_BAND: Final = "none"
"""Plotly's mode of a trace of which only the filling is drawn."""


def title_of(name: str) -> str:
    """A figure of metrics.jsonl in words."""
    if name in _TITLES:
        return _TITLES[name]
    task, _, score = name.removeprefix(HELD_OUT).rpartition(".")
    words = f"{task}: {score}".replace("_", " ")
    return f"held-out subjects, {words}" if name.startswith(HELD_OUT) else words


def figure_names(groups: Sequence[RunGroup]) -> list[str]:
    """Every figure that some run has; parts of a loss that are all of it left out."""
    runs = [run for group in groups for run in group.runs]
    names = dict.fromkeys(name for run in runs for name in run.curves)
    return [
        name
        for name in names
        if not name.endswith(".loss")
        or any(
            not np.array_equal(run.curves[name].values_N, run.curves["loss"].values_N)
            for run in runs
            if name in run.curves
        )
    ]


def run_charts(groups: Sequence[RunGroup], names: Sequence[str]) -> Iterator[Chart]:
    """A chart of each figure that was measured more than once: mean and range."""
    for name in names:
        data = [
            trace
            for place, group in enumerate(groups)
            for trace in _traces(group, name, COLOURS[place % len(COLOURS)])
            if name not in SPEED or trace["mode"] != _BAND
        ]
        if any(len(trace["x"]) > 1 for trace in data):
            yield Chart(
                title=title_of(name),
                data=data,
                layout={
                    "height": _HEIGHT + _LINE_PX * len(groups),
                    "hovermode": "x",
                    "xaxis": {"title": {"text": "step"}, "rangemode": "tozero"},
                },
            )


def _traces(group: RunGroup, name: str, colour: str) -> Iterator[dict[str, Any]]:
    """Mean over the runs of a group, and the band from least to most."""
    curves = [run.curves[name] for run in group.runs if name in run.curves]
    if not curves:
        return
    steps_P, values_RP = common_points(curves)
    x = steps_P.tolist()
    if len(curves) > 1 and len(x) > 1:
        band = values_RP.max(0).tolist() + values_RP.min(0)[::-1].tolist()
        yield {
            "type": "scatter",
            "mode": _BAND,
            "x": x + x[::-1],
            "y": _rounded(band),
            "fill": "toself",
            "fillcolor": translucent(colour, 0.18),
            "hoverinfo": "skip",
            "showlegend": False,
            "legendgroup": group.name,
        }
    yield {
        "type": "scatter",
        "mode": "lines+markers" if len(x) < 20 else "lines",
        "name": group.name,
        "legendgroup": group.name,
        "x": x,
        "y": _rounded(values_RP.mean(0).tolist()),
        "line": {"color": colour, "width": 1.6},
    }


def common_points(curves: Sequence[Curve]) -> tuple[Floats, Floats]:
    """Curves at the same steps: (P,) and (R, P).

    Where all have few steps, those that all of them have; else the steps are cut into
    stretches, and the means over each are taken. What not all runs reached is left out.
    """
    end = min(int(curve.steps_N[-1]) for curve in curves)
    steps_P = np.unique(np.concatenate([curve.steps_N for curve in curves]))
    steps_P = steps_P[steps_P <= end].astype(np.float64)
    if len(steps_P) > _POINTS:
        edges = np.linspace(steps_P[0] - 1, end, _POINTS + 1)
        steps_P = edges[1:].round(1).astype(np.float64)
    else:
        edges = np.concatenate([steps_P[:1] - 1, steps_P])
    values_RP = np.stack([_means(curve, edges) for curve in curves])
    there_P = np.isfinite(values_RP).all(0)
    return steps_P[there_P], values_RP[:, there_P]


def _means(curve: Curve, edges: Floats) -> Floats:
    """Mean of the values of each stretch (edges[k], edges[k + 1]]; nan where none."""
    place_N = np.searchsorted(edges, curve.steps_N, "left") - 1
    inside_N = (place_N >= 0) & (place_N < len(edges) - 1)
    place_N, values_N = place_N[inside_N], curve.values_N[inside_N]
    size = len(edges) - 1
    counts_P = np.bincount(place_N, minlength=size)
    sums_P = np.bincount(place_N, values_N, minlength=size)
    with np.errstate(invalid="ignore"):
        means_P: Floats = sums_P / counts_P
    return means_P


def _rounded(values: Sequence[float]) -> list[float]:
    return [float(f"{value:.4g}") for value in values]
