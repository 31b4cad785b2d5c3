"""What one arm predicted, in arrays, all folds together.

Folds are pooled: every subject is tested in one fold, so the test predictions of all
folds together are one prediction for each frame and seed. Figures are computed on the
pool for each seed and averaged over seeds. AUROC therefore compares scores of models
of different folds, which lowers it a little where their scales differ.

Legend: N frames, C classes, S subjects, K seeds, V videos.
"""

import re
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from insonify.core.coding import coded
from insonify.core.errors import ReportError
from insonify.core.predictions import Predictions
from insonify.report.tables import metrics
from insonify.report.tables.metrics import Floats, Integers, Outcomes


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """The pooled test predictions of one arm, protocol and label fraction.

    Attributes:
        arm: Name of the arm.
        protocol: Name of the protocol.
        fraction: Share of the labelled training subjects that were used.
        seeds: The K seeds.
        subjects: Pseudonyms of the S tested subjects, sorted.
        videos: Pseudonyms of the V videos of the file, sorted.
        frame_N: Number of each frame, the same for all arms of a file; increasing, and
            with it videos, and times within a video.
        subject_N: Position of each frame's subject in ``subjects``.
        video_N: Position of each frame's video in ``videos``.
        time_s_N: Seconds since the first frame of the source.
        truth_N: Position of each frame's class.
        probabilities_KNC: What was predicted.
    """

    arm: str
    protocol: str
    fraction: float
    seeds: tuple[int, ...]
    subjects: tuple[str, ...]
    videos: tuple[str, ...]
    frame_N: Integers
    subject_N: Integers
    video_N: Integers
    time_s_N: Floats
    truth_N: Integers
    probabilities_KNC: npt.NDArray[np.float32]

    @property
    def key(self) -> tuple[str, str, float]:
        return self.arm, self.protocol, self.fraction

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.probabilities_KNC.shape[2])

    @cached_property
    def decided_KN(self) -> Integers:
        """The most probable class by seed (a tie: the first)."""
        return np.asarray(self.probabilities_KNC.argmax(2))

    @cached_property
    def outcomes_KSC(self) -> Outcomes:
        """Hits, support and decisions by seed, subject and class."""
        return metrics.outcomes(self.confusion_KSCC())

    def confusion_KSCC(self) -> Floats:
        """Counts by seed, subject, true and most probable class."""
        return np.stack(
            [
                metrics.confusion_by_subject(
                    self.truth_N,
                    decided_N,
                    self.subject_N,
                    len(self.subjects),
                    self.classes,
                )
                for decided_N in self.decided_KN
            ]
        )

    def of_subjects(self, subjects: tuple[str, ...]) -> "Evaluated":
        """The part that concerns the given subjects (sorted, all of them tested)."""
        if subjects == self.subjects:
            return self
        kept_S = np.isin(self.subjects, subjects)
        return self.of_frames(np.flatnonzero(kept_S[self.subject_N]))

    def of_frames(self, kept_N: Integers) -> "Evaluated":
        """The part that concerns the frames at some places, in their order."""
        there, subject_N = np.unique(self.subject_N[kept_N], return_inverse=True)
        return replace(
            self,
            subjects=tuple(self.subjects[place] for place in there),
            frame_N=self.frame_N[kept_N],
            subject_N=subject_N,
            video_N=self.video_N[kept_N],
            time_s_N=self.time_s_N[kept_N],
            truth_N=self.truth_N[kept_N],
            probabilities_KNC=self.probabilities_KNC[:, kept_N],
        )


def evaluate(predictions: Predictions) -> list[Evaluated]:
    """Pool the folds of every arm, protocol and label fraction, sorted in this order.

    Raises:
        ReportError: the seeds of an arm did not predict each frame exactly once.
    """
    table = _Coded(predictions)
    group_N, seed_N = table.group_N, table.seed_N
    order = np.lexsort((table.frame_N, seed_N, group_N))
    ends = np.flatnonzero(np.diff(group_N[order])) + 1
    return [table.pool(rows) for rows in np.split(order, ends)]


class _Coded:
    """The columns of a file as numbers."""

    def __init__(self, predictions: Predictions) -> None:
        rows = predictions.rows
        self.arm_N, self.arms = coded(rows["arm"])
        protocol_N, self.protocols = coded(rows["protocol"])
        rank = np.argsort(sorted(range(len(self.protocols)), key=self._natural))
        self.protocol_N = rank[protocol_N]
        self.fraction_N, self.fractions = coded(rows["fraction"])
        self.seed_N = rows["seed"].to_numpy()
        self.subject_N, self.subjects = coded(rows["subject"])
        self.video_N, self.videos = coded(rows["video"])
        self.time_s_N = rows["time_s"].to_numpy()
        time_N, times = coded(rows["time_s"])
        _, self.frame_N = np.unique(
            self.video_N * len(times) + time_N, return_inverse=True
        )
        truth_N, truths = coded(rows["truth"])
        self.truth_N = np.array([predictions.classes.index(t) for t in truths])[truth_N]
        self.probabilities_NC = predictions.probabilities_NC()

    def _natural(self, place: int) -> list[str | int]:
        """Words and numbers of a protocol: 5 shots come before 10."""
        parts = re.split(r"(\d+)", self.protocols[place])
        return [int(part) if part.isdigit() else part for part in parts]

    @property
    def group_N(self) -> Integers:
        """Arm, protocol and share of labels as one number."""
        first_N = self.arm_N * len(self.protocols) + self.protocol_N
        return first_N * len(self.fractions) + self.fraction_N

    def pool(self, rows: Integers) -> Evaluated:
        """The rows of one group, sorted by seed and then by frame."""
        seeds, counts = np.unique(self.seed_N[rows], return_counts=True)
        arm = self.arms[self.arm_N[rows[0]]]
        protocol = self.protocols[self.protocol_N[rows[0]]]
        if not self._whole(rows, len(seeds), counts):
            raise ReportError(
                f"arm {arm!r}, protocol {protocol!r}: its seeds did not predict each "
                "frame exactly once; run `insonify transfer` with all seeds together"
            )
        rows_KN = rows.reshape(len(seeds), -1)
        first = rows_KN[0]
        subjects, subject_N = np.unique(self.subject_N[first], return_inverse=True)
        return Evaluated(
            arm=arm,
            protocol=protocol,
            fraction=self.fractions[self.fraction_N[rows[0]]],
            seeds=tuple(int(seed) for seed in seeds),
            subjects=tuple(self.subjects[place] for place in subjects),
            videos=tuple(self.videos),
            frame_N=self.frame_N[first],
            subject_N=subject_N,
            video_N=self.video_N[first],
            time_s_N=self.time_s_N[first],
            truth_N=self.truth_N[first],
            probabilities_KNC=self.probabilities_NC[rows_KN],
        )

    def _whole(self, rows: Integers, seeds: int, counts: Integers) -> bool:
        if (counts != counts[0]).any():
            return False
        frame_KN = self.frame_N[rows].reshape(seeds, -1)
        same = (frame_KN == frame_KN[0]).all()
        return bool(same and (np.diff(frame_KN[0]) > 0).all())
