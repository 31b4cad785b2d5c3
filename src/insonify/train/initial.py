"""Weights to begin with: of an encoder that was trained before, here or elsewhere."""

import copy
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from insonify.core.errors import CheckpointError, ConfigError
from insonify.model.checkpoint import CARD, WEIGHTS, Checkpoint, load_checkpoint
from insonify.model.encoder import Encoder
from insonify.store import Roles
from insonify.store.splits import check_leak
from insonify.train.options import PretrainOptions


@dataclass(frozen=True, kw_only=True)
class Initial:
    """An encoder to go on from, and which one it is."""

    checkpoint: Checkpoint
    sha256: str
    """Of the file of weights."""

    @property
    def record(self) -> dict[str, Any]:
        """What a run says of it; plain JSON values."""
        return {
            "recipe": self.checkpoint.provenance.get("recipe"),
            "sha256": self.sha256,
        }

    @property
    def subjects(self) -> frozenset[str]:
        """Whom it has seen."""
        return frozenset(self.checkpoint.provenance["subjects"])

    def encoder(self) -> Encoder:
        """A copy of the encoder, with the normalisation that its weights are made for.

        The checkpoint's own stays as it is.
        """
        return copy.deepcopy(self.checkpoint.encoder).train()

    def check(self, options: PretrainOptions, roles: Roles) -> None:
        """Refuse what the recipe cannot go on from.

        Raises:
            ConfigError: the recipe has another encoder, or sees stacks of frames.
            LeakError: the encoder has seen a subject that is kept from this run.
        """
        known = self.checkpoint.architecture
        if known != options.encoder:
            raise ConfigError(
                f"the initial weights are of {known}, the recipe's encoder is "
                f"{options.encoder}; give --encoder {known}"
            )
        if options.channels > 1:
            raise ConfigError(
                f"the initial weights take single frames, the recipe stacks of "
                f"{options.channels}; give its tasks the input frames"
            )
        check_leak(self.subjects, roles.validation | roles.test)


def load_initial(path: Path) -> Initial:
    """Load the encoder of a checkpoint or a finished run to begin with.

    Raises:
        CheckpointError: there is none, it is damaged, of another version, or does not
            say whom it has seen.
    """
    checkpoint = load_checkpoint(path)
    if "subjects" not in checkpoint.provenance:
        raise CheckpointError(
            f"{path}: does not say which subjects it saw, so that leaks cannot be "
            "ruled out; pretrain or adopt it with this insonify"
        )
    folder = path if (path / CARD).exists() else path / "checkpoint"
    with (folder / WEIGHTS).open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Initial(checkpoint=checkpoint, sha256=sha256)
