"""``insonify compare``."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

import tyro
from rich.markdown import Markdown

from insonify.cli.console import console
from insonify.cli.study import (
    PLAN,
    fitted,
    known_plan,
    planes_file,
    require_budget,
    run_folder,
    saliency_file,
    train,
    train_all,
    transfer,
)
from insonify.core.config import save_config, to_plain
from insonify.core.errors import ConfigError, DivergedError
from insonify.core.files import write_bytes
from insonify.core.predictions import read_predictions
from insonify.core.saliency_predictions import read_saliency
from insonify.report.contrasts import BEST, Cell, plane_cells, saliency_cells
from insonify.report.options import ReportOptions
from insonify.report.render import as_json
from insonify.store import Store
from insonify.studies.asking import alike, recipes_of
from insonify.studies.compared import Budgeted, budget_grid, contrast_grid, seconds_of
from insonify.studies.comparison import Comparison, Equal, Question, Rates
from insonify.studies.grid import as_markdown
from insonify.studies.pace import step_seconds
from insonify.studies.plan import SMALL_PLANES
from insonify.studies.runs import frames_a_clip
from insonify.studies.tuning import Tried, choose, figure_name, figure_of
from insonify.train.options import PretrainOptions
from insonify.transfer.planes import PlanesOptions
from insonify.transfer.saliency import SaliencyOptions
from insonify.transfer.saliency_options import Decoder


@dataclass(frozen=True, kw_only=True)
class Compare:
    """Compare pretraining recipes fairly, on one store.

    All arms have the same encoder and see as many frames a step, make as many steps or
    train for as long, and may choose among the same learning rates, by subjects of
    validation. Untrained weights are always among them. Every arm is tested against
    another on the same subjects, with p values adjusted by Holm's method. The same
    command goes on where it was interrupted.
    """

    store: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="STORE")]
    """The store: videos with labels of --task, or gaze."""
    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="OUT")]
    """Folder for runs, predictions and tables; made if it is not there."""
    arms: Annotated[tuple[str, ...], tyro.conf.arg(metavar="ARM")]
    """Recipes, and encoders that others trained as NAME=CHECKPOINT (see `insonify
    adopt`)."""
    task: str | None = "plane"
    """Labels to test on; None: no labels."""
    saliency: bool = False
    """Test on gaze too, with a head on the frozen encoder."""
    encoder: str | None = None
    """Backbone of all arms; None: that which the recipes share."""
    size: tuple[int, int] | None = None
    """Rows and columns of the frames; None: those which the recipes share."""
    frames: int = 192
    """Frames a step, of every arm; the nearest number that whole clips fill."""
    steps: int = 300
    """Steps of every arm; where they train equally long, of the first."""
    equal: Equal = "steps"
    """What all arms have as much of: steps, or seconds of training on this machine,
    from a short timing of each when the study begins."""
    rates: tuple[float, ...] = (0.001,)
    """Learning rates; with several, every arm is given the best of them by validation
    subjects: by k-NN on --task, without one by the effective rank of the features."""
    nested: bool = False
    """Choose rates anew in every fold; else the first chooses for all."""
    folds: int = 3
    """Folds of subjects."""
    seeds: tuple[int, ...] = (0,)
    """Seeds; every encoder is trained once for each."""
    protocols: tuple[Literal["knn", "linear", "finetune"], ...] = ("knn", "linear")
    """How labels are learnt from."""
    fractions: tuple[float, ...] = (0.1, 1.0)
    """Shares of the labelled training subjects to learn from."""
    frames_per_video: int = 32
    """Frames to test on of every video, evenly spaced; 0: all."""
    budget: float | None = None
    """Minutes to spend on this machine: all steps are stretched by one factor, which
    is measured once. None: the steps asked for."""
    against: str = BEST
    """Arm that every other is tested against; best: the best of the others."""
    options: Annotated[ReportOptions, tyro.conf.arg(name="")] = field(
        default_factory=ReportOptions
    )

    def run(self) -> int:
        """Run what is not done, then the tables; 0 when done."""
        require_budget(self.budget)
        self._require_against()
        plan = self._plan()
        tried = list(self._try(plan))
        rates = choose(plan.question, tried)
        runs = list(plan.runs(rates))
        train_all(self.store, self.out, runs)
        transfer(self.store, self.out, plan, runs)
        self._tables(plan, tried, rates)
        return 0

    def _require_against(self) -> None:
        """Refuse an arm to test against that there will not be, before training."""
        names = [arm.partition("=")[0] for arm in self.arms]
        known = self.against in {BEST, *names} or self.against.startswith("random")
        if not known:
            raise ConfigError(
                f"no arm {self.against!r} to test against; there are "
                f"{', '.join(names)}, the untrained ones ('random' and the encoder's "
                f"name), or {BEST!r}"
            )

    def _plan(self) -> Comparison:
        """The plan of an earlier call, or a new one with its split."""
        fresh = Comparison(question=self._question())
        if (known := known_plan(self.out, fresh)) is not None:
            return known
        if self.folds < 3:
            raise ConfigError(
                f"a comparison needs three folds or more, found {self.folds}; without "
                "a third there is nobody to validate on"
            )
        store = Store.open(self.store)
        store.make_split(fresh.split, folds=self.folds, task=self.task, seed=0)
        store, question = Store.open(self.store), fresh.question
        if self.equal == "seconds":
            each = tuple(step_seconds(store, arm) for arm in question.pretraining)
            fresh = replace(fresh, step_seconds=each)
        plan = fitted(fresh, self.store, self.budget)
        save_config(plan, self.out / PLAN)
        return plan

    def _question(self) -> Question:
        split = f"compare-{self.folds}" + (f"-{self.task}" if self.task else "")
        recipes = alike(
            recipes_of(self.arms),
            encoder=self.encoder,
            size=self.size,
            frames=self.frames,
            steps=self.steps,
        )
        return Question(
            split=split,
            folds=self.folds,
            seeds=self.seeds,
            pretraining=tuple(
                replace(recipe, split=split, probe_task=self.task) for recipe in recipes
            ),
            rates=self.rates,
            nested=self.nested,
            equal=self.equal,
            planes=self._planes(split),
            saliency=self._saliency(split),
            foreign=tuple(arm for arm in self.arms if "=" in arm),
        )

    def _planes(self, split: str) -> PlanesOptions | None:
        if self.task is None:
            return None
        return PlanesOptions(
            task=self.task,
            split=split,
            protocols=self.protocols,
            finetune=SMALL_PLANES,
            fractions=self.fractions,
            seeds=self.seeds,
            frames_per_video=self.frames_per_video,
        )

    def _saliency(self, split: str) -> SaliencyOptions | None:
        if not self.saliency:
            return None
        return SaliencyOptions(
            split=split,
            protocols=("frozen",),
            frozen=Decoder(steps=400),
            fractions=self.fractions,
            seeds=self.seeds,
            frames_per_video=self.frames_per_video,
        )

    def _try(self, plan: Comparison) -> Iterator[Tried]:
        """Train every arm at every rate; one that diverges is out, not the study."""
        name = figure_name(plan.question)
        for run in plan.trials():
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
        if self.task is not None:
            seen = read_predictions(planes_file(self.out))
            cells += plane_cells(seen, self.against, self.options)
        if self.saliency:
            looked = read_saliency(saliency_file(self.out))
            cells += saliency_cells(looked, self.against, self.options)
        return cells

    def _tables(self, plan: Comparison, tried: list[Tried], rates: Rates) -> None:
        runs = list(plan.runs(rates))
        arms = [
            Budgeted(
                arm=options.recipe,
                clips=options.batch,
                frames=options.batch * frames_a_clip(options),
                steps=plan.steps()[options.recipe],
                seconds=seconds_of(
                    [run_folder(self.out, r) for r in runs if r.arm == options.recipe],
                    options.batch,
                ),
                rates=tuple(rates[options.recipe, f] for f in range(plan.folds)),
            )
            for options in plan.question.pretraining
        ]
        cells = self._cells()
        grids = [budget_grid(arms), contrast_grid(cells, self.options.resamples)]
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
        console.print(Markdown(text))
        console.print(f"Tables: {self.out / 'compare.md'}", soft_wrap=True)
