"""What arms were tested on, and what they are worth on some of the videos.

Legend: N frames, C classes, S subjects, K seeds, V videos, R resamples, G groups.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from insonify.core.predictions import Predictions
from insonify.core.saliency_predictions import SaliencyPredictions
from insonify.report.tables import metrics
from insonify.report.tables.evaluation import Evaluated, evaluate
from insonify.report.tables.figures import figures
from insonify.report.tables.heterogeneity import LEAST, heterogeneity_p
from insonify.report.tables.metrics import Booleans, Floats, Outcomes
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.saliency_evaluation import FrameScores, Scored
from insonify.report.tables.saliency_table import resampled
from insonify.report.tables.statistics import draw_subjects
from insonify.report.tables.wording import primary_of


@dataclass(frozen=True, kw_only=True)
class Part:
    """An arm on some of the videos."""

    subjects: int = 0
    frames: int = 0
    classes: int = 0
    """Classes that occur; 0 for saliency."""
    tested: tuple[object, ...] = ()
    """What tells its frames from others."""
    figures: Mapping[str, Floats] = field(default_factory=dict)
    """On every resample of subjects and seed, (R, K) each; none with fewer than
    :data:`LEAST` subjects."""


class TestedArm(Protocol):
    """An arm under the primary protocol, with the most labels there are."""

    @property
    def figure(self) -> str:
        """The figure that groups are compared in."""
        ...

    @property
    def subject_of(self) -> Mapping[str, str]:
        """The subject of each video that was tested."""
        ...

    def on(self, videos: Collection[str]) -> Part:
        """The part that concerns some of the videos."""
        ...

    def heterogeneity_p(self, group_of: Mapping[str, str]) -> float:
        """P value of no difference between groups of videos; see ``heterogeneity``."""
        ...


def tested_arms(
    predictions: Predictions | SaliencyPredictions, options: ReportOptions
) -> dict[str, TestedArm]:
    """The arms of a predictions file by name."""
    if isinstance(predictions, Predictions):
        foreground_C = np.array([n != options.background for n in predictions.classes])
        return {
            part.arm: PlaneArm(part, foreground_C, options)
            for part in primary_of(evaluate(predictions))
        }
    scores = FrameScores.of(predictions, options.seed)
    return {
        part.arm: SaliencyArm(part, scores, options)
        for part in primary_of(scores.by_subject())
    }


@dataclass(frozen=True)
class PlaneArm:
    """What an arm decided of planes."""

    part: Evaluated
    foreground_C: Booleans
    options: ReportOptions

    @property
    def figure(self) -> str:
        return "macro_f1" if self.foreground_C.all() else "macro_f1_foreground"

    @cached_property
    def subject_of(self) -> Mapping[str, str]:
        part = self.part
        pairs = np.unique(np.stack([part.video_N, part.subject_N], axis=1), axis=0)
        return {part.videos[video]: part.subjects[who] for video, who in pairs}

    def on(self, videos: Collection[str]) -> Part:
        kept_V = np.array([video in videos for video in self.part.videos])
        part = self.part.of_frames(np.flatnonzero(kept_V[self.part.video_N]))
        told = len(part.subjects) >= LEAST
        return Part(
            subjects=len(part.subjects),
            frames=len(part.frame_N),
            classes=len(np.unique(part.truth_N)),
            tested=tuple(part.frame_N.tolist()),
            figures=figures(part, self.foreground_C, self.options) if told else {},
        )

    def heterogeneity_p(self, group_of: Mapping[str, str]) -> float:
        part = self.part
        name_V = np.array([group_of.get(video, "") for video in part.videos])
        return heterogeneity_p(
            name_V[part.video_N],
            part.subject_N,
            lambda member_GS: group_f1s(part, member_GS, self.foreground_C),
            self.options,
        )


def group_f1s(part: Evaluated, member_GS: Floats, foreground_C: Booleans) -> Floats:
    """Macro F1 of groups of subjects, means over seeds: (G,)."""
    found_KGC = Outcomes(*(member_GS @ each for each in part.outcomes_KSC))
    return np.asarray(metrics.macro(metrics.f1s(found_KGC), foreground_C).mean(0))


@dataclass(frozen=True)
class SaliencyArm:
    """What an arm predicted of gaze."""

    part: Scored
    scores: FrameScores
    options: ReportOptions

    @property
    def figure(self) -> str:
        return "kl"

    @cached_property
    def subject_of(self) -> Mapping[str, str]:
        return {video: subject for subject, video, _ in self.part.tested}

    def on(self, videos: Collection[str]) -> Part:
        mine = self.subject_of.keys() & set(videos)
        if not mine:
            return Part()
        part = self.scores.scored(self.part.key, mine)
        told = len(part.subjects) >= LEAST
        return Part(
            subjects=len(part.subjects),
            frames=part.frames,
            tested=part.tested,
            figures=self._figures(part) if told else {},
        )

    def heterogeneity_p(self, group_of: Mapping[str, str]) -> float:
        tested, subjects = self.part.tested, self.part.subjects
        value_KS = self.part.figures[self.figure]
        return heterogeneity_p(
            np.array([group_of[video] for _, video, _ in tested]),
            np.searchsorted(subjects, [subject for subject, _, _ in tested]),
            lambda member_GS: resampled(value_KS, member_GS).mean(1),
            self.options,
        )

    def _figures(self, part: Scored) -> dict[str, Floats]:
        subjects = len(part.subjects)
        counts_RS = draw_subjects(subjects, self.options.resamples, self.options.seed)
        return {
            k: resampled(value_KS, counts_RS) for k, value_KS in part.figures.items()
        }
