"""Which form of pretraining is better? Asked of validation subjects, never of others.

python benchmarks/validation.py STORE TASK SPLIT RUN:FOLD [RUN:FOLD ...]

Macro F1 of k-NN and of a linear probe that learn from the fold's training subjects.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.metrics import f1_score
from table import show

from insonify.clips.loader import FrameReader
from insonify.model.checkpoint import load_checkpoint
from insonify.store import Store
from insonify.train.monitor import encode
from insonify.transfer.examples import Examples, Integers
from insonify.transfer.frames import LabelledFrames, choose_frames
from insonify.transfer.knn import KNN
from insonify.transfer.linear import LinearProbe
from insonify.transfer.protocol import TransferProtocol

_PER_VIDEO = 16
_STRENGTHS = (1e-3, 1e-2)
"""Of the probe's penalty: more of them take minutes a run."""


def figure(
    truth_N: Integers, guess_N: Integers, subjects_N: npt.NDArray[np.str_]
) -> tuple[float, float]:
    """Macro F1, and its standard error by jackknife over subjects."""
    one_out = [
        f1_score(truth_N[kept_N], guess_N[kept_N], average="macro")
        for kept_N in (subjects_N != subject for subject in np.unique(subjects_N))
    ]
    spread = float(np.std(one_out)) * (len(one_out) - 1) ** 0.5
    return float(f1_score(truth_N, guess_N, average="macro")), spread


def measure(
    store: Store, split: str, frames: LabelledFrames, asked: str
) -> dict[str, object]:
    """One row: figures of a run on the validation subjects of its fold."""
    path, _, fold = asked.rpartition(":")
    checkpoint = load_checkpoint(Path(path))
    roles = store.split(split).roles(int(fold))
    views_NHW = FrameReader(store, checkpoint.size).read(frames.positions_N)
    every = Examples(
        features_ND=encode(checkpoint.encoder, views_NHW).numpy(),
        labels_N=frames.labels_N,
        subjects_N=frames.subjects_N,
    )
    train, held = every.of(roles.train), every.of(roles.validation)
    row: dict[str, object] = {"run": Path(path).name, "fold": int(fold)}
    probes: dict[str, TransferProtocol] = {
        "k-NN": KNN(),
        "linear": LinearProbe(grid=_STRENGTHS),
    }
    for name, probe in probes.items():
        # Validation subjects are tested here, so that none are left to choose by.
        predict = probe.fit(train, every.of(frozenset()), len(frames.classes), 0)
        guess_N = predict(held.features_ND).argmax(1)
        row[name], row[f"{name} ±"] = figure(held.labels_N, guess_N, held.subjects_N)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("task")
    parser.add_argument("split")
    parser.add_argument("runs", nargs="+", metavar="RUN:FOLD")
    asked = parser.parse_args()
    store = Store.open(asked.store)
    frames = choose_frames(store, asked.task, _PER_VIDEO)
    rows = [measure(store, asked.split, frames, run) for run in asked.runs]
    show("validation", rows)


if __name__ == "__main__":
    main()
