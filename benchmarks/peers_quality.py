"""What a pretrained encoder is worth: probes of frozen features of held-out subjects.

Legend: N frames, D features, C classes, S subjects, H rows, W columns, K seeds,
R resamples.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from insonify.report.tables.metrics import Floats, confusion_by_subject, f1s, macro
from insonify.report.tables.statistics import (
    Estimate,
    draw_subjects,
    estimate,
    paired_difference,
    resample_confusion,
)
from insonify.store import Roles
from insonify.train.monitor import encode
from insonify.transfer.examples import Examples
from insonify.transfer.knn import KNN
from insonify.transfer.linear import LinearProbe
from insonify.transfer.protocol import TransferProtocol

LINEAR = "linear"
PROTOCOLS: Mapping[str, TransferProtocol] = {LINEAR: LinearProbe(), "knn": KNN()}
_BACKGROUND = "background"
_RESAMPLES = 2000


def probed(network: nn.Module, labelled: Path, roles: Roles, seed: int) -> Any:
    """Confusion matrices (S, C, C) of the test subjects, by protocol."""
    frames_NHW = torch.from_numpy(np.load(labelled / "frames.npy"))
    examples = Examples(
        features_ND=encode(network, frames_NHW).numpy(),
        labels_N=np.load(labelled / "labels.npy"),
        subjects_N=np.load(labelled / "subjects.npy"),
    )
    classes = len(json.loads((labelled / "classes.json").read_text()))
    tested = examples.of(roles.test)
    subjects, subject_N = np.unique(tested.subjects_N, return_inverse=True)
    found = {}
    for name, protocol in PROTOCOLS.items():
        predict = protocol.fit(
            examples.of(roles.train), examples.of(roles.validation), classes, seed
        )
        decided_N = predict(tested.features_ND).argmax(1)
        found[name] = confusion_by_subject(
            tested.labels_N, decided_N, subject_N, len(subjects), classes
        ).tolist()
    return found


def resampled(confusions: Sequence[Any], labelled: Path) -> Floats:
    """Macro F1 without background of every resample of subjects and seed: (R, K)."""
    names = json.loads((labelled / "classes.json").read_text())
    keep_C = np.array([name != _BACKGROUND for name in names])
    counts_RS = draw_subjects(len(confusions[0]), _RESAMPLES, 0)
    each = [
        macro(f1s(resample_confusion(counts_RS, np.array(confusion_SCC))), keep_C)
        for confusion_SCC in confusions
    ]
    return np.stack(each, 1)


def figures(own: Mapping[str, Floats], ours: Mapping[str, Floats]) -> dict[str, object]:
    """F1 with intervals, and ours less it by the linear probe; "" where there is none.

    Args:
        own: Of an arm, by protocol, from :func:`resampled`.
        ours: Of our arm; empty where this is it.
    """
    found: dict[str, object] = {
        f"{name} F1": _told(estimate(own[name])) if name in own else ""
        for name in PROTOCOLS
    }
    known = LINEAR in own and LINEAR in ours
    less = paired_difference(ours[LINEAR], own[LINEAR]) if known else None
    return found | {"insonify less this": _told(less) if less else ""}


def _told(found: Estimate) -> str:
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"
