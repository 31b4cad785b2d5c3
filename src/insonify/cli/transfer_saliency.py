"""``insonify transfer saliency``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import tyro

from insonify.cli.transfer import Transfer
from insonify.core.saliency_predictions import write_saliency
from insonify.store import Store
from insonify.transfer.arms import Arm
from insonify.transfer.parts import parts_folder
from insonify.transfer.progress import Step
from insonify.transfer.saliency import SaliencyOptions, run_saliency


@dataclass(frozen=True, kw_only=True)
class TransferSaliency(Transfer):
    """Let pretrained encoders predict where sonographers look, beside untrained ones.

    Heads learn saliency maps from the gaze on the training subjects of a split, on the
    frozen encoder (--protocols frozen, linear, layers) or together with it (finetune),
    and predict those of the test subjects; knn averages the maps of the most alike
    frames. With them come a static map and, beside finetune, an encoder that learns
    from gaze alone. The maps are written to a file, which `insonify report` turns into
    a table. The same command goes on where it was interrupted.
    """

    options: Annotated[SaliencyOptions, tyro.conf.arg(name="")]

    def write(
        self, store: Store, arms: list[Arm], show: Callable[[Step], None]
    ) -> None:
        parts = parts_folder(self.out)
        predictions = run_saliency(store, arms, self.options, show, parts)
        write_saliency(self.out, predictions)
