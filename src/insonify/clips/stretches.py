"""The frames of an index, a million at a time, so that searching them takes no room.

What depends on all frames before (a time that keeps increasing, a path that keeps
growing) goes on from stretch to stretch with the very same sums, so that the numbers do
not depend on where one ends.

Legend: N frames of a stretch, V videos of the index.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from insonify.store.frames import FrameIndex, Integers

Floats = npt.NDArray[np.float64]
_FRAMES: Final = 2**20


@dataclass(frozen=True, kw_only=True, eq=False)
class Stretch:
    """Whole videos that follow one another, and the first frame after them."""

    first: int
    """Position of its first frame in the index."""
    video_N: Integers
    """The videos' frames alone."""
    key_N: Floats
    """A time that keeps increasing over all segments; one more than frames, as are the
    rest, unless the index ends here."""
    run_N: Integers
    """Number of the segment, counted over all videos."""
    path_N: Floats
    """Motion up to each frame and with it, since the first frame of the index."""


def stretches(index: FrameIndex, frames: int = _FRAMES) -> Iterator[Stretch]:
    """Cut an index into stretches of about ``frames`` frames; no video is divided."""
    span = float(index.time_s_N.max(initial=0.0)) + 1.0
    runs, path = -1, 0.0
    for first, end in _cuts(index, frames):
        # The frame after the end stands for all that is too late to belong to a clip.
        part = slice(first, end + 1)
        run_N = runs + np.cumsum(_begins(index, first, end + 1))
        motion_N = index.motion_N[part].astype(np.float64)
        motion_N[0] += path
        path_N = np.cumsum(motion_N)
        yield Stretch(
            first=first,
            video_N=index.video_N[first:end],
            key_N=index.time_s_N[part] + run_N * 2 * span,
            run_N=run_N,
            path_N=path_N,
        )
        last = end - 1 - first
        runs, path = int(run_N[last]), float(path_N[last])


def _cuts(index: FrameIndex, frames: int) -> Iterator[tuple[int, int]]:
    starts_V = np.append(index.starts_V(), len(index))
    first = 0
    while first < len(index):
        # The first video that begins so many frames later, or the end.
        place = int(np.searchsorted(starts_V, first + frames))
        end = int(starts_V[min(place, len(starts_V) - 1)])
        yield first, end
        first = end


def _begins(index: FrameIndex, first: int, end: int) -> npt.NDArray[np.bool_]:
    """Whether a frame is the first of its segment."""
    video_N, segment_N = index.video_N[first:end], index.segment_N[first:end]
    begins_N = np.ones(len(video_N), bool)  # a stretch begins with a video
    begins_N[1:] = video_N[1:] != video_N[:-1]
    begins_N[1:] |= segment_N[1:] != segment_N[:-1]
    return begins_N
