"""Table 3: both tasks together against each alone, on the same subjects.

Legend: C classes.
"""

from typing import Final

import numpy as np

from insonify.core.predictions import Predictions
from insonify.core.saliency_predictions import SaliencyPredictions
from insonify.report.tables.comparison import planes_p, saliency_p
from insonify.report.tables.evaluation import Evaluated, evaluate
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.saliency_evaluation import Scored, score
from insonify.report.tables.saliency_table import saliency_gains
from insonify.report.tables.table import gains
from insonify.report.tables.wording import FIGURES as HEADS
from insonify.studies.grid import Grid, figure_cell, p_cell
from insonify.studies.published import JOINT, PLANES, SALIENCY, difference_cell

SINGLE: Final = ("order_only", "transform_only")


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
    paper = difference_cell(PLANES, single, "macro_f1")
    return [
        (single, "plane F1", protocol, figure_cell(found[name], "+"), p_cell(p), paper)
    ]


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
            HEADS[name],
            protocol,
            figure_cell(found[name], "+"),
            p_cell(saliency_p(joint, alone, name, options)),
            difference_cell(SALIENCY, single, name),
        )
        for name in ("kl", "nss")
    ]
