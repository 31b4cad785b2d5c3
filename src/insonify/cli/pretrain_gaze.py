"""``insonify pretrain-gaze``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from insonify.cli.console import console, progress_bar
from insonify.store import Store
from insonify.train.loop import StepReport
from insonify.transfer.gaze_options import GazeOptions
from insonify.transfer.gaze_pretraining import pretrain_gaze


@dataclass(frozen=True, kw_only=True)
class PretrainGaze:
    """Learn an encoder from where the training subjects' sonographers looked.

    The encoder is an arm of `insonify transfer` like any other. The same command
    resumes a run that was interrupted.
    """

    store: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="STORE")]
    """The store that has frames, gaze and the split."""
    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """The run folder: made if it is not there, resumed if it is."""
    options: Annotated[GazeOptions, tyro.conf.arg(name="")]

    def run(self) -> int:
        """Train, with a live bar; 0 when done."""
        with progress_bar("steps") as bar:
            line = bar.add_task("", total=self.options.steps, figures="")

            def show(seen: StepReport) -> None:
                bar.update(line, completed=seen.step, figures=f"loss {seen.loss:.3f}")

            store = Store.open(self.store)
            checkpoint = pretrain_gaze(store, self.out, self.options, show)
        console.print(f"Encoder: {checkpoint}", soft_wrap=True)
        return 0
