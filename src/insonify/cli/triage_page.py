"""The page that shows what triage did to a store."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from insonify.cli.triage_strips import Strip, cut_strips, motion_strips, video_strips
from insonify.ingest.triage.found import (
    Facts,
    Found,
    figure,
    frames_read,
    kept_thresholds,
)
from insonify.report.page.charts import COLOURS, Chart
from insonify.report.page.page import page, scripted
from insonify.store import Store

_BINS: Final = 30
_HEIGHT: Final = 230
_FIGURES: Final = {
    "brightness_least": ("darkest frame, mean grey level", "black"),
    "depth_ratio_least": ("least ratio of lower half to upper third", "lift_off"),
    "colour_most": ("largest share of coloured pixels", "colour"),
    "correlation_least": ("least correlation of neighbours", "cut_correlation"),
}
"""Triage's figures: what each is, and the threshold it is near to."""


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Strips of one kind."""

    title: str
    strips: tuple[Strip, ...]


def as_html(store: Store, facts: Mapping[str, Facts], found: Sequence[Found]) -> str:
    """The page as text."""
    return page(
        "triage.html",
        videos=len(facts),
        frames=len(store.frames()),
        read=frames_read(facts),
        rows=[table_row(each, len(facts)) for each in found],
        charts=scripted(list(_charts(store, facts, found))),
        examples=[each for each in _examples(store, found) if each.strips],
    )


def table_row(found: Found, videos: int) -> tuple[str, str, str, str]:
    """Rule, how much it found, in how many videos, and its thresholds."""
    looked = len(found.counts)
    of = f"{len(found.videos)} of {looked}"
    if looked < videos:
        of += f" ({videos - looked} not looked at)"
    settings = ", ".join(
        f"{option} {' / '.join(f'{value:g}' for value in values) or 'not kept'}"
        for option, values in found.thresholds.items()
    )
    return found.rule.name, f"{found.total} {found.rule.unit}", of, settings


def _charts(
    store: Store, facts: Mapping[str, Facts], found: Sequence[Found]
) -> Iterator[Chart]:
    for each in found:
        if each.total:
            per = "share of frames" if each.rule.unit.startswith("frames") else "count"
            yield _histogram(f"{each.rule.name}: {per}", each.shares, ())
    yield _histogram("median motion, grey levels", _motions(store), ())
    thresholds = kept_thresholds(facts)
    for name, (title, option) in _FIGURES.items():
        if values := figure(facts, name):
            yield _histogram(title, values, thresholds.get(option, ()))


def _motions(store: Store) -> list[float]:
    """Median motion of each video within its segments."""
    index = store.frames()
    parts = np.split(index.motion_N, index.starts_V()[1:])
    return [float(np.median(part[part > 0])) for part in parts if (part > 0).any()]


def _histogram(title: str, values: Sequence[float], marks: Sequence[float]) -> Chart:
    """Videos by a value, with dotted lines at thresholds."""
    counts, edges = np.histogram(values, _BINS)
    bars: dict[str, Any] = {
        "type": "bar",
        "x": [round(float(middle), 5) for middle in (edges[1:] + edges[:-1]) / 2],
        "y": counts.tolist(),
        "width": float(edges[1] - edges[0]),
        "marker": {"color": COLOURS[0]},
    }
    line = {"dash": "dot", "width": 2, "color": COLOURS[5]}
    shapes = [
        {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1}
        | {"line": line}
        for x in marks
    ]
    layout = {
        "height": _HEIGHT,
        "showlegend": False,
        "bargap": 0,
        "shapes": shapes,
        "yaxis": {"title": {"text": "videos"}, "rangemode": "tozero"},
    }
    return Chart(title=title, data=[bars], layout=layout)


def _examples(store: Store, found: Sequence[Found]) -> Iterator[Examples]:
    yield Examples(title="Least motion", strips=tuple(motion_strips(store, False)))
    yield Examples(title="Most motion", strips=tuple(motion_strips(store, True)))
    yield Examples(title="Both sides of cuts", strips=tuple(cut_strips(store)))
    for each in found:
        if each.rule.count in ("overlay_pixels", "split_screen"):
            strips = video_strips(store, each.videos, each.rule.name)
            yield Examples(title=f"Videos with {each.rule.name}", strips=tuple(strips))
