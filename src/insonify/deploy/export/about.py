"""What an export says of itself; nothing in it names a person or a place."""

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from insonify.core.config import from_plain, to_plain
from insonify.core.files import write_json
from insonify.core.records import read_of_format
from insonify.deploy.export.options import Kind
from insonify.deploy.heads import Heads
from insonify.deploy.heads_folder import fingerprint
from insonify.model.checkpoint import Checkpoint

FORMAT: Final = 1
CARD: Final = "card.json"
NOTICE: Final = (
    "For research use only. Not a medical device. What it computes must not guide the "
    "care of a patient."
)
_KNOWN: Final = ("recipe", "channels", "seed", "steps")
"""What is said of how the encoder was trained: no subject, no name of a data set."""
_MAKERS: Final = ("insonify", "torch", "timm")


@dataclass(frozen=True, kw_only=True)
class ExportCard:
    """What must be known of an export."""

    kind: Kind
    """What it is for."""
    model: str
    """Name of the file to load."""
    files: dict[str, str]
    """SHA-256 of every file of weights by name."""
    architecture: str
    """Name of the encoder's architecture."""
    size: tuple[int, int]
    """Rows and columns of the frames."""
    mean: float
    """Mean grey level, in [0, 1], that is subtracted."""
    std: float
    """What grey levels are divided by after that."""
    dim: int
    """Length of the features."""
    outputs: tuple[str, ...]
    """Names of what it computes."""
    classes: tuple[str, ...]
    """Classes in the order of the probabilities; empty where there are none."""
    build: dict[str, Any] | None = None
    """How timm builds the network, for weights alone."""
    encoder: str
    """Fingerprint of the checkpoint's encoder."""
    provenance: dict[str, Any]
    """How the encoder was trained, and the number of subjects that it saw."""
    checks: dict[str, Any]
    """How far its answers are from the checkpoint's, and on what that was measured."""
    int8: dict[str, Any] | None = None
    """What eight bits cost."""
    made_with: dict[str, str]
    """Versions of what made it."""
    notice: str = NOTICE
    """What it may be used for."""


def provenance(checkpoint: Checkpoint, heads: Heads | None) -> dict[str, Any]:
    """What may be told of where the weights come from."""
    known = checkpoint.provenance
    told: dict[str, Any] = {name: known[name] for name in _KNOWN if name in known}
    told["subjects"] = len(known.get("subjects", ()))
    if heads is not None:
        told["subjects_of_heads"] = len(heads.card.subjects)
    return told


def identity(checkpoint: Checkpoint) -> dict[str, Any]:
    """The fields of a card that a checkpoint alone gives."""
    encoder = checkpoint.encoder
    return {
        "architecture": checkpoint.architecture,
        "mean": encoder.mean.item(),
        "std": encoder.std.item(),
        "dim": encoder.dim,
        "encoder": fingerprint(checkpoint),
        "made_with": {name: version(name) for name in _MAKERS},
    }


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_card(folder: Path, card: ExportCard) -> None:
    """Write the card into an export."""
    write_json(folder / CARD, {"format": FORMAT, **to_plain(card)})


def read_card(folder: Path) -> ExportCard:
    """The card of an export.

    Raises:
        CheckpointError: there is none, it is damaged, or of another version.
    """
    plain = read_of_format(
        folder / CARD,
        FORMAT,
        what="a folder that `insonify export` wrote",
        other="export the checkpoint again",
    )
    return from_plain(ExportCard, plain, str(folder / CARD))
