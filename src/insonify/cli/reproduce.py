"""``insonify reproduce``."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from insonify.cli.console import console
from insonify.cli.grids import show_grids
from insonify.cli.side_by_side import require_jobs, train_all
from insonify.cli.study import (
    PLAN,
    fitted,
    known_plan,
    require_budget,
    transfer,
)
from insonify.core.config import save_config, to_plain
from insonify.core.files import write_bytes, write_json
from insonify.core.predictions import concatenate, read_predictions
from insonify.core.saliency_predictions import concatenate_saliency, read_saliency
from insonify.report.tables.options import ReportOptions
from insonify.store import Store
from insonify.studies.ablation import ablation_grid
from insonify.studies.grid import as_markdown
from insonify.studies.plan import Plan, Scale, make_plan
from insonify.studies.tables import planes_grids, saliency_grids
from insonify.studies.tested import PLANES, SALIENCY, read_all


@dataclass(frozen=True, kw_only=True)
class Reproduce:
    """Run the paper's study on a store, and print its tables beside the published ones.

    Pretrains both variants of the paper and each task alone on every fold, fine-tunes
    them for standard planes and for saliency beside untrained, gaze-pretrained and
    fully supervised networks, and writes Tables 1 to 3 with intervals and paired tests
    over subjects. The same command goes on where it was interrupted.
    """

    store: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="STORE")]
    """The store: videos with labels of --task, and gaze."""
    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="OUT")]
    """Folder for runs, predictions and tables; made if it is not there."""
    scale: Scale = "cpu"
    """cpu: a ResNet-10 of half width on 64 x 80 pixels, for two cores; paper: the
    paper's network, size and schedule, for a GPU."""
    budget: float | None = None
    """Minutes to spend on this machine, from which the numbers of steps follow: all are
    stretched by one factor, which is measured once, when the study begins; a study
    that goes on keeps its steps. None: the scale's own numbers."""
    jobs: int = 1
    """Encoders that are trained at once, each in a process that has its share of the
    cores; two are a third faster than one on two cores. --budget reckons with one."""
    task: str = "plane"
    """Labels of the standard planes."""
    folds: int = 3
    """Folds of subjects."""
    seeds: tuple[int, ...] = (0,)
    """Seeds; every encoder is trained once for each."""
    foreign: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=CHECKPOINT")] = ()
    """Encoders that others trained, for the rows imagenet and sononet or any other:
    checkpoints of `insonify adopt ... --size`, in the scale's frame size."""
    options: Annotated[ReportOptions, tyro.conf.arg(name="")] = field(
        default_factory=ReportOptions
    )

    def run(self) -> int:
        """Run what is not done, then the tables; 0 when done."""
        require_budget(self.budget)
        require_jobs(self.jobs)
        plan = self._plan()
        runs = list(plan.work())
        train_all(self.store, self.out, runs, self.jobs)
        transfer(self.store, self.out, plan, runs)
        self._tables()
        return 0

    def _plan(self) -> Plan:
        """The plan of an earlier call, or a new one with its split."""
        split = f"reproduce-{self.folds}"
        fresh = make_plan(
            self.scale,
            task=self.task,
            split=split,
            folds=self.folds,
            seeds=self.seeds,
            foreign=self.foreign,
        )
        if (known := known_plan(self.out, fresh)) is not None:
            return known
        store = Store.open(self.store)
        store.make_split(split, folds=self.folds, task=self.task, seed=0)
        plan = fitted(fresh, self.store, self.budget)
        save_config(plan, self.out / PLAN)
        return plan

    def _tables(self) -> None:
        seen = read_all(self.out, PLANES, read_predictions, concatenate)
        looked = read_all(self.out, SALIENCY, read_saliency, concatenate_saliency)
        grids = [
            *planes_grids(seen, self.options),
            *saliency_grids(looked, self.options),
            ablation_grid(seen, looked, self.options),
        ]
        text = as_markdown(grids)
        write_bytes(self.out / "tables.md", text.encode())
        write_json(self.out / "tables.json", to_plain(grids))
        show_grids(grids, console)
        console.print(f"Tables: {self.out / 'tables.md'}", soft_wrap=True)
