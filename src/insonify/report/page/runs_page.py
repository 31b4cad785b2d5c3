"""What a page shows of pretraining runs."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from insonify.report.page.commands import pretrain_command
from insonify.report.page.page import scripted
from insonify.report.page.run_charts import (
    HELD_OUT,
    SPEED,
    figure_names,
    run_charts,
    title_of,
)
from insonify.report.page.run_groups import RunGroup, group_runs
from insonify.report.page.run_record import RunRecord


def runs_shown(runs: Sequence[RunRecord]) -> dict[str, Any]:
    """What the template ``runs.html`` is given."""
    groups = group_runs(runs)
    names = figure_names(groups)
    held = [name for name in names if name.startswith(HELD_OUT)]
    learnt = [name for name in names if name not in (*held, *SPEED)]
    speed = [name for name in SPEED if name in names]
    return {
        "said": runs_said(runs),
        "held": [title_of(name).removeprefix("held-out subjects: ") for name in held],
        "rows": [_row(group, held) for group in groups],
        "charts": {
            "While learning": scripted(list(run_charts(groups, learnt))),
            "On subjects that were held out": scripted(list(run_charts(groups, held))),
            "Learning rate and speed": scripted(list(run_charts(groups, speed))),
        },
        "configs": [_config(group) for group in groups],
    }


def runs_said(runs: Sequence[RunRecord]) -> str:
    """One sentence on all of them."""
    recipes = sorted({run.recipe for run in runs})
    finished = sum(run.finished for run in runs)
    state = "all finished" if finished == len(runs) else f"{finished} finished"
    hours = [run.hours for run in runs if math.isfinite(run.hours)]
    took = f"; {sum(hours):.1f} hours of training" if hours else ""
    count = f"{len(runs)} pretraining run{'s' if len(runs) > 1 else ''}"
    return f"{count} of {', '.join(recipes)}: {state}{took}."


def _row(group: RunGroup, held: Sequence[str]) -> list[str]:
    """The cells of a group's row in the table."""
    seeds, folds = (group.values(name) for name in ("seed", "fold"))
    speeds = [
        float(np.median(run.curves["clips_a_second"].values_N))
        for run in group.runs
        if "clips_a_second" in run.curves
    ]
    return [
        group.name,
        f"{group.finished} of {len(group.runs)}",
        ", ".join(map(str, folds)),
        ", ".join(map(str, seeds)),
        _range([run.steps for run in group.runs], "g"),
        _range(speeds, ".0f"),
        *(_range(list(_last(group, name)), ".3g") for name in held),
    ]


def _last(group: RunGroup, name: str) -> Iterator[float]:
    """The last value of a figure in each run that has it."""
    for run in group.runs:
        if name in run.curves:
            yield float(run.curves[name].values_N[-1])


def _range(values: Sequence[float], form: str) -> str:
    """Mean, and least to most where they differ; empty where there is none."""
    if not values:
        return ""
    mean = f"{float(np.mean(values)):{form}}"
    low, high = (f"{end(values):{form}}" for end in (min, max))
    return mean if low == high else f"{mean}\n{low} to {high}"


def _config(group: RunGroup) -> dict[str, Any]:
    first = group.runs[0]
    return {
        "name": group.name,
        "command": pretrain_command(first.options),
        "runs": len(group.runs),
        "config": first.config,
        "environments": list(_once([run.environment for run in group.runs])),
        "provenance": {k: v for k, v in first.provenance.items() if k != "subjects"}
        | {"subjects": len(first.provenance.get("subjects", []))},
    }


def _once(found: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for place, each in enumerate(found):
        if each not in found[:place]:
            yield each
