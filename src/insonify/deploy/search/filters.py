"""Which frames may be found.

Legend: F frames of the store, V videos, n some frames.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from insonify.core.errors import StoreError
from insonify.deploy.search.names import require_known
from insonify.store import FrameIndex, Store
from insonify.store.frames import Integers, label_frames

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Allowed:
    """Which frames of a store may be found."""

    index: FrameIndex
    allowed_V: Bools
    """The videos that they may be in."""
    allowed_F: Bools | None
    """Those with the right label; None: any label, or none, is right."""

    def __call__(self, positions_n: Integers) -> Bools:
        """Whether each of some frames may be found: (n,)."""
        allowed_n = self.allowed_V[self.index.video_N[positions_n]]
        if self.allowed_F is not None:
            allowed_n &= self.allowed_F[positions_n]
        return allowed_n


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a frame must be to be found; by itself anything."""

    subjects: frozenset[str] | None = None
    """Of one of these subjects; None: of any."""
    without_subjects: frozenset[str] = frozenset()
    """Of none of these subjects."""
    videos: frozenset[str] | None = None
    """In one of these videos; None: in any."""
    without_videos: frozenset[str] = frozenset()
    """In none of these videos."""
    labels: tuple[str, str] | None = None
    """With this label of this task; None: with any label, or none."""

    def among(self, store: Store, index: FrameIndex) -> Allowed:
        """Which frames of a store these are.

        Args:
            store: Whose labels count, as they are now.
            index: Its frames, as they were at some time.

        Raises:
            StoreError: the store knows no such subject, video, task or label.
        """
        return Allowed(
            index=index,
            allowed_V=self._videos(index.subjects, index.video_ids),
            allowed_F=self.labels and labelled(store, index, *self.labels),
        )

    def _videos(self, subjects: tuple[str, ...], videos: tuple[str, ...]) -> Bools:
        """Which videos frames may be in: (V,)."""
        allowed_V = np.ones(len(videos), bool)
        for kind, values, named, wanted in (
            ("subject", subjects, self.subjects, True),
            ("subject", subjects, self.without_subjects or None, False),
            ("video", videos, self.videos, True),
            ("video", videos, self.without_videos or None, False),
        ):
            if named is not None:
                require_known(named, values, kind)
                among_V = np.array([value in named for value in values], bool)
                allowed_V &= among_V == wanted
        return allowed_V


def labelled(store: Store, index: FrameIndex, task: str, label: str) -> Bools:
    """Which of some frames of a store carry a label: (F,).

    Raises:
        StoreError: the store has no such task, or no frame with that label.
    """
    rows = store.labels()
    found = label_frames(index, rows.filter(pc.equal(rows["task"], task)))
    if not found.labels:
        raise StoreError(f"no labels of task {task!r}; the store has {store.tasks()}")
    if label not in found.labels:
        known = ", ".join(sorted(set(found.labels)))
        raise StoreError(
            f"no frame has the label {label!r} of task {task!r}; there are {known}"
        )
    carries_F = np.zeros(len(index), bool)
    carries_F[found.positions] = np.array(found.labels) == label
    return carries_F
