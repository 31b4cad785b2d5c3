"""The engine of all studies: begin or go on, train, transfer."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from insonify.cli.console import console
from insonify.cli.pretrain import Pretrain
from insonify.cli.pretrain_gaze import PretrainGaze
from insonify.cli.transfer import TransferPlanes, load_arms
from insonify.cli.transfer_saliency import TransferSaliency
from insonify.core.config import load_config
from insonify.core.errors import ConfigError, DivergedError
from insonify.core.files import write_bytes
from insonify.store import Store
from insonify.studies.budget import seconds
from insonify.studies.ready import require_ready
from insonify.studies.runs import Run, StudyPlan
from insonify.studies.speed import measure_speed
from insonify.studies.tested import PLANES, SALIENCY, untested
from insonify.train.options import PretrainOptions

PLAN: Final = "plan.json"
"""Written first: what a study runs, whenever it goes on."""
DIVERGED: Final = "diverged.txt"
"""In the folder of a run that diverged: why, so that it is not tried again."""
P = TypeVar("P", bound=StudyPlan)


def known_plan(out: Path, fresh: P) -> P | None:
    """The plan of an earlier call that asked the same; None where there is none.

    One that asked for less, as far as a study can grow, is made to ask for the rest.

    Raises:
        ConfigError: the folder holds another study, or other files.
    """
    path = out / PLAN
    if path.exists():
        try:
            known = load_config(type(fresh), path)
        except ConfigError:
            raise ConfigError(
                f"{out}: holds a study of another kind or version; name a new folder"
            ) from None
        if known.question == fresh.question:
            return known
        if (grown := known.grown(fresh)) is None:
            raise ConfigError(
                f"{out}: holds a study with other options; repeat its options to go "
                "on, or name a new folder"
            )
        return grown
    if out.exists() and not all(path.name.startswith(".") for path in out.iterdir()):
        raise ConfigError(f"{out}: not empty and not a study; name a new one")
    return None


def fitted(plan: P, path: Path, budget: float | None) -> P:
    """The plan, checked and stretched to fill ``budget`` minutes on this machine.

    Args:
        plan: What is run, at its own length.
        path: The store; the plan's split is in it.
        budget: Minutes; None keeps the length.

    Raises:
        ConfigError, LeakError, StoreError: see :func:`require_ready`.
    """
    store, others = Store.open(path), load_arms(plan.foreign)
    require_ready(plan, store, others)
    names = [c.architecture for arm in others for c in arm.checkpoints]
    speeds = [measure_speed(name, plan.size) for name in (plan.architecture, *names)]
    expected = seconds(plan, store, speeds[0], speeds[1:]) / 60
    console.print(f"The plan takes about {expected:.0f} minutes here.")
    if budget is None:
        return plan
    share = budget / expected
    console.print(f"Steps are stretched by {share:.2f} to take {budget:.0f}.")
    return plan.stretched(share)


def require_budget(budget: float | None) -> None:
    """Refuse a budget of no time.

    Raises:
        ConfigError: it is not positive.
    """
    if budget is not None and budget <= 0:
        raise ConfigError(f"budget must be positive minutes, found {budget:g}")


def train(store: Path, out: Path, run: Run) -> None:
    """Train one encoder, or go on with it; nothing to do if it is there.

    Raises:
        DivergedError: it diverged, now or when it was trained before.
    """
    folder = run_folder(out, run)
    if (folder / DIVERGED).exists():
        raise DivergedError((folder / DIVERGED).read_text())
    if is_done(out, run):
        console.print("done before")
        return
    try:
        _train(store, folder, run)
    except DivergedError as error:
        write_bytes(folder / DIVERGED, f"{error}".encode())
        raise


def is_done(out: Path, run: Run) -> bool:
    """Whether nothing is left to train: it is there, or known to diverge."""
    folder = run_folder(out, run)
    return (folder / "checkpoint").exists() or (folder / DIVERGED).exists()


def _train(store: Path, folder: Path, run: Run) -> None:
    if isinstance(run.options, PretrainOptions):
        initial = Path(run.initial) if run.initial else None
        Pretrain(store=store, out=folder, options=run.options, initial=initial).run()
    else:
        PretrainGaze(store=store, out=folder, options=run.options).run()


def run_folder(out: Path, run: Run) -> Path:
    """Where a study keeps a run."""
    return out / "runs" / run.folder


def transfer(store: Path, out: Path, plan: StudyPlan, runs: Sequence[Run]) -> None:
    """Predict planes and saliency with all encoders; what is there stays.

    Encoders that learn from gaze are not tested on it.
    """
    own = [run for run in runs if isinstance(run.options, PretrainOptions)]
    tests: list[tuple[str, Any, Any, Sequence[Run]]] = [
        (PLANES, TransferPlanes, plan.planes, runs),
        (SALIENCY, TransferSaliency, plan.saliency, own),
    ]
    for kind, command, options, tested in tests:
        for few, seeds, path in untested(out, kind, tested) if options else ():
            console.rule(f"transfer {kind}", align="left")
            command(
                store=store,
                runs=(*_named(out, few), *plan.foreign),
                out=path,
                options=replace(options, seeds=seeds),
            ).run()


def _named(out: Path, runs: Sequence[Run]) -> Iterator[str]:
    return (f"{run.arm}={run_folder(out, run)}" for run in runs)
