"""``insonify compare``."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import tyro

from insonify.cli.console import console
from insonify.cli.grids import show_grids
from insonify.cli.side_by_side import require_jobs, train_all, train_side_by_side
from insonify.cli.study import (
    PLAN,
    fitted,
    known_plan,
    require_budget,
    run_folder,
    train,
    transfer,
)
from insonify.core.config import save_config, to_plain
from insonify.core.errors import ConfigError, DivergedError
from insonify.core.files import write_bytes
from insonify.core.predictions import concatenate, read_predictions
from insonify.core.saliency_predictions import concatenate_saliency, read_saliency
from insonify.report.tables.contrasts import BEST, Cell, plane_cells, saliency_cells
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.render import as_json
from insonify.store import Store
from insonify.studies.asking import Asked
from insonify.studies.compared import budget_grid, budgeted, contrast_grid, tuning_grid
from insonify.studies.comparison import Comparison, Rates
from insonify.studies.grid import as_markdown
from insonify.studies.pace import step_seconds
from insonify.studies.ready import require_initial, require_libraries
from insonify.studies.tested import PLANES, SALIENCY, read_all
from insonify.studies.tuning import Tried, choose, figure_name, figure_of
from insonify.train.options import PretrainOptions


@dataclass(frozen=True, kw_only=True)
class Compare:
    """Compare pretraining recipes fairly, on one store.

    All arms have the same encoder and see as many frames a step, make as many steps or
    train for as long, and may choose among the same learning rates, by subjects of
    validation. Untrained weights are always among them. Every arm is tested against
    another on the same subjects, with p values adjusted by Holm's method. The same
    command goes on where it was interrupted; with further arms or seeds it adds them.
    """

    store: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="STORE")]
    """The store: videos with labels of --task, or gaze."""
    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="OUT")]
    """Folder for runs, predictions and tables; made if it is not there."""
    budget: float | None = None
    """Minutes to spend on this machine: all steps are stretched by one factor, which
    is measured once. None: the steps asked for."""
    jobs: int = 1
    """Encoders that are trained at once, each in a process that has its share of the
    cores; two are a third faster than one on two cores. --budget reckons with one."""
    against: str = BEST
    """Arm that every other is tested against; best: the best of the others."""
    asked: Annotated[Asked, tyro.conf.arg(name="")]
    options: Annotated[ReportOptions, tyro.conf.arg(name="")] = field(
        default_factory=ReportOptions
    )

    def run(self) -> int:
        """Run what is not done, then the tables; 0 when done."""
        require_budget(self.budget)
        require_jobs(self.jobs)
        self._require_against()
        plan = self._plan()
        tried = list(self._try(plan))
        rates = choose(plan.question, tried)
        runs = list(plan.runs(rates))
        train_all(self.store, self.out, runs, self.jobs)
        transfer(self.store, self.out, plan, runs)
        self._tables(plan, tried, rates)
        return 0

    def _require_against(self) -> None:
        """Refuse an arm to test against that there will not be, before training."""
        names = [arm.partition("=")[0] for arm in self.asked.arms]
        known = self.against in {BEST, *names} or self.against.startswith("random")
        if not known:
            raise ConfigError(
                f"no arm {self.against!r} to test against; there are "
                f"{', '.join(names)}, the untrained ones ('random' and the encoder's "
                f"name), or {BEST!r}"
            )

    def _plan(self) -> Comparison:
        """The plan of an earlier call, or a new one with its split."""
        fresh = Comparison(question=self.asked.question())
        require_libraries(fresh)
        if (known := known_plan(self.out, fresh)) is not None:
            save_config(known, self.out / PLAN)
            return known
        store = Store.open(self.store)
        store.make_split(fresh.split, folds=fresh.folds, task=self.asked.task, seed=0)
        store, question = Store.open(self.store), fresh.question
        require_initial(question, store)
        if question.equal == "seconds":
            each = tuple(step_seconds(store, arm) for arm in question.pretraining)
            fresh = replace(fresh, step_seconds=each)
        plan = fitted(fresh, self.store, self.budget)
        save_config(plan, self.out / PLAN)
        return plan

    def _try(self, plan: Comparison) -> Iterator[Tried]:
        """Train every arm at every rate; one that diverges is out, not the study."""
        name, trials = figure_name(plan.question), list(plan.trials())
        train_side_by_side(self.store, self.out, trials, self.jobs)
        for run in trials:
            console.rule(f"trial: {run.folder}", align="left")
            assert isinstance(run.options, PretrainOptions)
            figure: float | None = None
            try:
                train(self.store, self.out, run)
                figure = figure_of(run_folder(self.out, run), name)
            except DivergedError as error:
                console.print(f"{error}", style="red", markup=False)
            yield Tried(
                arm=run.arm,
                fold=run.options.fold,
                rate=run.options.optimisation.learning_rate,
                figure=figure,
            )

    def _cells(self) -> list[Cell]:
        cells: list[Cell] = []
        if self.asked.task is not None:
            seen = read_all(self.out, PLANES, read_predictions, concatenate)
            cells += plane_cells(seen, self.against, self.options)
        if self.asked.saliency:
            looked = read_all(self.out, SALIENCY, read_saliency, concatenate_saliency)
            cells += saliency_cells(looked, self.against, self.options)
        return cells

    def _tables(self, plan: Comparison, tried: list[Tried], rates: Rates) -> None:
        arms = budgeted(plan, rates, self.out / "runs")
        cells = self._cells()
        grids = [
            budget_grid(plan, arms),
            contrast_grid(cells, self.options.resamples),
        ]
        if tried:
            grids.insert(0, tuning_grid(plan.question, tried))
        text = as_markdown(grids)
        found = {
            "plan": to_plain(plan),
            "tried": to_plain(tried),
            "arms": to_plain(arms),
            "cells": [
                {**vars(cell), "column": cell.column._asdict()} for cell in cells
            ],
        }
        write_bytes(self.out / "compare.md", text.encode())
        write_bytes(self.out / "compare.json", as_json(found).encode())
        show_grids(grids, console)
        console.print(f"Tables: {self.out / 'compare.md'}", soft_wrap=True)
