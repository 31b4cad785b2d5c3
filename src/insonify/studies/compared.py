"""What a comparison found, as tables: what every arm was given, and what it reached."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from insonify.report.contrasts import Cell
from insonify.report.render import FIGURES
from insonify.studies.grid import Grid, figure_cell, p_cell
from insonify.train.run_folder import RunFolder


@dataclass(frozen=True, kw_only=True)
class Budgeted:
    """What an arm was given."""

    arm: str
    clips: int
    """Clips a step."""
    frames: int
    """Frames a step that the encoder saw."""
    steps: int
    seconds: float
    """Median wall-clock seconds of a step, over its runs."""
    rates: tuple[float, ...]
    """The learning rate of every fold."""


def seconds_of(runs: Iterable[Path], clips: int) -> float:
    """Median seconds of a step of ``clips`` clips, over all steps of finished runs."""
    rows = [row for run in runs for row in RunFolder(run).metrics()]
    speeds = [float(row["clips_a_second"]) for row in rows]
    return clips / statistics.median(speeds)


def budget_grid(arms: Sequence[Budgeted]) -> Grid:
    """The table of what every arm was given."""
    return Grid(
        title="What every arm was given",
        heads=("arm", "frames a step", "clips a step", "steps", "s a step", "rate"),
        rows=tuple(
            (
                each.arm,
                f"{each.frames}",
                f"{each.clips}",
                f"{each.steps}",
                f"{each.seconds:.2f}",
                ", ".join(dict.fromkeys(f"{rate:g}" for rate in each.rates)),
            )
            for each in arms
        ),
        notes=(
            "Steps took as long as stated on this machine, with what else ran on it.",
        ),
    )


def contrast_grid(cells: Sequence[Cell], resamples: int) -> Grid:
    """The table of what every arm reached, its gain and its test, column by column."""
    return Grid(
        title="What every arm reached",
        heads=(
            *("figure", "protocol", "labels", "arm", "value", "gain over random"),
            *("against", "p", "p, Holm"),
        ),
        rows=tuple(
            (
                FIGURES[cell.column.figure],
                cell.column.protocol,
                f"{cell.column.fraction:.0%}",
                cell.arm,
                figure_cell(cell.value),
                "" if cell.gain is None else figure_cell(cell.gain, "+"),
                cell.other,
                p_cell(cell.p),
                p_cell(cell.p_holm),
            )
            for cell in cells
        ),
        notes=(
            "Labels: the share of labelled training subjects that was learnt from.",
            "Intervals: 95 % bootstrap over test subjects, gains paired; "
            f"{resamples} resamples.",
            "p: paired permutation of test subjects, two-sided; Holm's adjustment is "
            "over the arms of a figure, protocol and share of labels.",
        ),
    )
