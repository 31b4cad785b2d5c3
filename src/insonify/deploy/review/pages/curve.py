"""The chart of what labels have been worth, as SVG: its colours follow the page."""

from collections.abc import Sequence
from typing import Any, Final

from markupsafe import Markup

Point = dict[str, Any]
"""One entry of ``/api/curve``."""
_WIDTH: Final = 348
_HEIGHT: Final = 214
_LEFT: Final = 32
_RIGHT: Final = 10
_TOP: Final = 8
_BOTTOM: Final = 36
_TICKS: Final = 4


def chart(points: Sequence[Point]) -> Markup:
    """Macro F1 against labelled frames, with the interval where it is known."""
    most = _most(points)
    places = [(_x(point["labels"], most), point) for point in points]
    known = [(x, point) for x, point in places if point["low"] is not None]
    band = [(x, _y(point["high"])) for x, point in known]
    band += [(x, _y(point["low"])) for x, point in reversed(known)]
    return _CHART.format(
        size=f"0 0 {_WIDTH} {_HEIGHT}",
        words=words(points),
        grid=_grid(most),
        band=_path(band),
        line=_path([(x, _y(point["macro_f1"])) for x, point in places]),
        points=Markup("").join(_dot(x, point) for x, point in places),
    )


_CHART: Final = Markup(
    '<svg class="curve numbers" viewBox="{size}" role="img" aria-label="{words}">{grid}'
    '<polygon class="curve-band" points="{band}"/>'
    '<polyline class="curve-line" points="{line}"/>{points}</svg>'
)
_DOT: Final = Markup(
    '<g class="curve-point"><title>{words}</title><circle cx="{x:.1f}" cy="{y:.1f}" '
    'r="3.5"/><circle class="unseen-ink" cx="{x:.1f}" cy="{y:.1f}" r="11"/></g>'
)
_LINE: Final = Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>')
_TEXT: Final = Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>')


def words(points: Sequence[Point]) -> str:
    """The curve's last point in a line.

    >>> words([{"labels": 20, "macro_f1": 0.512, "low": 0.41, "high": 0.6}])
    'macro F1 0.51 (0.41 to 0.60) after 20 labelled frames'
    """
    return _told(points[-1]) if points else ""


def _told(point: Point) -> str:
    known = point["low"] is not None
    band = f" ({point['low']:.2f} to {point['high']:.2f})" if known else ""
    labels = point["labels"]
    frames = "frame" if labels == 1 else "frames"
    return f"macro F1 {point['macro_f1']:.2f}{band} after {labels:,} labelled {frames}"


def _dot(x: float, point: Point) -> Markup:
    return _DOT.format(x=x, y=_y(point["macro_f1"]), words=_told(point))


def _grid(most: int) -> Markup:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = []
    for k in range(_TICKS + 1):
        share = k / _TICKS
        x, y = _x(share * most, most), _y(share)
        parts.append(_LINE.format(_LEFT, y, right, y))
        parts.append(_TEXT.format(_LEFT - 6, y + 4, "end", f"{share:g}"))
        parts.append(_TEXT.format(x, bottom + 15, "middle", f"{share * most:,.0f}"))
    middle = (_LEFT + right) / 2
    parts.append(_TEXT.format(middle, _HEIGHT - 4, "middle", "labelled frames"))
    return Markup('<g class="curve-grid">{}</g>').format(Markup("").join(parts))


def _most(points: Sequence[Point]) -> int:
    """A round number of labels at or above the most there are.

    >>> [_most([{"labels": n}]) for n in (3, 12, 42, 999)]
    [4, 12, 80, 1200]
    """
    need = max([point["labels"] for point in points], default=1)
    scale = 1
    while True:
        for step in (4, 8, 12, 20, 28):
            if step * scale >= need:
                return step * scale
        scale *= 10


def _x(labels: float, most: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * labels / most


def _y(share: float) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - share)


def _path(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
