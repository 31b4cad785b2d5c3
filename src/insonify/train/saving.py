"""Checkpoints of a pretraining run: to resume from, and the finished encoder."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from torch import Tensor

from insonify.model.checkpoint import Card, save_checkpoint
from insonify.store import Roles, Store
from insonify.train.initial import Initial
from insonify.train.loop import State
from insonify.train.optimisation import pack
from insonify.train.options import PretrainOptions
from insonify.train.parts import whole
from insonify.train.run_folder import RunFolder

TEACHERS: Final = "teachers."
"""Begins the names of what is not kept of a finished model."""
STACKED: Final = "stacked."
"""Begins the names of what the encoder had of its own while it saw stacks of frames."""


@dataclass(frozen=True, kw_only=True)
class Saver:
    """Writes checkpoints that say where they come from."""

    store: Store
    roles: Roles
    options: PretrainOptions
    state: State
    run: RunFolder
    initial: Initial | None = None
    """What the run began with; the subjects that it saw count as seen."""
    writes: bool = True
    """Whether this process writes; the others only give what they have."""

    def save_step(self) -> None:
        """Write a checkpoint to resume from, and remove old ones."""
        state = self.state
        tensors, moments = whole(state.model.state_dict()), pack(state.optimizer)
        if self.writes:
            folder = self.run.step_folder(state.step)
            save_checkpoint(folder, tensors, self._card(), moments)
            self.run.prune()

    def save_encoder(self, folder: Path) -> None:
        """Write the finished model, its encoder as one of single frames.

        Teachers are left out: the encoder is what is kept, of DINO too, whose paper
        keeps the teacher.
        """
        model: Any = self.state.model
        state: dict[str, Tensor] = whole(model.state_dict())
        if not self.writes:
            return
        tensors = {
            name: tensor
            for name, tensor in state.items()
            if not name.startswith(TEACHERS)
        }
        if model.encoder.channels > 1:
            for name, tensor in model.encoder.collapse().state_dict().items():
                own = tensors[f"encoder.{name}"]
                if own.shape != tensor.shape:
                    tensors[STACKED + name] = own
                tensors[f"encoder.{name}"] = tensor
        save_checkpoint(folder, tensors, self._card())

    def _card(self) -> Card:
        options, initial = self.options, self.initial
        seen = self.roles.train | (initial.subjects if initial else frozenset())
        return Card(
            architecture=options.encoder,
            size=options.clips.size,
            provenance={
                "recipe": options.recipe,
                "channels": options.channels,
                "seed": options.seed,
                "steps": self.state.step,
                "store": self.store.id,
                "split": options.split,
                "fold": options.fold if options.split else None,
                "subjects": sorted(seen),
                **({"initial": initial.record} if initial else {}),
            },
        )
