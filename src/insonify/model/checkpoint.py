"""The border between training and use: a folder of safetensors and JSON.

A checkpoint holds the encoder's weights and normalisation, its architecture, the size
of the frames it saw, and where it comes from. No pickle is ever read or written.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from insonify.core.config import from_plain, to_plain
from insonify.core.errors import CheckpointError, ConfigError
from insonify.core.files import new_folder, write_json
from insonify.core.records import read_of_format
from insonify.model.encoder import Encoder

FORMAT: Final = 1
WEIGHTS: Final = "weights.safetensors"
OPTIMIZER: Final = "optimizer.safetensors"
CARD: Final = "checkpoint.json"
_MOST_PIXELS: Final = 8192
"""Rows or columns of a frame: more than any ultrasound screen has."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """What must be known of the weights.

    Attributes:
        architecture: Name of the encoder's architecture.
        size: Rows and columns of the frames it was trained on.
        provenance: Recipe, seed, steps, store, split, fold and the pseudonyms of the
            subjects it saw; plain JSON values.
    """

    architecture: str
    size: tuple[int, int]
    provenance: dict[str, Any]

    def __post_init__(self) -> None:
        if not 1 <= min(self.size) <= max(self.size) <= _MOST_PIXELS:
            raise ConfigError(
                f"frames have 1 to {_MOST_PIXELS} rows and columns, found {self.size}"
            )


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """An encoder in evaluation mode, and its card."""

    encoder: Encoder
    card: Card

    @property
    def architecture(self) -> str:
        return self.card.architecture

    @property
    def size(self) -> tuple[int, int]:
        return self.card.size

    @property
    def provenance(self) -> dict[str, Any]:
        return self.card.provenance


def save_checkpoint(
    path: Path,
    tensors: dict[str, Tensor],
    card: Card,
    optimizer: dict[str, Tensor] | None = None,
) -> None:
    """Write a checkpoint folder, atomically.

    Args:
        path: The folder to make or replace.
        tensors: State of the model; the encoder's entries begin with ``encoder.``.
        card: What must be known of them.
        optimizer: State of the optimiser, for a checkpoint to resume from.
    """
    with new_folder(path) as draft:
        save_file({k: v.contiguous() for k, v in tensors.items()}, draft / WEIGHTS)
        if optimizer is not None:
            save_file(optimizer, draft / OPTIMIZER)
        write_json(draft / CARD, {"format": FORMAT, **to_plain(card)})


def load_checkpoint(path: Path | str) -> Checkpoint:
    """Load an encoder, and what is known of it.

    Args:
        path: A checkpoint folder, or a run of `insonify pretrain` that holds one.

    Raises:
        CheckpointError: there is none, it is damaged, or of another version.
    """
    folder = Path(path)
    folder = folder if (folder / CARD).exists() else folder / "checkpoint"
    card = _read_card(folder)
    prefix = "encoder."
    tensors = {
        name.removeprefix(prefix): tensor
        for name, tensor in read_tensors(folder / WEIGHTS).items()
        if name.startswith(prefix)
    }
    encoder = Encoder(card.architecture)
    try:
        encoder.load_state_dict(tensors)
    except RuntimeError as error:
        raise CheckpointError(
            f"{folder}: weights do not fit {card.architecture} ({error})"
        ) from None
    return Checkpoint(encoder=encoder.eval(), card=card)


def random_twin(checkpoint: Checkpoint, seed: int) -> Encoder:
    """An encoder of the same architecture and normalisation with fresh weights."""
    known = checkpoint.encoder
    twin = Encoder(
        known.architecture, mean=known.mean.item(), std=known.std.item(), seed=seed
    )
    return twin.eval()


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file.

    Raises:
        CheckpointError: it is missing or damaged.
    """
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"{path}: cannot be read ({error}); use an earlier checkpoint"
        ) from None


def _read_card(folder: Path) -> Card:
    plain = read_of_format(
        folder / CARD,
        FORMAT,
        what="a checkpoint folder or the run folder of a finished `insonify pretrain`",
        other="use the insonify that wrote it",
    )
    return from_plain(Card, plain, str(folder / CARD))
