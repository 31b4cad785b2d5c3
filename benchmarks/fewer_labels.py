"""Few labels for a pretrained encoder against all of them for random weights, paired.

python benchmarks/fewer_labels.py OUT [OUT ...] [--arm insonify] [--fraction 0.1]

OUT is the folder of ``insonify compare``. What the arm predicted with a share of the
labelled subjects stands beside what its untrained twin predicted with all of them:
macro F1 (without background where there is one), 95 % bootstrap over subjects, both
resampled together, and a paired permutation test.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from table import show

from insonify.core.predictions import Predictions, concatenate, read_predictions
from insonify.report.tables.contrasts import Cell, plane_cells
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.statistics import Estimate
from insonify.studies.tested import PLANES, read_all


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, nargs="+")
    parser.add_argument("--arm", default="insonify")
    parser.add_argument("--fraction", type=float, default=0.1)
    arguments = parser.parse_args()
    arm, fraction = arguments.arm, arguments.fraction
    rows = [
        told(out, cell, twin)
        for out in arguments.out
        for cell, twin in cells(everything(out), arm, fraction)
    ]
    show("fewer_labels", rows)


def everything(out: Path) -> Predictions:
    """What all arms of a comparison predicted of planes."""
    return read_all(out, PLANES, read_predictions, concatenate)


def cells(
    predictions: Predictions, arm: str, fraction: float
) -> list[tuple[Cell, Cell]]:
    """The arm with few labels and its twin with all, by protocol."""
    twin = predictions.arms[arm]["baseline"]
    table = predictions.rows
    mine = pc.and_(pc.equal(table["arm"], arm), pc.equal(table["fraction"], fraction))
    its = pc.and_(pc.equal(table["arm"], twin), pc.equal(table["fraction"], 1.0))
    kept = table.filter(pc.or_(mine, its))
    whole = pa.array([1.0] * len(kept), pa.float64())
    kept = kept.set_column(kept.schema.get_field_index("fraction"), "fraction", whole)
    arms = {name: predictions.arms[name] for name in (arm, twin)}
    found = plane_cells(
        replace(predictions, arms=arms, rows=kept), twin, ReportOptions()
    )
    by_arm = {(cell.arm, cell.column.protocol): cell for cell in found}
    protocols = dict.fromkeys(cell.column.protocol for cell in found)
    return [(by_arm[arm, each], by_arm[twin, each]) for each in protocols]


def told(out: Path, cell: Cell, twin: Cell) -> dict[str, object]:
    """One row of the table."""
    assert cell.gain is not None
    assert cell.p is not None
    return {
        "study": out.name,
        "protocol": cell.column.protocol,
        "arm, few labels": figure(cell.value),
        "twin, all labels": figure(twin.value),
        "difference": figure(cell.gain),
        "p": cell.p,
    }


def figure(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


if __name__ == "__main__":
    main()
