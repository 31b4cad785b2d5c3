"""``insonify reproduce``."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import tyro
from rich.markdown import Markdown

from insonify.cli.console import console
from insonify.cli.pretrain import Pretrain
from insonify.cli.pretrain_gaze import PretrainGaze
from insonify.cli.transfer import TransferPlanes
from insonify.cli.transfer_saliency import TransferSaliency
from insonify.core.config import load_config, save_config, to_plain
from insonify.core.errors import ConfigError
from insonify.core.files import write_bytes, write_json
from insonify.core.predictions import read_predictions
from insonify.core.saliency_predictions import read_saliency
from insonify.model.checkpoint import load_checkpoint
from insonify.report.options import ReportOptions
from insonify.store import Store
from insonify.studies.budget import seconds
from insonify.studies.plan import Plan, Run, Scale, make_plan
from insonify.studies.speed import measure_speed
from insonify.studies.tables import (
    ablation_grid,
    as_markdown,
    planes_grids,
    saliency_grids,
)
from insonify.train.options import PretrainOptions

_PLAN: Final = "plan.json"


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
        if self.budget is not None and self.budget <= 0:
            raise ConfigError(f"budget must be positive minutes, found {self.budget:g}")
        store = Store.open(self.store)
        plan = self._plan(store)
        runs = list(plan.runs())
        for number, run in enumerate(runs, 1):
            console.rule(f"{number} of {len(runs)}: {run.folder}", align="left")
            self._train(run)
        planes, saliency = self.out / "planes.parquet", self.out / "saliency.parquet"
        if not planes.exists():
            console.rule("transfer planes", align="left")
            TransferPlanes(
                store=self.store,
                runs=(*self._named(runs), *plan.foreign),
                out=planes,
                options=plan.planes,
            ).run()
        if not saliency.exists():
            console.rule("transfer saliency", align="left")
            own = [run for run in runs if isinstance(run.options, PretrainOptions)]
            TransferSaliency(
                store=self.store,
                runs=(*self._named(own), *plan.foreign),
                out=saliency,
                options=plan.saliency,
            ).run()
        self._tables(planes, saliency)
        return 0

    def _plan(self, store: Store) -> Plan:
        """The plan of an earlier call, or a new one with its split.

        Raises:
            ConfigError: the folder holds another study.
        """
        path, split = self.out / _PLAN, f"reproduce-{self.folds}"
        fresh = make_plan(
            self.scale,
            task=self.task,
            split=split,
            folds=self.folds,
            seeds=self.seeds,
            foreign=self.foreign,
        )
        if path.exists():
            known = load_config(Plan, path)
            if known.stretched(0) != fresh.stretched(0):
                raise ConfigError(
                    f"{self.out}: holds a study with other options; repeat its options "
                    "to go on, or name a new folder"
                )
            return known
        if self.out.exists() and any(self.out.iterdir()):
            raise ConfigError(f"{self.out}: not empty and not a study; name a new one")
        others = foreign_architectures(fresh)
        store.make_split(split, folds=self.folds, task=self.task, seed=0)
        plan = self._fitted(fresh, Store.open(self.store), others)
        save_config(plan, path)
        return plan

    def _fitted(self, plan: Plan, store: Store, others: list[str]) -> Plan:
        """The plan, stretched to fill the budget; ``others``: foreign architectures."""
        first = plan.pretraining[0]
        size = first.clips.size
        speeds = [measure_speed(name, size) for name in (first.encoder, *others)]
        expected = seconds(plan, store, speeds[0], speeds[1:]) / 60
        console.print(f"The {plan.scale} plan takes about {expected:.0f} minutes here.")
        if self.budget is None:
            return plan
        share = self.budget / expected
        console.print(f"Steps are stretched by {share:.2f} to take {self.budget:.0f}.")
        return plan.stretched(share)

    def _train(self, run: Run) -> None:
        """Train one encoder, or go on with it; nothing to do if it is there."""
        out = self.out / "runs" / run.folder
        if (out / "checkpoint").exists():
            console.print("done before")
        elif isinstance(run.options, PretrainOptions):
            Pretrain(store=self.store, out=out, options=run.options).run()
        else:
            PretrainGaze(store=self.store, out=out, options=run.options).run()

    def _named(self, runs: list[Run]) -> Iterator[str]:
        for run in runs:
            arm = run.folder.partition("-")[0]
            yield f"{arm}={self.out / 'runs' / run.folder}"

    def _tables(self, planes: Path, saliency: Path) -> None:
        seen, looked = read_predictions(planes), read_saliency(saliency)
        grids = [
            *planes_grids(seen, self.options),
            *saliency_grids(looked, self.options),
            ablation_grid(seen, looked, self.options),
        ]
        text = as_markdown(grids)
        write_bytes(self.out / "tables.md", text.encode())
        write_json(self.out / "tables.json", to_plain(grids))
        console.print(Markdown(text))
        console.print(f"Tables: {self.out / 'tables.md'}", soft_wrap=True)


def foreign_architectures(plan: Plan) -> list[str]:
    """Architectures of the foreign encoders, one for each.

    Raises:
        CheckpointError: one is missing or damaged.
        ConfigError: one has no name of its own, or frames of another size.
    """
    own = {run.folder.partition("-")[0] for run in plan.runs()}
    found, size = [], plan.pretraining[0].clips.size
    for argument in plan.foreign:
        name, _, path = argument.partition("=")
        if not path or name in own:
            raise ConfigError(
                f"--foreign {argument!r}: write NAME=CHECKPOINT, with a name that no "
                f"arm of the study has ({', '.join(sorted(own))})"
            )
        checkpoint = load_checkpoint(Path(path))
        if checkpoint.size != size:
            raise ConfigError(
                f"--foreign {argument!r}: takes frames of {checkpoint.size}, the study "
                f"of {size}; adopt it with --size {size[0]} {size[1]}"
            )
        found.append(checkpoint.architecture)
    return found
