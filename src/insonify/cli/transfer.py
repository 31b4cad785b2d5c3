"""``insonify transfer planes``, and what all transfers share."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from insonify.cli.console import console, progress_bar
from insonify.core.errors import ConfigError
from insonify.core.predictions import write_predictions
from insonify.model.checkpoint import Checkpoint, load_checkpoint
from insonify.store import Store
from insonify.transfer.arms import Arm
from insonify.transfer.parts import parts_folder, remove_parts
from insonify.transfer.planes import PlanesOptions, run_planes
from insonify.transfer.progress import Step


@dataclass(frozen=True, kw_only=True)
class Transfer(ABC):
    """What all transfers have in common."""

    store: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="STORE")]
    """The store that has the frames and the split."""
    runs: Annotated[
        tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="[NAME=]RUN")
    ]
    """Run folders or checkpoints to compare. Runs of one name (without one, the name of
    their recipe) are one row of the table: one run for each fold or seed."""
    out: Path
    """Predictions file to write, such as predictions.parquet."""
    overwrite: bool = False
    """Replace the predictions file if it is there."""

    def run(self) -> int:
        """Predict, with a live bar; 0 when done."""
        if self.out.exists() and not self.overwrite:
            raise ConfigError(
                f"{self.out}: exists; name another file or pass --overwrite"
            )
        with progress_bar("frames") as bar:
            line = bar.add_task("", total=None, figures="")

            def show(step: Step) -> None:
                bar.update(
                    line, total=step.total, completed=step.done, figures=step.doing
                )

            self.write(Store.open(self.store), load_arms(self.runs), show)
        remove_parts(self.out)
        console.print(f"Predictions: {self.out}", soft_wrap=True)
        return 0

    @abstractmethod
    def write(
        self, store: Store, arms: list[Arm], show: Callable[[Step], None]
    ) -> None:
        """Predict, and write the file."""


@dataclass(frozen=True, kw_only=True)
class TransferPlanes(Transfer):
    """Test pretrained encoders on labelled frames, beside the same ones untrained.

    On frozen encoders nearest neighbours and a linear probe learn the classes from the
    training subjects of a split and predict those of the test subjects. --protocols
    layers probes every stage, prototype takes the nearest class mean, finetune lets the
    encoders learn too, at a rate that every arm chooses of --finetune.rates on
    validation subjects. --fractions and --shots learn from fewer subjects. The
    predictions are written to a file, which `insonify report` turns into a table. The
    same command goes on where it was interrupted.
    """

    options: Annotated[PlanesOptions, tyro.conf.arg(name="")]

    def write(
        self, store: Store, arms: list[Arm], show: Callable[[Step], None]
    ) -> None:
        parts = parts_folder(self.out)
        predictions = run_planes(store, arms, self.options, show, parts)
        write_predictions(self.out, predictions)


def load_arms(runs: tuple[str, ...]) -> list[Arm]:
    """Load the checkpoints of ``[NAME=]RUN`` arguments and group them by name.

    Raises:
        CheckpointError: one is missing or damaged.
    """
    grouped: dict[str, list[Checkpoint]] = {}
    for argument in runs:
        name, _, path = argument.rpartition("=")
        checkpoint = load_checkpoint(Path(path))
        name = name or str(checkpoint.provenance["recipe"])
        grouped.setdefault(name, []).append(checkpoint)
    return [Arm(name=name, checkpoints=tuple(group)) for name, group in grouped.items()]
