"""``insonify pretrain``."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from insonify.cli.console import console, progress_bar, quiet_libraries
from insonify.core.errors import ConfigError
from insonify.recipes import RECIPES, with_size
from insonify.store import Store
from insonify.train.cluster import Cluster, is_first
from insonify.train.initial import load_initial
from insonify.train.options import PretrainOptions
from insonify.train.pretrain import pretrain
from insonify.train.watch import Progress

_DEFAULT_RECIPE = "insonify"


@dataclass(frozen=True, kw_only=True)
class Pretrain:
    """Learn an encoder from the unlabelled clips of a store.

    Interrupt it when you like: the same command resumes it, with the same result to the
    last bit. --recipe NAME sets all options below, which can then be changed one by
    one.
    """

    store: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="STORE")]
    """The store to learn from."""
    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """The run folder: made if it is not there, resumed if it is."""
    size: tuple[int, int] | None = None
    """Rows and columns of the views, for clips and tasks alike."""
    initial: Path | None = None
    """Checkpoint or run whose encoder to go on from, such as ImageNet's by `insonify
    adopt`; give its --encoder too. None: fresh weights."""
    cluster: Annotated[Cluster, tyro.conf.arg(name="")] = field(default_factory=Cluster)
    """On how many devices and machines."""
    options: Annotated[PretrainOptions, tyro.conf.arg(name="")]

    def run(self) -> int:
        """Pretrain, with a live bar; 0 when done."""
        quiet_libraries()  # Again: importing them makes them talk.
        console.quiet = not is_first()
        options = with_size(self.options, self.size) if self.size else self.options
        store = Store.open(self.store)
        initial = load_initial(self.initial) if self.initial else None
        latest: dict[str, float] = {}
        with progress_bar("steps") as bar:
            line = bar.add_task("", total=options.steps, figures="")

            def show(seen: Progress) -> None:
                latest.update(seen.held_out)
                bar.update(
                    line, completed=seen.step.step, figures=_figures(seen, options)
                )

            checkpoint = pretrain(
                store, self.out, options, show, initial, cluster=self.cluster
            )
        for name, value in latest.items():
            console.print(f"{name}: {value:.3f}{_chance(options, name)}")
        console.print(f"Encoder: {checkpoint}")
        return 0


def default_pretrain(arguments: Sequence[str]) -> Pretrain:
    """The command before its options are read: those of the recipe that is named.

    Raises:
        ConfigError: there is no such recipe.
    """
    options = RECIPES[_recipe(arguments)]()
    return Pretrain(store=tyro.MISSING, out=tyro.MISSING, options=options)


def _recipe(arguments: Sequence[str]) -> str:
    name = _DEFAULT_RECIPE
    for place, argument in enumerate(arguments):
        if argument == "--recipe" and place + 1 < len(arguments):
            name = arguments[place + 1]
        elif argument.startswith("--recipe="):
            name = argument.removeprefix("--recipe=")
    if name not in RECIPES:
        raise ConfigError(f"no recipe {name!r}; there are {', '.join(RECIPES)}")
    return name


def _figures(seen: Progress, options: PretrainOptions) -> str:
    """Loss, scores against chance, speed, share of the time spent waiting for data."""
    step = seen.step
    scores = {k: v for k, v in step.scores.items() if not k.endswith(".loss")}
    parts = [f"loss {step.loss:.2f}"]
    parts += [f"{k} {v:.2f}{_chance(options, k)}" for k, v in scores.items()]
    parts += [f"{seen.clips_a_second:.0f} clips/s"]
    parts += [f"waits {step.waited / step.seconds:.0%}"]
    return "\n".join(parts)


def _chance(options: PretrainOptions, figure: str) -> str:
    for task, asked in options.tasks.items():
        for score, chance in asked.chance.items():
            if figure.removeprefix("held_out.") == f"{task}.{score}":
                return f" (chance {chance:.2f})"
    return ""
