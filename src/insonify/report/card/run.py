"""What a run folder, or a checkpoint by itself, says of its encoder.

All of it is read as JSON, and the weights' shapes from the head of their file: nothing
here needs the model.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from safetensors import SafetensorError, safe_open

from insonify.core.config import fields_from_plain
from insonify.core.errors import CheckpointError, ConfigError
from insonify.core.records import read_object

_CARD: Final = "checkpoint.json"
_WEIGHTS: Final = "weights.safetensors"
_ENCODER: Final = "encoder."
_BUFFERS: Final = ("running_mean", "running_var", "num_batches_tracked")
"""What a batch normalisation measures, and does not learn."""
_HELD_OUT: Final = "held_out."
_FIELDS: Final[dict[str, Any]] = {
    "format": int,
    "architecture": str,
    "size": tuple[int, int],
    "provenance": dict[str, Any],
}
"""Types of what the card of a checkpoint says."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """The file of weights."""

    sha256: str
    size: int
    """Bytes."""
    parameters: int
    """Learnt numbers of the encoder, without heads and normalisation."""
    mean: float
    """Grey level, in [0, 1], that is subtracted from a frame."""
    deviation: float
    """Grey level that it is divided by."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """What metrics.jsonl holds."""

    rows: int
    """Steps that were logged."""
    seconds: float | None
    """In these steps; None where their speed was not logged."""
    clips_a_second: float | None
    """Median over steps."""
    loss: float | None
    """Of the last step."""
    held_out: dict[str, float]
    """What was last measured on held-out subjects."""


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """What is known of an encoder, without anybody's pseudonym; plain values."""

    architecture: str
    size: tuple[int, int]
    """Rows and columns of the frames that it takes."""
    weights: Weights
    provenance: dict[str, Any]
    """What the checkpoint says of its making; of subjects their number."""
    options: dict[str, Any] | None
    """All options of the run; None for a checkpoint by itself."""
    environment: dict[str, Any] | None
    training: Training | None


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run folder that was read."""

    facts: RunFacts
    seen: frozenset[str] | None
    """Pseudonyms of the subjects that it learnt from; None where it does not say."""
    store: str | None
    """Identity of the store that it learnt from."""
    store_versions: dict[str, int] | None
    """At which versions."""


def read_run(path: Path) -> Run:
    """Read a run folder of a finished `insonify pretrain`, or a checkpoint folder.

    Raises:
        CheckpointError: there is no checkpoint, or a file of it cannot be read.
    """
    bare = (path / _CARD).exists()
    folder = path if bare else path / "checkpoint"
    card = _json(folder / _CARD)
    if card is None:
        raise CheckpointError(
            f"{path}: no {_CARD} here or in its folder checkpoint; name the run folder "
            "of a finished `insonify pretrain`, or a checkpoint folder"
        )
    try:
        card = fields_from_plain(_FIELDS, card, str(folder / _CARD))
    except ConfigError as error:
        raise CheckpointError(str(error)) from None
    # A checkpoint by itself: what lies around it may be of something else.
    config = {} if bare else _json(path / "config.json") or {}
    options = config.get("options")
    provenance = dict(card["provenance"])
    seen = provenance.pop("subjects", None)
    if seen is not None and not _is_names(seen):
        raise CheckpointError(f"{folder / _CARD}: subjects are no list; restore it")
    provenance["subjects"] = None if seen is None else len(seen)
    rows, column = card["size"]
    return Run(
        facts=RunFacts(
            architecture=card["architecture"],
            size=(rows, column),
            weights=_weights(folder / _WEIGHTS),
            provenance=provenance,
            options=options,
            environment=None if bare else _json(path / "environment.json"),
            training=None if bare else _training(path / "metrics.jsonl", options or {}),
        ),
        seen=None if seen is None else frozenset(seen),
        store=config.get("store") or provenance.get("store"),
        store_versions=config.get("store_versions"),
    )


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _json(path: Path) -> dict[str, Any] | None:
    """A JSON object; None where there is no such file."""
    if not path.exists():
        return None
    try:
        return read_object(path)
    except ConfigError as error:
        raise CheckpointError(f"{path}: cannot be read ({error})") from None


def _weights(path: Path) -> Weights:
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        with safe_open(path, framework="numpy") as tensors:
            names = [name for name in tensors.keys() if _learnt(name)]  # noqa: SIM118
            shapes = [tensors.get_slice(name).get_shape() for name in names]
            mean, deviation = (
                float(tensors.get_tensor(_ENCODER + name)) for name in ("mean", "std")
            )
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"{path}: cannot be read ({error}); use an earlier checkpoint"
        ) from None
    return Weights(
        sha256=sha256,
        size=path.stat().st_size,
        parameters=sum(int(np.prod(shape)) for shape in shapes),
        mean=mean,
        deviation=deviation,
    )


def _learnt(name: str) -> bool:
    """Whether a tensor holds learnt numbers of the encoder."""
    inner = name.startswith(f"{_ENCODER}backbone.")
    return inner and not name.endswith(_BUFFERS)


def _training(path: Path, options: Mapping[str, Any]) -> Training | None:
    """What was logged; a last row cut short by a kill is left out."""
    if not path.exists():
        return None
    rows = [json.loads(line) for line in _lines(path) if line.endswith("}")]
    if not rows:
        return None
    speeds = [row["clips_a_second"] for row in rows if "clips_a_second" in row]
    timed = len(speeds) == len(rows) and "batch" in options
    looks = [row for row in rows if any(name.startswith(_HELD_OUT) for name in row)]
    last = looks[-1] if looks else {}
    return Training(
        rows=len(rows),
        seconds=sum(options["batch"] / speed for speed in speeds) if timed else None,
        clips_a_second=float(np.median(speeds)) if speeds else None,
        loss=rows[-1].get("loss"),
        held_out={
            name.removeprefix(_HELD_OUT): value
            for name, value in last.items()
            if name.startswith(_HELD_OUT)
        },
    )


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(
            f"{path}: cannot be read ({type(error).__name__}); restore the file"
        ) from None
