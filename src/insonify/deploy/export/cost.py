"""What eight bits cost, on subjects that took part in neither training nor tests.

Legend: N frames, C classes, D features.
"""

import statistics
import time
from typing import Any, Final

import numpy as np
import torch
from sklearn.metrics import f1_score, recall_score
from torch import Tensor

from insonify.deploy.export.samples import Part, Samples
from insonify.deploy.export.session import Session
from insonify.transfer.examples import Examples, Floats, Integers
from insonify.transfer.fitted_probe import FittedProbe
from insonify.transfer.linear import LinearProbe

_ROUNDS: Final = 7
_BATCHES: Final = (1, 64)


def measure_cost(
    single: Session, eight: Session, samples: Samples, classes: tuple[str, ...]
) -> dict[str, Any]:
    """Accuracy, size and speed of a model of 8 bits beside that of 32.

    Args:
        single: The model in float32.
        eight: The model in 8 bits.
        samples: Frames.
        classes: Classes of the models' probabilities; empty where they have none, and
            then a linear probe is fitted on features of the training subjects.

    Returns:
        Plain values for the card.
    """
    found = {
        "bytes": [each.path.stat().st_size for each in (single, eight)],
        "speed": {str(batch): speed(single, eight, batch) for batch in _BATCHES},
    }
    if samples.held is None:
        return found | {"accuracy": None, "why": "the split has no validation subjects"}
    frames_NHW = samples.held.frames_NHW
    pair = [each.run(frames_NHW, single.outputs) for each in (single, eight)]
    accuracy: dict[str, Any] = {
        "frames": len(frames_NHW),
        "subjects": len(set(samples.held.subjects_N.tolist())),
        "cosine": _cosine(*(each["features"] for each in pair)),
    }
    if "saliency" in single.outputs:
        accuracy["saliency_overlap"] = _overlap(*(each["saliency"] for each in pair))
    scores = _scores(single, pair, samples, classes)
    if scores is not None:
        accuracy |= scores
    return found | {"accuracy": accuracy}


def speed(first: Session, second: Session, batch: int) -> dict[str, float]:
    """How many times as fast the second model computes features, in turns."""
    frames_BHW = torch.zeros((batch, *first.size), dtype=torch.uint8)
    frames_BHW += torch.arange(first.size[1], dtype=torch.uint8)
    ratios = [
        _seconds(first, frames_BHW) / _seconds(second, frames_BHW)
        for _ in range(_ROUNDS)
    ]
    return {
        "median": statistics.median(ratios),
        "least": min(ratios),
        "most": max(ratios),
    }


def agreement(first_NC: Floats, second_NC: Floats) -> float:
    """Share of frames with the same most probable class."""
    return float((first_NC.argmax(1) == second_NC.argmax(1)).mean())


def accuracy_of(found_NC: Floats, labels_N: Integers) -> dict[str, float]:
    """Macro F1 and balanced accuracy over the classes that occur."""
    decided_N, there = found_NC.argmax(1), np.unique(labels_N)
    f1 = f1_score(labels_N, decided_N, labels=there, average="macro", zero_division=0)
    recall = recall_score(
        labels_N, decided_N, labels=there, average="macro", zero_division=0
    )
    return {"macro_f1": float(f1), "balanced_accuracy": float(recall)}


def _scores(
    single: Session,
    pair: list[dict[str, Floats]],
    samples: Samples,
    classes: tuple[str, ...],
) -> dict[str, Any] | None:
    """Agreement and accuracy of the heads, or else of a probe."""
    assert samples.held is not None
    if classes:
        by = "the heads"
        found = [each["probabilities"] for each in pair]
    elif samples.learning is not None and len(samples.learning.frames_NHW):
        by = "a linear probe on features in float32"
        predict = _probe(single, samples.learning, len(samples.classes))
        found = [predict(each["features"]) for each in pair]
    else:
        return None
    told: dict[str, Any] = {"by": by, "agreement": agreement(*found)}
    if samples.held.labels_N is not None and classes in ((), samples.classes):
        for name, each in zip(("fp32", "int8"), found, strict=True):
            told[name] = accuracy_of(each, samples.held.labels_N)
    return told


def _probe(single: Session, part: Part, classes: int) -> FittedProbe:
    """A probe whose penalty is chosen among training subjects alone."""
    train = _examples(single, part)
    nobody = train.where(np.zeros(0, np.int64))
    return LinearProbe().fit(train, nobody, classes, seed=0)


def _examples(single: Session, part: Part) -> Examples:
    assert part.labels_N is not None
    return Examples(
        features_ND=single.run(part.frames_NHW, ["features"])["features"],
        labels_N=part.labels_N,
        subjects_N=part.subjects_N,
    )


def _cosine(first_ND: Floats, second_ND: Floats) -> float:
    """Mean cosine between the features of a frame by both models."""
    lengths_N = np.linalg.norm(first_ND, axis=1) * np.linalg.norm(second_ND, axis=1)
    return float(((first_ND * second_ND).sum(1) / np.maximum(lengths_N, 1e-12)).mean())


def _overlap(first_Nhw: Floats, second_Nhw: Floats) -> float:
    """Mean histogram intersection of the maps of a frame: 1 where they are equal."""
    return float(np.minimum(first_Nhw, second_Nhw).sum((1, 2)).mean())


def _seconds(session: Session, frames_BHW: Tensor) -> float:
    repeats = max(1, _BATCHES[-1] // len(frames_BHW) // 4)
    session.run(frames_BHW, ["features"])
    began = time.perf_counter()
    for _ in range(repeats):
        session.run(frames_BHW, ["features"])
    return (time.perf_counter() - began) / repeats
