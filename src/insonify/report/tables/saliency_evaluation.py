"""What predicted maps are worth, frame by frame, and by subject.

A frame's figures are averaged over its video, videos over their subject, so that
neither a long video nor a much scanned subject counts for more.

Legend: N rows, V videos, S subjects, K seeds.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from insonify.core.errors import ReportError
from insonify.core.saliency import Floats, Integers
from insonify.core.saliency_predictions import SaliencyPredictions
from insonify.report.tables.saliency_frames import frame_figures

Key = tuple[str, str, float]
"""Arm, protocol and label fraction."""
FIGURES: Final = ("kl", "nss", "auc", "auc_judd", "sauc", "cc", "sim", "ig")


@dataclass(frozen=True, kw_only=True)
class Scored:
    """One arm under one protocol and label fraction, scored by subject.

    Attributes:
        arm: Name of the arm.
        protocol: Name of the protocol.
        fraction: Share of the training subjects that were used.
        seeds: The K seeds.
        subjects: Pseudonyms of the S tested subjects, sorted.
        frames: Tested frames.
        tested: Subject, video and time in seconds of each of them, sorted.
        figures: Name to (K, S); nan where a subject has no frame that defines it.
        undefined: Frames and seeds for which some figure is undefined.
    """

    arm: str
    protocol: str
    fraction: float
    seeds: tuple[int, ...]
    subjects: tuple[str, ...]
    frames: int
    figures: dict[str, Floats]
    undefined: int
    tested: tuple[tuple[str, str, float], ...] = ()

    @property
    def key(self) -> Key:
        return self.arm, self.protocol, self.fraction

    def of_subjects(self, kept: tuple[str, ...]) -> "Scored":
        """The same for some of its subjects, in their order; ``undefined`` stays."""
        at = [self.subjects.index(subject) for subject in kept]
        tested = tuple(frame for frame in self.tested if frame[0] in set(kept))
        return replace(
            self,
            subjects=kept,
            frames=len(tested),
            figures={name: value_KS[:, at] for name, value_KS in self.figures.items()},
            tested=tested,
        )


def score(predictions: SaliencyPredictions, seed: int) -> list[Scored]:
    """Score every arm, protocol and label fraction, sorted in this order.

    Raises:
        ReportError: the seeds of an arm did not predict the same frames once each.
    """
    return FrameScores.of(predictions, seed).by_subject()


@dataclass(frozen=True, kw_only=True)
class FrameScores:
    """Figures of every row of a predictions file, and which prediction it is."""

    rows_of: dict[Key, Integers]
    """The rows of each arm, protocol and label fraction, sorted in this order."""
    table: "_Table"
    figures: dict[str, Floats]
    """Name to (N,)."""

    @classmethod
    def of(cls, predictions: SaliencyPredictions, seed: int) -> "FrameScores":
        """Score every row; ``seed`` is that of the shuffled AUC."""
        figures, rows = frame_figures(predictions, seed), predictions.rows
        names = ("arm", "protocol", "fraction")
        keys = list(zip(*(rows[name].to_pylist() for name in names), strict=True))
        coded = {key: place for place, key in enumerate(sorted(set(keys)))}
        group_N = np.array([coded[key] for key in keys])
        return cls(
            rows_of={
                key: np.flatnonzero(group_N == place) for key, place in coded.items()
            },
            table=_Table.of(predictions),
            figures=figures,
        )

    def by_subject(self) -> list[Scored]:
        """Every arm, protocol and label fraction.

        Raises:
            ReportError: the seeds of an arm did not predict the same frames once each.
        """
        return [self.scored(key) for key in self.rows_of]

    def scored(self, key: Key, videos: Collection[str] | None = None) -> Scored:
        """One of them, on some of its videos; None: on all."""
        at = self.rows_of[key]
        if videos is not None:
            at = at[np.isin(self.table.video_N[at], list(videos))]
        return _scored(key, self.table, self.figures, at)


@dataclass(frozen=True, kw_only=True)
class _Table:
    """The columns that say which prediction a row is."""

    subject_N: npt.NDArray[np.str_]
    video_N: npt.NDArray[np.str_]
    time_s_N: Floats
    seed_N: Integers

    @classmethod
    def of(cls, predictions: SaliencyPredictions) -> "_Table":
        rows = predictions.rows
        return cls(
            subject_N=np.array(rows["subject"].to_pylist()),
            video_N=np.array(rows["video"].to_pylist()),
            time_s_N=rows["time_s"].to_numpy(),
            seed_N=rows["seed"].to_numpy(),
        )


def _scored(
    key: Key, table: _Table, figures: dict[str, Floats], at: Integers
) -> Scored:
    subjects, seeds = np.unique(table.subject_N[at]), np.unique(table.seed_N[at])
    by_seed = [at[table.seed_N[at] == seed] for seed in seeds]
    tested = _same_frames(key, table, by_seed)
    arm, protocol, fraction = key
    return Scored(
        arm=arm,
        protocol=protocol,
        fraction=fraction,
        seeds=tuple(int(seed) for seed in seeds),
        subjects=tuple(subjects.tolist()),
        frames=len(tested),
        tested=tested,
        figures={
            name: np.stack(
                [_by_subject(value_N, table, rows, subjects) for rows in by_seed]
            )
            for name, value_N in figures.items()
        },
        undefined=int(np.isnan([value_N[at] for value_N in figures.values()]).sum()),
    )


def _by_subject(
    value_N: Floats, table: _Table, rows: Integers, subjects: npt.NDArray[np.str_]
) -> Floats:
    """Means over frames of a video, then over videos of a subject: (S,)."""
    videos, video_M = np.unique(table.video_N[rows], return_inverse=True)
    value_V = _means(value_N[rows], video_M.reshape(-1), len(videos))
    first_V = np.array([rows[np.argmax(video_M == v)] for v in range(len(videos))])
    subject_V = np.searchsorted(subjects, table.subject_N[first_V])
    return _means(value_V, subject_V, len(subjects))


def _means(values: Floats, groups: Integers, count: int) -> Floats:
    """Mean of the defined values of each group; nan where there is none."""
    defined = np.isfinite(values)
    sums = np.bincount(groups[defined], values[defined], minlength=count)
    number = np.bincount(groups[defined], minlength=count)
    return np.where(number > 0, sums / np.maximum(number, 1), np.nan)


def _same_frames(
    key: Key, table: _Table, by_seed: Sequence[Integers]
) -> tuple[tuple[str, str, float], ...]:
    """Subject, video and time of the frames that every seed predicted once."""
    columns = table.subject_N, table.video_N, table.time_s_N
    frames = [
        sorted(zip(*(column[rows].tolist() for column in columns), strict=True))
        for rows in by_seed
    ]
    if any(each != frames[0] or len(set(each)) < len(each) for each in frames):
        raise ReportError(
            f"arm {key[0]!r}, protocol {key[1]!r}: its seeds did not predict each "
            "frame exactly once; run `insonify transfer` with all seeds together"
        )
    return tuple(frames[0])
