"""A study's tables, beside those that were published.

Legend: C classes.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from insonify.core.predictions import Predictions
from insonify.core.saliency_predictions import SaliencyPredictions
from insonify.report.comparison import planes_p, saliency_p
from insonify.report.evaluation import Evaluated, evaluate
from insonify.report.options import ReportOptions
from insonify.report.render import FIGURES as HEADS
from insonify.report.rows import Row
from insonify.report.saliency_evaluation import FIGURES, Scored, score
from insonify.report.saliency_table import build_saliency_table, saliency_gains
from insonify.report.statistics import Estimate
from insonify.report.table import build_table, gains
from insonify.studies.published import PLANES, SALIENCY, Published
from insonify.transfer.arms import RANDOM, SUPERVISED

SINGLE: Final = ("order_only", "transform_only")
JOINT: Final = "siamese"
ORDER: Final = (
    *("random", "static", "order_only", "transform_only", "disentangled", "siamese"),
    *("gaze_point", "gaze_saliency", "imagenet", "sononet", "supervised"),
)
"""The order in which arms are shown; others come last."""
_PLANE_FIGURES: Final = {
    "macro_precision_foreground": "precision",
    "macro_recall_foreground": "recall",
    "macro_f1_foreground": "F1",
    "macro_f1": "F1 with background",
}
_SALIENCY_FIGURES: Final = {name: HEADS[name] for name in FIGURES}


@dataclass(frozen=True, kw_only=True)
class Grid:
    """One table as text."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = field(default=())


def planes_grids(predictions: Predictions, options: ReportOptions) -> list[Grid]:
    """Table 1 for every protocol: standard planes."""
    parts = {(p.arm, p.protocol): p for p in evaluate(predictions)}
    table = build_table(predictions, options)
    foreground_C = np.array([n != options.background for n in predictions.classes])
    figures = {k: v for k, v in _PLANE_FIGURES.items() if k in table.rows[0].figures}
    theirs = _names_there(predictions.arms)
    first = "macro_f1_foreground" if "macro_f1_foreground" in figures else "macro_f1"

    def p(arm: str, protocol: str) -> float:
        other = parts[predictions.arms[arm]["baseline"], protocol]
        return planes_p(parts[arm, protocol], other, foreground_C, options)

    return [
        Grid(
            title=f"Table 1. Standard planes, {protocol}",
            heads=("arm", *figures.values(), "gain in F1", "p", *_theirs("F1")),
            rows=tuple(
                (
                    row.arm,
                    *(_figure(row.figures[name]) for name in figures),
                    _gain(row, first),
                    _p(p(row.arm, protocol) if row.gains else None),
                    *_published(PLANES, theirs.get(row.arm, row.arm), "macro_f1"),
                )
                for row in _sorted(table.rows, protocol)
            ),
            notes=table.notes,
        )
        for protocol in predictions.facts["options"]["protocols"]
    ]


def saliency_grids(
    predictions: SaliencyPredictions, options: ReportOptions
) -> list[Grid]:
    """Table 2 for every protocol: saliency, with the static map in each."""
    parts = {(s.arm, s.protocol): s for s in score(predictions, options.seed)}
    table = build_saliency_table(predictions, options)
    figures = {k: v for k, v in _SALIENCY_FIGURES.items() if k in table.rows[0].figures}
    theirs = _names_there(predictions.arms)

    def p(arm: str, protocol: str) -> float:
        other = parts[predictions.arms[arm]["baseline"], protocol]
        return saliency_p(parts[arm, protocol], other, "kl", options)

    return [
        Grid(
            title=f"Table 2. Saliency ({predictions.task}), {protocol}",
            heads=(
                *("arm", *figures.values(), "gain in KL", "p", "gain in NSS"),
                *_theirs("KL"),
                *_theirs("NSS"),
            ),
            rows=tuple(
                (
                    row.arm,
                    *(_figure(row.figures[name]) for name in figures),
                    _gain(row, "kl"),
                    _p(p(row.arm, protocol) if row.gains else None),
                    _gain(row, "nss"),
                    *_published(SALIENCY, theirs.get(row.arm, row.arm), "kl"),
                    *_published(SALIENCY, theirs.get(row.arm, row.arm), "nss"),
                )
                for row in _sorted(table.rows, protocol, "static")
            ),
            notes=table.notes,
        )
        for protocol in predictions.facts["options"]["protocols"]
    ]


def ablation_grid(
    planes: Predictions, saliency: SaliencyPredictions, options: ReportOptions
) -> Grid:
    """Table 3: both tasks together against each alone, on the same subjects."""
    foreground_C = np.array([n != options.background for n in planes.classes])
    seen = {(e.arm, e.protocol): e for e in evaluate(planes)}
    looked = {(s.arm, s.protocol): s for s in score(saliency, options.seed)}
    rows = []
    for single in SINGLE:
        for protocol in planes.facts["options"]["protocols"]:
            pair = seen.get((JOINT, protocol)), seen.get((single, protocol))
            rows += _plane_rows(single, protocol, pair, foreground_C, options)
        for protocol in saliency.facts["options"]["protocols"]:
            both = looked.get((JOINT, protocol)), looked.get((single, protocol))
            rows += _saliency_rows(single, protocol, both, options)
    return Grid(
        title="Table 3. Both tasks together, minus one alone",
        heads=("against", "figure", "protocol", "difference", "p", "paper"),
        rows=tuple(rows),
    )


def as_markdown(grids: Sequence[Grid]) -> str:
    """The tables as Markdown."""
    lines: list[str] = []
    for grid in grids:
        lines += [f"## {grid.title}", ""]
        for row in (grid.heads, ("---",) * len(grid.heads), *grid.rows):
            lines.append("| " + " | ".join(row) + " |")
        lines += ["", *(f"- {note}" for note in grid.notes), ""]
    return "\n".join(lines)


def _plane_rows(
    single: str,
    protocol: str,
    pair: tuple[Evaluated | None, Evaluated | None],
    foreground_C: np.ndarray,
    options: ReportOptions,
) -> list[tuple[str, ...]]:
    joint, alone = pair
    if joint is None or alone is None:
        return []
    found = gains(joint, alone, foreground_C, options)
    name = "macro_f1" if foreground_C.all() else "macro_f1_foreground"
    p = planes_p(joint, alone, foreground_C, options)
    paper = _difference(PLANES, single, "macro_f1")
    return [(single, "plane F1", protocol, _figure(found[name], "+"), _p(p), paper)]


def _saliency_rows(
    single: str,
    protocol: str,
    pair: tuple[Scored | None, Scored | None],
    options: ReportOptions,
) -> list[tuple[str, ...]]:
    joint, alone = pair
    if joint is None or alone is None:
        return []
    found = saliency_gains(joint, alone, options)
    return [
        (
            single,
            _SALIENCY_FIGURES[name],
            protocol,
            _figure(found[name], "+"),
            _p(saliency_p(joint, alone, name, options)),
            _difference(SALIENCY, single, name),
        )
        for name in ("kl", "nss")
    ]


def _sorted(rows: Sequence[Row], *protocols: str) -> list[Row]:
    place = {arm: number for number, arm in enumerate(ORDER)}
    mine = [row for row in rows if row.protocol in protocols]
    return sorted(
        mine, key=lambda row: (place.get(row.arm.split(" ")[0], len(place)), row.arm)
    )


def _names_there(arms: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What the paper calls the twins of its own network, where ours have longer names.

    With foreign encoders there are untrained twins of several architectures.
    """
    own = str(arms[JOINT]["baseline"])
    return {own: RANDOM, own.replace(RANDOM, SUPERVISED, 1): SUPERVISED}


def _theirs(figure: str) -> tuple[str, str]:
    return f"paper: {figure}", f"paper: gain in {figure}"


def _published(published: Published, arm: str, name: str) -> tuple[str, str]:
    mine = published.get(arm, {}).get(name)
    if mine is None:
        return "", ""
    spread = "" if mine.spread is None else f" ±{mine.spread:.3g}"
    base = published[RANDOM][name].value
    gain = "" if arm == RANDOM else f"{mine.value - base:+.3f}"
    return f"{mine.value:.3f}{spread}", gain


def _difference(published: Published, single: str, name: str) -> str:
    joint, alone = (published[arm][name] for arm in (JOINT, single))
    return f"{joint.value - alone.value:+.3f}"


def _gain(row: Row, name: str) -> str:
    return _figure(row.gains[name], "+") if name in row.gains else ""


def _figure(estimate: Estimate, sign: str = "") -> str:
    if math.isnan(estimate.value):
        return "undefined"
    return f"{estimate.value:{sign}.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _p(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
