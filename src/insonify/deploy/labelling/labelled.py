"""The labels that a store has of one task, on frames that have features.

Legend: N labelled frames, D features.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from insonify.deploy.labelling.thinning import evenly, thin
from insonify.store import Store
from insonify.transfer.examples import Examples, Floats, Integers


class FrameFeatures(Protocol):
    """What labelling asks of features; ``embedding.features.Features`` has it."""

    @property
    def positions_N(self) -> Integers:
        """Positions in ``store.frames()`` that have a feature, increasing."""
        ...

    def read(self, positions: Integers) -> Floats:
        """Features at some of these positions: float32 (n, D)."""
        ...

    def of_video(self, video: str) -> tuple[Integers, Floats]:
        """Frame numbers of a video (n,) and their features, float32 (n, D)."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Labelled:
    """Labelled frames, in the order of their positions."""

    positions_N: Integers
    """Positions in ``store.frames()``."""
    labels_N: npt.NDArray[np.str_]
    subjects_N: npt.NDArray[np.str_]
    video_N: Integers
    """Position of each frame's video in ``store.frames()``."""

    def __len__(self) -> int:
        return len(self.positions_N)

    @cached_property
    def stretch_N(self) -> Integers:
        """Number of each frame's stretch: a run of neighbouring frames of one label."""
        begins_N = np.diff(self.positions_N, prepend=-2) > 1
        for values_N in (self.video_N, self.labels_N):
            begins_N[1:] |= values_N[1:] != values_N[:-1]
        return np.cumsum(begins_N)

    @property
    def stretches(self) -> int:
        """How many there are."""
        return int(self.stretch_N[-1]) if len(self) else 0

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels that occur, sorted."""
        return tuple(np.unique(self.labels_N).tolist())

    def where(self, chosen_N: npt.NDArray[np.bool_] | Integers) -> "Labelled":
        """The frames that a mask or places choose."""
        return Labelled(
            positions_N=self.positions_N[chosen_N],
            labels_N=self.labels_N[chosen_N],
            subjects_N=self.subjects_N[chosen_N],
            video_N=self.video_N[chosen_N],
        )

    def of(self, subjects: AbstractSet[str]) -> "Labelled":
        """The frames of some subjects."""
        return self.where(np.isin(self.subjects_N, sorted(subjects)))

    def thinned(self, most: int) -> "Labelled":
        """At most so many frames, as many of each stretch, evenly spaced."""
        return self.where(thin(self.stretch_N, most))

    def spaced(self, most: int) -> "Labelled":
        """At most so many frames, evenly spaced, in proportion to what there is."""
        return self if len(self) <= most else self.where(evenly(len(self), most))

    def examples(self, features: FrameFeatures, classes: tuple[str, ...]) -> Examples:
        """The frames with their features, labels as positions in ``classes``."""
        return Examples(
            features_ND=features.read(self.positions_N),
            labels_N=np.searchsorted(np.array(classes), self.labels_N),
            subjects_N=self.subjects_N,
        )


def read_labelled(store: Store, task: str, features: FrameFeatures) -> Labelled:
    """The labelled frames that have features; none where the task has no label."""
    positions_N, labels_N = np.zeros(0, np.int64), np.zeros(0, np.str_)
    if task in store.tasks():
        found = store.frame_labels(task)
        positions_N, labels_N = found.positions, np.array(found.labels, np.str_)
    index = store.frames()
    video_N = index.video_N[positions_N]
    everything = Labelled(
        positions_N=positions_N,
        labels_N=labels_N,
        subjects_N=np.array(index.subjects, np.str_)[video_N],
        video_N=video_N,
    )
    return everything.where(np.isin(positions_N, features.positions_N))
