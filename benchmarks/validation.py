"""Which form of pretraining is better? Asked of validation subjects, never of others.

python benchmarks/validation.py STORE TASK SPLIT ARM=RUN:FOLD [ARM=RUN:FOLD ...]

Macro F1 of k-NN and of a linear probe that learn from the fold's training subjects. The
folds of an arm are put together, and every arm is set against the first on the subjects
that both were asked of; each ± is a standard error by jackknife over subjects.
"""

import argparse
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

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
PROBES: dict[str, TransferProtocol] = {
    "k-NN": KNN(),
    "linear": LinearProbe(grid=_STRENGTHS),
}


class Answers(NamedTuple):
    """What a probe says of validation frames, and what is true."""

    truth_N: Integers
    guess_N: Integers
    subjects_N: npt.NDArray[np.str_]

    def score(self, without: str | None = None) -> float:
        """Macro F1, perhaps without one subject."""
        kept_N = self.subjects_N != without
        return float(
            f1_score(self.truth_N[kept_N], self.guess_N[kept_N], average="macro")
        )

    def ahead_of(self, other: "Answers", without: str | None = None) -> float:
        """How much higher its score is than another's."""
        return self.score(without) - other.score(without)


def jackknifed(
    score: Callable[[str | None], float], subjects: Iterable[str]
) -> tuple[float, float]:
    """A score and its standard error over subjects."""
    one_out = [score(subject) for subject in subjects]
    return score(None), float(np.std(one_out)) * (len(one_out) - 1) ** 0.5


def ask(store: Store, split: str, frames: LabelledFrames, run: str) -> list[Answers]:
    """Answers of each probe on the validation subjects of a run's fold."""
    path, _, fold = run.rpartition(":")
    checkpoint = load_checkpoint(Path(path))
    roles = store.split(split).roles(int(fold))
    views_NHW = FrameReader(store, checkpoint.size).read(frames.positions_N)
    every = Examples(
        features_ND=encode(checkpoint.encoder, views_NHW).numpy(),
        labels_N=frames.labels_N,
        subjects_N=frames.subjects_N,
    )
    train, held = every.of(roles.train), every.of(roles.validation)
    found = []
    for probe in PROBES.values():
        # Validation subjects are tested here, so that none are left to choose by.
        predict = probe.fit(train, every.of(frozenset()), len(frames.classes), 0)
        guess_N = predict(held.features_ND).argmax(1)
        found.append(Answers(held.labels_N, guess_N, held.subjects_N))
    return found


def together(several: Iterable[Answers]) -> Answers:
    """The answers of some folds as one."""
    return Answers(*map(np.concatenate, zip(*several, strict=True)))


def row_of(arm: str, own: list[Answers], first: list[Answers]) -> dict[str, object]:
    """One row: an arm's figures, and how far it is from the first arm."""
    row: dict[str, object] = {"arm": arm}
    for name, mine, other in zip(PROBES, own, first, strict=True):
        subjects = np.unique(mine.subjects_N)
        row[name], row[f"{name} ±"] = jackknifed(mine.score, subjects)
        if not np.array_equal(subjects, np.unique(other.subjects_N)):
            raise SystemExit(f"{arm} and the first arm need the same folds")
        row[f"{name}: more"], row[f"{name}: more ±"] = jackknifed(
            partial(mine.ahead_of, other),
            subjects,
        )
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("task")
    parser.add_argument("split")
    parser.add_argument("runs", nargs="+", metavar="ARM=RUN:FOLD")
    asked = parser.parse_args()
    store = Store.open(asked.store)
    frames = choose_frames(store, asked.task, _PER_VIDEO)
    arms: dict[str, list[list[Answers]]] = {}
    for given in asked.runs:
        arm, _, run = given.partition("=")
        arms.setdefault(arm, []).append(ask(store, asked.split, frames, run))
    pooled = {
        arm: [together(probe) for probe in zip(*folds, strict=True)]
        for arm, folds in arms.items()
    }
    first = next(iter(pooled.values()))
    show("validation", [row_of(arm, own, first) for arm, own in pooled.items()])


if __name__ == "__main__":
    main()
