"""Which labelled frames of a store are learnt from and tested.

Legend: N labelled frames.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from insonify.store import Store
from insonify.transfer.examples import Integers


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
    chosen: list[int] = []
    for video in np.unique(videos_N):
        places = np.flatnonzero(videos_N == video)
        if per_video and len(places) > per_video:
            spaced = np.linspace(0, len(places) - 1, per_video).round().astype(int)
            places = places[spaced]
        chosen += places.tolist()
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
