"""What is of the subjects of each role in each fold of a store's splits.

Legend: V videos.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from insonify.store import Split, Store
from insonify.store.frames import FrameIndex, Integers


@dataclass(frozen=True, kw_only=True)
class RoleCounts:
    """The subjects of one role in one fold, and what is theirs."""

    split: str
    fold: int
    role: str
    subjects: int
    videos: int
    frames: int
    labelled: dict[str, int]
    """Labelled frames by task."""
    clips: tuple[int, ...]
    """For each kind of clip of the flow."""


def role_counts(
    store: Store,
    index: FrameIndex,
    labels_V: Mapping[str, Integers],
    clips_V: Sequence[Integers],
) -> Iterator[RoleCounts]:
    """Count for every split, fold and role.

    Args:
        store: Holds the splits.
        index: Its frames.
        labels_V: Labelled frames of each video, by task.
        clips_V: Clips that start in each video, for each kind.
    """
    for split, fold in _folds(store):
        for role, subjects in split.roles(fold)._asdict().items():
            mine_V = np.array([who in subjects for who in index.subjects], bool)
            yield RoleCounts(
                split=split.name,
                fold=fold,
                role=role,
                subjects=len(subjects & set(index.subjects)),
                videos=int(mine_V.sum()),
                frames=len(index.of_subjects(subjects)),
                labelled={k: int(each[mine_V].sum()) for k, each in labels_V.items()},
                clips=tuple(int(each[mine_V].sum()) for each in clips_V),
            )


def _folds(store: Store) -> Iterator[tuple[Split, int]]:
    for name in store.splits():
        split = store.split(name)
        for fold in range(split.folds):
            yield split, fold
