"""The best frames of every class: peaks of the smoothed probability.

Legend: T frames of a scan, C classes.
"""

from typing import NamedTuple

import numpy as np

from insonify.core.saliency import Floats as Doubles
from insonify.deploy.timeline import Timeline
from insonify.transfer.examples import Floats


class KeyFrame(NamedTuple):
    """The best frame of a stretch in which a class is seen."""

    label: str
    rank: int
    """1 for the best of the scan."""
    frame: int
    """Its number in the scan."""
    time_s: float
    probability: float
    """Of its class, smoothed."""
    start_s: float
    """Begin and end of the stretch around it in which its class is the most probable;
    the frame alone where another class is."""
    end_s: float
    most_probable: bool
    """Whether its class is the most probable one, smoothed."""


def smoothed(times_s_T: Doubles, table_TC: Floats, width_s: float) -> Doubles:
    """Means (T, C) over all frames within half of ``width_s`` of each frame.

    By time, not by count: what ingest dropped leaves a gap in time.
    """
    # A hair wider, so that frames at exactly that distance count on both sides.
    half_s = width_s / 2 + 1e-9
    first_T = np.searchsorted(times_s_T, times_s_T - half_s, "left")
    end_T = np.searchsorted(times_s_T, times_s_T + half_s, "right")
    sums = np.zeros((len(table_TC) + 1, table_TC.shape[1]))
    np.cumsum(table_TC, axis=0, out=sums[1:])
    means_TC: Doubles = (sums[end_T] - sums[first_T]) / (end_T - first_T)[:, None]
    return means_TC


def find_key_frames(
    timeline: Timeline, smooth_TC: Doubles, classes: tuple[str, ...], count: int
) -> list[KeyFrame]:
    """The best frame of each class, and the best of other stretches up to ``count``."""
    stretch_T = _stretches(timeline, smooth_TC.argmax(1))
    found = []
    for place, label in enumerate(classes):
        values_T = smooth_TC[:, place].copy()
        for rank in range(1, count + 1):
            best = int(values_T.argmax())
            if values_T[best] < 0:  # No stretch is left.
                break
            own = int(smooth_TC[best].argmax()) == place
            same_T = stretch_T == stretch_T[best]
            first, last = (np.flatnonzero(same_T)[[0, -1]]) if own else (best, best)
            found.append(
                KeyFrame(
                    label=label,
                    rank=rank,
                    frame=best,
                    time_s=float(timeline.times_s_T[best]),
                    probability=float(smooth_TC[best, place]),
                    start_s=float(timeline.times_s_T[first]),
                    end_s=float(timeline.ends_s_T[last]),
                    most_probable=own,
                )
            )
            values_T[same_T] = -1
    return found


def _stretches(timeline: Timeline, best_T: Doubles) -> Doubles:
    """Number (T) of the stretch of frames of one class, without gaps in time."""
    gaps = timeline.ends_s_T[:-1] < timeline.times_s_T[1:]
    begins = np.diff(best_T).astype(bool) | gaps
    numbers_T: Doubles = np.concatenate([[0], np.cumsum(begins)])
    return numbers_T
