"""What a comparison found, as tables: what every arm was given, and what it reached."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from insonify.report.tables.contrasts import Cell
from insonify.report.tables.wording import FIGURES
from insonify.studies.comparison import Comparison, Rates
from insonify.studies.grid import Grid, figure_cell, p_cell
from insonify.studies.question import Question
from insonify.studies.runs import frames_a_clip
from insonify.studies.tuning import Tried, figure_name
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


def budgeted(plan: Comparison, rates: Rates, runs: Path) -> list[Budgeted]:
    """What every arm was given, from its options and what its runs logged.

    Args:
        plan: What was run.
        rates: Which learning rates were chosen.
        runs: Folder of the finished runs.
    """
    folders: dict[str, list[Path]] = {}
    for run in plan.runs(rates):
        folders.setdefault(run.arm, []).append(runs / run.folder)
    return [
        Budgeted(
            arm=options.recipe,
            clips=options.batch,
            frames=options.batch * frames_a_clip(options),
            steps=plan.steps()[options.recipe],
            seconds=_seconds(folders[options.recipe], options.batch),
            rates=tuple(rates[options.recipe, fold] for fold in range(plan.folds)),
        )
        for options in plan.question.pretraining
    ]


def _seconds(runs: Iterable[Path], clips: int) -> float:
    """Median seconds of a step of ``clips`` clips, over all steps of finished runs."""
    rows = [row for run in runs for row in RunFolder(run).metrics()]
    speeds = [float(row["clips_a_second"]) for row in rows]
    return clips / statistics.median(speeds)


def tuning_grid(question: Question, tried: Sequence[Tried]) -> Grid:
    """The table of all trials, and whose figure chose among them."""
    notes = [
        f"Chosen by {figure_name(question)} of the fold's validation subjects, never "
        "of those whom it tests; the same rates for every arm.",
    ]
    if not question.nested:
        notes.append(
            "Fold 0 chooses for all, and fold 1 tests those whom fold 0 validates on: "
            "without --no-nested every fold chooses by its own."
        )
    return Grid(
        title="Which learning rates were tried",
        heads=("arm", "fold", "rate", "on validation subjects"),
        rows=tuple(
            (
                each.arm,
                f"{each.fold}",
                f"{each.rate:g}",
                "diverged" if each.figure is None else f"{each.figure:.3f}",
            )
            for each in tried
        ),
        notes=tuple(notes),
    )


def budget_grid(plan: Comparison, arms: Sequence[Budgeted]) -> Grid:
    """The table of what every arm was given."""
    asked = plan.question
    notes = [
        f"Equal: frames a step, {asked.equal}, learning rates to choose from.",
        "Steps took as long as stated on this machine, with what else ran on it.",
    ]
    if asked.foreign:
        notes.append(f"Trained by others: {', '.join(asked.foreign)}.")
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
        notes=tuple(notes),
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
