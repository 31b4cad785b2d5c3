"""The rows of one job: fit on training subjects, predict test subjects.

Legend: M frames to learn from, B predicted frames, C classes.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from insonify.core.predictions import SCHEMA
from insonify.store import Split, Store
from insonify.train.loop import StepReport
from insonify.transfer.course import FineTune
from insonify.transfer.examples import Floats, Integers
from insonify.transfer.frames import LabelledFrames, SourceFrames
from insonify.transfer.lessons import Lessons
from insonify.transfer.log_loss import class_balanced_loss
from insonify.transfer.parts import Parts
from insonify.transfer.plan import FINETUNE, Job
from insonify.transfer.plane_finetune import finetune_planes
from insonify.transfer.plane_frozen import FrozenPlanes
from insonify.transfer.plane_options import PlanesOptions
from insonify.transfer.progress import Tally
from insonify.transfer.rates import RateChoice


class PlaneRows:
    """Makes the rows of jobs, in the order in which they were planned."""

    def __init__(
        self,
        store: Store,
        frames: LabelledFrames,
        split: Split,
        options: PlanesOptions,
        *,
        jobs: Sequence[Job],
        kept: Parts,
        tally: Tally,
    ) -> None:
        self._frames, self._options, self._tally = frames, options, tally
        self._lessons = Lessons(
            subjects_N=frames.subjects_N,
            labels_N=frames.labels_N,
            split=split,
            shot_frames=options.shot_frames or 1,
        )
        todo = [job for job in jobs if not kept.has(job)]
        self._frozen = FrozenPlanes(store, frames, options, jobs=todo, tally=tally)
        margin = options.finetune.margin
        self._source = SourceFrames(store, frames.positions_N, margin)
        self._rates = RateChoice(
            options.finetune, jobs, self._lessons, kept, self._loss
        )
        tuned = [job for job in todo if job.protocol == FINETUNE]
        steps = sum(job.steps(options.finetune) for job in tuned)
        tally.expect(steps * options.finetune.batch + self._rates.expected_frames())

    def of(self, job: Job) -> pa.Table:
        """The rows of a job."""
        frames, lesson = self._frames, self._lessons.of(job)
        tested_B = lesson.tested_B
        if job.protocol == FINETUNE:
            course = self._rates.course(job)
            found_BC = self._tuned(job, course, lesson.chosen_M, tested_B)
        else:
            found_BC = self._frozen.predict(job, lesson)
        columns = {name: [value] * len(tested_B) for name, value in job.columns.items()}
        columns |= {
            "subject": frames.subjects_N[tested_B].tolist(),
            "video": frames.videos_N[tested_B].tolist(),
            "time_s": frames.times_s_N[tested_B].tolist(),
            "truth": [frames.classes[label] for label in frames.labels_N[tested_B]],
            "probabilities": list(found_BC),
        }
        return pa.table(columns, schema=SCHEMA)

    def told(self, jobs: Sequence[Job]) -> dict[str, Any]:
        """What jobs learnt from and which rates were chosen: plain JSON values."""
        rates = self._options.finetune.rates
        labels = self._lessons.told(jobs, rates=rates)
        return {"labels": labels, "rates": self._rates.told()}

    def _loss(self, job: Job, course: FineTune) -> float:
        """Log loss on validation subjects, as a linear probe's penalty is chosen by."""
        labels_N, lesson = self._frames.labels_N, self._lessons.of(job)
        found_VC = self._tuned(job, course, lesson.chosen_M, lesson.held_V)
        known = np.unique(labels_N[lesson.chosen_M])
        return class_balanced_loss(found_VC, labels_N[lesson.held_V], known)

    def _tuned(
        self, job: Job, course: FineTune, chosen_M: Integers, asked_B: Integers
    ) -> Floats:
        """Probabilities by the fine-tuned encoder."""

        def tell(seen: StepReport) -> None:
            doing = f"fine-tuning {job.trial.where}, rate {seen.rate:g}"
            self._tally.add(course.batch, f"{doing}, loss {seen.loss:.2f}")

        return finetune_planes(
            job,
            self._source.of(job.trial.checkpoint.size),
            self._frames,
            chosen_M,
            asked_B,
            options=course,
            background=self._options.background,
            on_step=tell,
        )
