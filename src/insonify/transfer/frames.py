"""Which labelled frames of a store are learnt from and tested.

Legend: N labelled frames, H rows, W columns.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from insonify.clips.loader import FrameReader
from insonify.core.errors import ConfigError
from insonify.pretext.task import source_size
from insonify.store import Split, Store
from insonify.transfer.examples import Integers

_AT_ONCE: Final = 256


@dataclass(frozen=True, kw_only=True)
class LabelledFrames:
    """The frames of a store that are learnt from and tested."""

    positions_N: Integers
    labels_N: Integers
    subjects_N: npt.NDArray[np.str_]
    videos_N: npt.NDArray[np.str_]
    times_s_N: npt.NDArray[np.float64]
    classes: tuple[str, ...]


def choose_frames(store: Store, task: str, per_video: int) -> LabelledFrames:
    """At most ``per_video`` labelled frames of each video, evenly spaced; 0: all.

    Raises:
        StoreError: there is no such task.
    """
    index = store.frames()
    found = store.frame_labels(task)
    labels_N = np.array(found.labels)
    videos_N = index.video_N[found.positions]
    chosen = spread(videos_N, per_video)
    positions_N = found.positions[chosen]
    classes, codes_N = np.unique(labels_N, return_inverse=True)
    video_N = index.video_N[positions_N]
    return LabelledFrames(
        positions_N=positions_N,
        labels_N=codes_N[chosen],
        subjects_N=np.array(index.subjects)[video_N],
        videos_N=np.array(index.video_ids)[video_N],
        times_s_N=index.time_s_N[positions_N],
        classes=tuple(classes.tolist()),
    )


def require_labels(frames: LabelledFrames, split: Split, fold: int, task: str) -> None:
    """Refuse a fold in which nobody trains or nobody is tested.

    Raises:
        ConfigError: no training or no test subject has labels.
    """
    roles = split.roles(fold)
    for role, subjects in (("train", roles.train), ("test", roles.test)):
        if not np.isin(frames.subjects_N, sorted(subjects)).any():
            raise ConfigError(
                f"split {split.name!r}, fold {fold}: no {role} subject has labels "
                f"of task {task!r}; make a split with `insonify split --task {task}`"
            )


def spread(videos_N: Integers, per_video: int) -> Integers:
    """Places of at most ``per_video`` frames of each video, evenly spaced; 0: all."""
    chosen: list[int] = []
    for video in np.unique(videos_N):
        places = np.flatnonzero(videos_N == video)
        if per_video and len(places) > per_video:
            spaced = np.linspace(0, len(places) - 1, per_video).round().astype(int)
            places = places[spaced]
        chosen += places.tolist()
    return np.array(chosen, np.int64)


class SourceFrames:
    """The chosen frames as training crops need them: read once for each size.

    Args:
        store: Where they are.
        positions_N: Positions in ``store.frames()``.
        margin: How much larger than a view a frame is.
    """

    def __init__(self, store: Store, positions_N: Integers, margin: float) -> None:
        self._store, self._positions_N = store, positions_N
        self._margin = margin
        self._known: dict[tuple[int, int], Tensor] = {}

    def of(self, size: tuple[int, int]) -> Tensor:
        """All frames for views of ``size``: uint8 (N, H, W)."""
        if size not in self._known:
            reader = FrameReader(self._store, source_size(size, self._margin))
            count = len(self._positions_N)
            firsts = range(0, count, _AT_ONCE)
            parts = [self._positions_N[first : first + _AT_ONCE] for first in firsts]
            self._known[size] = torch.cat([reader.read(part) for part in parts])
        return self._known[size]
