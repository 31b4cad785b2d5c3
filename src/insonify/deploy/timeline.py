"""The times of a scan, and what a scrolling strip shows of them.

Legend: T frames, X columns of a strip.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from insonify.core.saliency import Floats, Integers

_ALONE_S: Final = 0.04
"""How long a frame that is alone is shown."""


class Run(NamedTuple):
    """Frames of one label that follow each other."""

    start_s: float
    end_s: float
    label: str


@dataclass(frozen=True)
class Timeline:
    """When the frames of a scan were seen: at least one, in order."""

    times_s_T: Floats

    @cached_property
    def interval_s(self) -> float:
        """What lies between two frames, as a rule."""
        gaps = np.diff(self.times_s_T)
        return float(np.median(gaps)) if len(gaps) else _ALONE_S

    @cached_property
    def ends_s_T(self) -> Floats:
        """Until when each frame counts: the next one, or two intervals at most.

        What ingest dropped leaves a gap, not a frame that goes on.
        """
        following_T = np.append(self.times_s_T[1:], np.inf)
        last = np.append(np.full(len(self.times_s_T) - 1, 2.0), 1.0)
        ends_T: Floats = np.minimum(
            following_T, self.times_s_T + last * self.interval_s
        )
        return ends_T

    @property
    def begin_s(self) -> float:
        """When the first frame was seen."""
        return float(self.times_s_T[0])

    @property
    def end_s(self) -> float:
        """When the last frame is over."""
        return float(self.ends_s_T[-1])

    def frames_at(self, now_s: float, span_s: float, columns: int) -> Integers:
        """The frame that each column of a strip shows, or -1: (X,).

        The middle of the strip is now; the frame of now begins right of it.
        """
        shares_X = (np.arange(columns) + 0.5) / columns - 0.5
        times_X = now_s + span_s * shares_X
        places_X = np.searchsorted(self.times_s_T, times_X, "right") - 1
        shown_X = (places_X >= 0) & (times_X < self.ends_s_T[places_X])
        return np.where(shown_X, places_X, -1)

    def runs(self, labels_T: tuple[str | None, ...]) -> tuple[Run, ...]:
        """Stretches of frames of one label, without gaps."""
        found: list[Run] = []
        bounds = zip(self.times_s_T.tolist(), self.ends_s_T.tolist(), strict=True)
        for (start, end), label in zip(bounds, labels_T, strict=True):
            if label is None:
                continue
            if found and found[-1].label == label and found[-1].end_s == start:
                found[-1] = found[-1]._replace(end_s=end)
            else:
                found.append(Run(start, end, label))
        return tuple(found)
