"""A few labelled frames of each class: k subjects who have it, and frames of each.

Legend: N labelled frames, M drawn ones.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from insonify.core.errors import ConfigError
from insonify.store import Split
from insonify.transfer.examples import Integers
from insonify.transfer.frames import LabelledFrames


def draw_shots(
    subjects_N: npt.NDArray[np.str_],
    labels_N: Integers,
    *,
    shots: int,
    frames: int,
    seed: int,
) -> Integers:
    """Places of the frames of ``shots`` subjects for each label: (M,), increasing.

    A label that fewer subjects have gets all of these. Fewer shots, or frames, of the
    same seed are part of more.

    Args:
        subjects_N: Whose the frames are; only those of training subjects.
        labels_N: Their labels.
        shots: Subjects for each label.
        frames: Frames with the label that are taken of each subject, if it has them.
        seed: Seed of the drawn subjects and frames.
    """
    chosen: list[int] = []
    for label in np.unique(labels_N).tolist():
        generator = np.random.default_rng((seed, label))
        there = np.unique(subjects_N[labels_N == label])
        for subject in generator.permutation(there)[:shots]:
            places = np.flatnonzero((labels_N == label) & (subjects_N == subject))
            chosen += generator.permutation(places)[:frames].tolist()
    return np.array(sorted(chosen), np.int64)


def require_shots(
    frames: LabelledFrames, split: Split, fold: int, shots: Sequence[int]
) -> None:
    """Refuse more shots than any class has training subjects.

    Raises:
        ConfigError: says how many there are.
    """
    train = sorted(split.roles(fold).train)
    in_train_N = np.isin(frames.subjects_N, train)
    most = max(
        len(np.unique(frames.subjects_N[in_train_N & (frames.labels_N == label)]))
        for label in range(len(frames.classes))
    )
    if shots and max(shots) > most:
        raise ConfigError(
            f"shots {max(shots)}: no class has as many training subjects in fold "
            f"{fold} of split {split.name!r}; ask for {most} at most"
        )
