"""A study's tables, beside those that were published.

Legend: C classes.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from insonify.core.predictions import Predictions
from insonify.core.saliency_predictions import SaliencyPredictions
from insonify.report.tables.comparison import planes_p, saliency_p
from insonify.report.tables.evaluation import evaluate
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.rows import Row
from insonify.report.tables.saliency_evaluation import FIGURES, score
from insonify.report.tables.saliency_table import build_saliency_table
from insonify.report.tables.table import build_table
from insonify.report.tables.wording import FIGURES as HEADS
from insonify.studies.grid import Grid, figure_cell, p_cell
from insonify.studies.published import (
    PLANES,
    SALIENCY,
    names_there,
    published_cells,
    published_heads,
)

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


def planes_grids(predictions: Predictions, options: ReportOptions) -> list[Grid]:
    """Table 1 for every protocol: standard planes."""
    parts = {(p.arm, p.protocol): p for p in evaluate(predictions)}
    table = build_table(predictions, options)
    foreground_C = np.array([n != options.background for n in predictions.classes])
    figures = {k: v for k, v in _PLANE_FIGURES.items() if k in table.rows[0].figures}
    theirs = names_there(predictions.arms)
    first = "macro_f1_foreground" if "macro_f1_foreground" in figures else "macro_f1"

    def p(arm: str, protocol: str) -> float:
        other = parts[predictions.arms[arm]["baseline"], protocol]
        return planes_p(parts[arm, protocol], other, foreground_C, options)

    return [
        Grid(
            title=f"Table 1. Standard planes, {protocol}",
            heads=("arm", *figures.values(), "gain in F1", "p", *published_heads("F1")),
            rows=tuple(
                (
                    row.arm,
                    *(figure_cell(row.figures[name]) for name in figures),
                    _gain(row, first),
                    p_cell(p(row.arm, protocol) if row.gains else None),
                    *published_cells(PLANES, theirs.get(row.arm, row.arm), "macro_f1"),
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
    theirs = names_there(predictions.arms)

    def p(arm: str, protocol: str) -> float:
        other = parts[predictions.arms[arm]["baseline"], protocol]
        return saliency_p(parts[arm, protocol], other, "kl", options)

    return [
        Grid(
            title=f"Table 2. Saliency ({predictions.task}), {protocol}",
            heads=(
                *("arm", *figures.values(), "gain in KL", "p", "gain in NSS"),
                *published_heads("KL"),
                *published_heads("NSS"),
            ),
            rows=tuple(
                (
                    row.arm,
                    *(figure_cell(row.figures[name]) for name in figures),
                    _gain(row, "kl"),
                    p_cell(p(row.arm, protocol) if row.gains else None),
                    _gain(row, "nss"),
                    *published_cells(SALIENCY, theirs.get(row.arm, row.arm), "kl"),
                    *published_cells(SALIENCY, theirs.get(row.arm, row.arm), "nss"),
                )
                for row in _sorted(table.rows, protocol, "static")
            ),
            notes=table.notes,
        )
        for protocol in predictions.facts["options"]["protocols"]
    ]


def _sorted(rows: Sequence[Row], *protocols: str) -> list[Row]:
    place = {arm: number for number, arm in enumerate(ORDER)}
    mine = [row for row in rows if row.protocol in protocols]
    return sorted(
        mine, key=lambda row: (place.get(row.arm.split(" ")[0], len(place)), row.arm)
    )


def _gain(row: Row, name: str) -> str:
    return figure_cell(row.gains[name], "+") if name in row.gains else ""
