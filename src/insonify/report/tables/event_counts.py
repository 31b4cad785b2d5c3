"""Which events of a video were found, counted by subject and class.

Legend: N frames, M runs, C classes, S subjects, V videos.
"""

from typing import Final, NamedTuple

import numpy as np

from insonify.report.tables.evaluation import Evaluated
from insonify.report.tables.metrics import Booleans, Floats, Integers, Outcomes
from insonify.report.tables.stretches import Line, Runs, find_runs, match

_ROUNDING_S: Final = 1e-6
"""What two ways to compute the same time may differ by."""


class FoundEvents(NamedTuple):
    """Sums of one seed."""

    events_SC: Outcomes
    """Detections that are matched, events, detections."""
    retrieved_SC3: Floats
    """Videos that hold the class; those whose best frame is of it; is near one."""
    false_S: Floats
    """Unmatched detections in videos whose scanned time is known."""


class EventCount:
    """Counts what was found of the events of some predictions."""

    def __init__(
        self,
        evaluated: Evaluated,
        line: Line,
        foreground_C: Booleans,
        tolerance_s: float,
    ) -> None:
        self.evaluated, self.line, self.foreground_C = evaluated, line, foreground_C
        self.reach_s = tolerance_s + _ROUNDING_S
        self.subjects = len(evaluated.subjects)
        self.events = find_runs(evaluated.truth_N, line)
        self.true_NC = evaluated.truth_N[:, None] == np.arange(evaluated.classes)
        self.near_NC = self._near()

    def of_seed(self, seed: int) -> FoundEvents:
        detected = find_runs(self.evaluated.decided_KN[seed], self.line)
        right_M, met_M = self._matched(detected)
        false_M = self.foreground_C[detected.class_M] & ~right_M
        false_M &= np.isfinite(self.line.spacing_s_N[detected.first_M])
        return FoundEvents(
            events_SC=Outcomes(
                self._by_class(self.events, met_M),
                self._by_class(self.events, np.ones_like(met_M)),
                self._by_class(detected, np.ones_like(right_M)),
            ),
            retrieved_SC3=self._retrieved(seed),
            false_S=self._by_class(detected, false_M).sum(1),
        )

    def _by_class(self, runs: Runs, counted_M: Booleans) -> Floats:
        """Runs of no background class by subject and class: (S, C)."""
        at = counted_M & self.foreground_C[runs.class_M]
        subject_M, classes = self._subject(runs.first_M[at]), self.evaluated.classes
        counts = np.bincount(
            subject_M * classes + runs.class_M[at], minlength=self.subjects * classes
        )
        return counts.reshape(self.subjects, classes).astype(np.float64)

    def _subject(self, frame_M: Integers) -> Integers:
        return self.evaluated.subject_N[frame_M]

    def _matched(self, detected: Runs) -> tuple[Booleans, Booleans]:
        """Which detections, and which events, have a partner."""
        events = self.events
        right_M = np.zeros(len(detected.class_M), bool)
        met_M = np.zeros(len(events.class_M), bool)
        for place in np.flatnonzero(self.foreground_C):
            mine = np.flatnonzero(detected.class_M == place)
            its = np.flatnonzero(events.class_M == place)
            points, intervals = match(
                detected.centre_s_M[mine].tolist(),
                (events.start_s_M[its] - self.reach_s).tolist(),
                (events.end_s_M[its] + self.reach_s).tolist(),
            )
            right_M[mine[points]] = True
            met_M[its[intervals]] = True
        return right_M, met_M

    def _near(self) -> Booleans:
        """Whether a frame of each class is within the tolerance: (N, C)."""
        time_s_N = self.line.time_s_N
        near_NC = np.zeros(self.true_NC.shape, bool)
        for place in np.flatnonzero(self.foreground_C):
            true_s_M = time_s_N[self.true_NC[:, place]]
            before_N = np.searchsorted(true_s_M, time_s_N - self.reach_s, "left")
            until_N = np.searchsorted(true_s_M, time_s_N + self.reach_s, "right")
            near_NC[:, place] = until_N > before_N
        return near_NC

    def _retrieved(self, seed: int) -> Floats:
        """Videos that hold a class, and what their best frames are: (S, C, 3)."""
        p_NC, video_N = self.evaluated.probabilities_KNC[seed], self.evaluated.video_N
        new_N = np.append(True, video_N[1:] != video_N[:-1])
        first_V, number_N = np.flatnonzero(new_N), np.cumsum(new_N) - 1
        best_NC = p_NC == np.maximum.reduceat(p_NC, first_V)[number_N]
        tied_VC = np.add.reduceat(best_NC, first_V, dtype=np.float64)
        holds_VC = np.logical_or.reduceat(self.true_NC, first_V) & self.foreground_C
        hits_VC3 = [
            np.add.reduceat(best_NC & right_NC, first_V, dtype=np.float64)
            for right_NC in (best_NC, self.true_NC, self.near_NC)
        ]
        sums_SC3 = np.zeros((self.subjects, self.evaluated.classes, 3))
        shares_VC3 = np.stack(hits_VC3, -1) * (holds_VC / tied_VC)[:, :, None]
        np.add.at(sums_SC3, self._subject(first_V), shares_VC3)
        return sums_SC3
