"""Stretches of a video: runs of tested frames of one class, and how they are matched.

Legend: N frames, M runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from insonify.report.tables.evaluation import Evaluated
from insonify.report.tables.metrics import Booleans, Floats, Integers

GAP: Final = 3.0
"""A gap of more than so many median spacings of a video's tested frames is a stretch
that was not tested: it ends a run, and does not count as scanned."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """All tested videos one after the other on one axis of time, far apart.

    Attributes:
        time_s_N: Place of each frame on the axis.
        step_s_N: Seconds since the frame before it in its video; infinite for a first.
        spacing_s_N: Median of these in its video; nan where it has a single frame.
        starts_N: Whether a run must start here: a new video, or after a gap.
    """

    time_s_N: Floats
    step_s_N: Floats
    spacing_s_N: Floats
    starts_N: Booleans


@dataclass(frozen=True, kw_only=True)
class Runs:
    """Runs of frames of one class, in order of time."""

    first_M: Integers
    """Place of the first frame of each."""
    class_M: Integers
    start_s_M: Floats
    end_s_M: Floats

    @property
    def centre_s_M(self) -> Floats:
        return (self.start_s_M + self.end_s_M) / 2


def on_line(evaluated: Evaluated, apart_s: float) -> Line:
    """Lay the videos out, more than ``apart_s`` between any two of them."""
    time_s_N, video_N = evaluated.time_s_N, evaluated.video_N
    new_N = np.append(True, video_N[1:] != video_N[:-1])
    step_s_N = np.append(np.inf, np.diff(time_s_N))
    step_s_N[new_N] = np.inf
    number_N = np.cumsum(new_N) - 1
    length_s = float(np.ptp(time_s_N)) + apart_s + 1
    spacing_s_N = _medians(step_s_N, number_N)[number_N]
    with np.errstate(invalid="ignore"):
        starts_N = new_N | (step_s_N > GAP * spacing_s_N)
    return Line(
        time_s_N=time_s_N - time_s_N.min() + number_N * length_s,
        step_s_N=step_s_N,
        spacing_s_N=spacing_s_N,
        starts_N=starts_N,
    )


def find_runs(class_N: Integers, line: Line) -> Runs:
    """Runs of frames of the same class."""
    changes_N = np.append(True, class_N[1:] != class_N[:-1])
    first_M = np.flatnonzero(changes_N | line.starts_N)
    last_M = np.append(first_M[1:], len(class_N)) - 1
    return Runs(
        first_M=first_M,
        class_M=class_N[first_M],
        start_s_M=line.time_s_N[first_M],
        end_s_M=line.time_s_N[last_M],
    )


def match(
    points: Sequence[float], starts: Sequence[float], ends: Sequence[float]
) -> tuple[list[int], list[int]]:
    """Pair points with intervals that hold them: each once, as many as there can be.

    Taking what ends first is best, since intervals that start later end later here.

    Args:
        points: Increasing.
        starts: Increasing.
        ends: Increasing, each at or after its start; intervals may overlap.

    Returns:
        Places of points and of their intervals.

    >>> match([1.0, 1.2, 5.0], [0.0, 1.1], [1.5, 2.0])
    ([0, 1], [0, 1])
    """
    taken: tuple[list[int], list[int]] = [], []
    point, interval = 0, 0
    while point < len(points) and interval < len(starts):
        if points[point] < starts[interval]:
            point += 1
        elif points[point] > ends[interval]:
            interval += 1
        else:
            taken[0].append(point)
            taken[1].append(interval)
            point, interval = point + 1, interval + 1
    return taken


def _medians(step_s_N: Floats, number_N: Integers) -> Floats:
    """Median of the finite steps of each video; nan where there is none."""
    inside = np.flatnonzero(np.isfinite(step_s_N))
    order = inside[np.lexsort((step_s_N[inside], number_N[inside]))]
    counts_V = np.bincount(number_N[inside], minlength=number_N[-1] + 1)
    begin_V = np.cumsum(counts_V) - counts_V
    there = counts_V > 0
    median_V = np.full(len(counts_V), np.nan)
    low, high = (
        step_s_N[order[(begin_V + (counts_V - 1 + odd) // 2)[there]]] for odd in (0, 1)
    )
    median_V[there] = (low + high) / 2
    return median_V
