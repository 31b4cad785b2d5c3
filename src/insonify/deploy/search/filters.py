"""Which frames may be found.

Legend: F frames of the store, V videos.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from insonify.core.errors import StoreError
from insonify.deploy.search.names import require_known
from insonify.store import Store

Bools = npt.NDArray[np.bool_]


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

    def among(self, store: Store) -> Bools | None:
        """Which frames of a store these are: (F,); None: all.

        Raises:
            StoreError: the store knows no such subject, video, task or label.
        """
        if self == Wanted():
            return None
        index = store.frames()
        allowed_F = self._videos(index.subjects, index.video_ids)[index.video_N]
        if self.labels is not None:
            allowed_F &= labelled(store, *self.labels)
        return allowed_F

    def _videos(self, subjects: tuple[str, ...], videos: tuple[str, ...]) -> Bools:
        """Which videos frames may be in: (V,)."""
        allowed_V = np.ones(len(videos), bool)
        for kind, values, named, wanted in (
            ("subject", subjects, self.subjects, True),
            ("subject", subjects, self.without_subjects, False),
            ("video", videos, self.videos, True),
            ("video", videos, self.without_videos, False),
        ):
            if named is not None:
                require_known(named, values, kind)
                among_V = np.array([value in named for value in values], bool)
                allowed_V &= among_V == wanted
        return allowed_V


def labelled(store: Store, task: str, label: str) -> Bools:
    """Which frames of a store carry a label: (F,).

    Raises:
        StoreError: the store has no such task, or no frame with that label.
    """
    found = store.frame_labels(task)
    if label not in found.labels:
        known = ", ".join(sorted(set(found.labels)))
        raise StoreError(
            f"no frame has the label {label!r} of task {task!r}; there are {known}"
        )
    carries_F = np.zeros(len(store.frames()), bool)
    carries_F[found.positions] = np.array(found.labels) == label
    return carries_F
