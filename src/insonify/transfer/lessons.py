"""Which frames a job learns from, chooses options by, and is tested on.

Legend: N frames, M frames to learn from, V frames to choose by, B tested frames.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from insonify.store import Split
from insonify.transfer.examples import Integers, draw_subjects
from insonify.transfer.plan import FINETUNE, LINEAR, Job
from insonify.transfer.shots import draw_shots

_CHOOSING: Final = frozenset({LINEAR, "frozen"})
"""Protocols that look at validation subjects."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """Places of frames; no subject is in two of them."""

    chosen_M: Integers
    """To learn from."""
    held_V: Integers
    """Of validation subjects, to choose options by; may be empty."""
    tested_B: Integers
    """Of test subjects."""


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """Draws the frames of jobs from those of a store.

    Validation subjects are drawn to the same fraction as training subjects: their
    labels cost as much. Few shots have none; what is to be chosen there is chosen
    among the shots.
    """

    subjects_N: npt.NDArray[np.str_]
    labels_N: Integers
    """All 0 where frames have no classes."""
    split: Split
    shot_frames: int = 1
    """Frames of each subject of a shot."""

    def of(self, job: Job) -> Lesson:
        """The frames of a job."""
        roles, seed = self.split.roles(job.trial.fold), job.trial.seed
        tested_B = self._of_subjects(roles.test)
        train_N = self._of_subjects(roles.train)
        if job.shots is not None:
            drawn_M = draw_shots(
                self.subjects_N[train_N],
                self.labels_N[train_N],
                shots=job.shots,
                frames=self.shot_frames,
                seed=seed,
            )
            nobody = np.array([], np.int64)
            return Lesson(chosen_M=train_N[drawn_M], held_V=nobody, tested_B=tested_B)
        return Lesson(
            chosen_M=self._drawn(train_N, job.fraction, seed),
            held_V=self._drawn(self._of_subjects(roles.validation), job.fraction, seed),
            tested_B=tested_B,
        )

    def told(
        self, jobs: Iterable[Job], *, rates: Sequence[float] | None
    ) -> list[dict[str, Any]]:
        """How many subjects and frames each protocol learns from: plain JSON values.

        Args:
            jobs: What is done.
            rates: The rates that fine-tuning chooses from, if it does.
        """
        choosing = _CHOOSING | ({FINETUNE} if rates and len(rates) > 1 else set())
        by_key = {
            (job.name, job.fraction, job.trial.fold, job.trial.seed): job
            for job in jobs
        }
        return [self._told(job, job.protocol in choosing) for job in by_key.values()]

    def _told(self, job: Job, chooses: bool) -> dict[str, Any]:
        lesson = self.of(job)
        held_V = lesson.held_V if chooses else lesson.held_V[:0]
        same = ("protocol", "fraction", "fold", "seed")
        found = {name: job.columns[name] for name in same} | {
            "subjects": len(np.unique(self.subjects_N[lesson.chosen_M])),
            "frames": len(lesson.chosen_M),
            "validation_subjects": len(np.unique(self.subjects_N[held_V])),
            "validation_frames": len(held_V),
        }
        if self.labels_N.any():
            found["classes"] = len(np.unique(self.labels_N[lesson.chosen_M]))
        return found

    def _of_subjects(self, subjects: AbstractSet[str]) -> Integers:
        return np.flatnonzero(np.isin(self.subjects_N, sorted(subjects)))

    def _drawn(self, places_N: Integers, fraction: float, seed: int) -> Integers:
        subjects_N = self.subjects_N[places_N]
        drawn = draw_subjects(subjects_N, self.labels_N[places_N], fraction, seed)
        return places_N[np.isin(subjects_N, sorted(drawn))]
