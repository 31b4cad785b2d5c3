"""A learnt classifier in a folder: a checkpoint, safetensors and JSON, no pickle."""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from safetensors.torch import save_file

from insonify.core.config import from_plain, to_plain
from insonify.core.errors import CheckpointError, ConfigError
from insonify.core.files import new_folder, write_json
from insonify.deploy.frame_encoder import FrameEncoder, load_encoder
from insonify.deploy.learnt import (
    Learnt,
    LearntNeighbours,
    LearntNetwork,
    LearntProbe,
)
from insonify.deploy.ways import WAYS, Way
from insonify.model.checkpoint import read_tensors
from insonify.transfer.course import Course
from insonify.transfer.knn import KNN

FORMAT: Final = 1
CARD: Final = "classifier.json"
WEIGHTS: Final = "classifier.safetensors"
ENCODER: Final = "encoder"
_MISFITS: Final = (
    *(ConfigError, KeyError, IndexError, RuntimeError, TypeError, ValueError),
)
"""What reading parts that do not go together may raise."""
_Classes = npt.NDArray[Any]


def write_classifier(folder: Path, learnt: Learnt, way: Way, classes: _Classes) -> None:
    """Write a classifier to a new folder; see ``FrameClassifier.save``."""
    if folder.exists():
        raise ConfigError(f"{folder}: exists; name a new folder for the classifier")
    names = classes.tolist()
    if not all(isinstance(name, str | int | float) for name in names):
        raise ConfigError(
            f"classes must be text or numbers to be saved, found {type(names[0])}"
        )
    (protocol,) = (name for name, kind in WAYS.items() if isinstance(way, kind))
    card = {
        "format": FORMAT,
        "protocol": protocol,
        "options": to_plain(way),
        "classes": names,
    }
    # Whom a fine-tuned encoder saw is not known by pseudonym, so it says nothing of it.
    saw = None if isinstance(way, Course) else ()
    recipe = str(learnt.encoder.card.provenance.get("recipe", "unknown"))
    with new_folder(folder) as draft:
        learnt.encoder.save(draft / ENCODER, recipe=recipe, subjects=saw)
        tensors = {name: each.contiguous() for name, each in learnt.tensors().items()}
        save_file(tensors, draft / WEIGHTS)
        write_json(draft / CARD, card)


def read_classifier(folder: Path) -> tuple[Learnt, Way, _Classes]:
    """Read a classifier; see ``FrameClassifier.load``."""
    card = _read_card(folder)
    try:
        way: Way = from_plain(WAYS[card["protocol"]], card["options"], str(folder))
        classes = np.array(card["classes"])
        learnt = _learnt(folder, way, len(classes))
        _try(learnt, len(classes))
    except _MISFITS as error:
        raise CheckpointError(
            f"{folder}: {WEIGHTS} and {CARD} do not fit ({error}); save it again"
        ) from None
    return learnt, way, classes


def _learnt(folder: Path, way: Way, classes: int) -> Learnt:
    encoder: FrameEncoder = load_encoder(folder / ENCODER)
    tensors = read_tensors(folder / WEIGHTS)
    if isinstance(way, Course):
        return LearntNetwork.of(encoder, tensors, way)
    if isinstance(way, KNN):
        return LearntNeighbours(
            encoder=encoder,
            options=way,
            features_ND=tensors["features_ND"].numpy(),
            labels_N=tensors["labels_N"].numpy(),
            classes=classes,
        )
    return LearntProbe.of(encoder, tensors)


def _try(learnt: Learnt, classes: int) -> None:
    """Ask about a black frame: parts that do not go together do not answer it."""
    black_BHW = np.zeros((1, *learnt.encoder.size), np.uint8)
    found = learnt.probabilities(black_BHW, 1)
    if found.shape != (1, classes):
        raise ValueError(f"{found.shape[1]} probabilities, {classes} classes")


def _read_card(folder: Path) -> dict[str, Any]:
    try:
        card: dict[str, Any] = dict(json.loads((folder / CARD).read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise CheckpointError(
            f"{folder}: no readable {CARD} ({type(error).__name__}); name a folder "
            "that FrameClassifier.save made"
        ) from None
    if (found := card.get("format")) != FORMAT:
        raise CheckpointError(
            f"{folder}: a classifier of format {found}, this insonify reads {FORMAT}; "
            "use the insonify that wrote it"
        )
    return card
