"""The rows of one job: learn where training subjects were looked at, predict others.

Legend: N frames with gaze, M frames to learn from, B predicted frames, h rows and
w columns of maps.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from torch import Tensor

from insonify.core.saliency_predictions import SALIENCY_SCHEMA, STATIC
from insonify.store import Split, Store
from insonify.train.loop import StepReport
from insonify.transfer.course import FineTune
from insonify.transfer.criteria import divergence
from insonify.transfer.crops import Points, centre_crop
from insonify.transfer.examples import Integers
from insonify.transfer.frames import SourceFrames
from insonify.transfer.gaze import GazedFrames
from insonify.transfer.lessons import Lessons
from insonify.transfer.parts import Parts
from insonify.transfer.plan import FINETUNE, Job
from insonify.transfer.progress import Tally
from insonify.transfer.rates import RateChoice
from insonify.transfer.saliency_finetune import finetune_saliency
from insonify.transfer.saliency_frozen import FrozenSaliency
from insonify.transfer.saliency_options import SaliencyOptions

_FLOOR: Final = 1e-6
"""Least probability of a cell of a centre bias; nobody looked there in training."""
_LEAST: Final = 1e-12


class SaliencyRows:
    """Makes the rows of jobs, in the order in which they were planned."""

    def __init__(
        self,
        store: Store,
        gaze: GazedFrames,
        split: Split,
        options: SaliencyOptions,
        *,
        jobs: Sequence[Job],
        kept: Parts,
        tally: Tally,
    ) -> None:
        self._gaze, self._options, self._tally = gaze, options, tally
        nothing_N = np.zeros(len(gaze.positions_N), np.int64)
        self._lessons = Lessons(
            subjects_N=gaze.subjects_N, labels_N=nothing_N, split=split
        )
        self._source = SourceFrames(store, gaze.positions_N, options.finetune.margin)
        self._targets_Nhw = gaze.central_targets(options.shape_hw(gaze.size))
        todo = [job for job in jobs if not kept.has(job)]
        self._frozen = FrozenSaliency(
            self._central_views,
            gaze,
            self._targets_Nhw,
            options,
            jobs=todo,
            tally=tally,
        )
        self._rates = RateChoice(
            options.finetune, jobs, self._lessons, kept, self._loss
        )
        tuned = [job for job in todo if job.protocol == FINETUNE]
        steps = sum(job.steps(options.finetune) for job in tuned)
        tally.expect(steps * options.finetune.batch + self._rates.expected_frames())

    def of(self, job: Job) -> pa.Table:
        """The rows of a job."""
        lesson = self._lessons.of(job)
        if job.protocol == FINETUNE:
            course = self._rates.course(job)
            maps_Bhw = self._tuned(job, course, lesson.chosen_M, lesson.tested_B)
        else:
            bias_hw = self._bias_hw(lesson.chosen_M)
            maps_Bhw = self._frozen.predict(job, lesson, bias_hw)
        return self._table(job.columns, lesson.tested_B, maps_Bhw)

    def static(self, job: Job) -> pa.Table:
        """Rows that predict the mean map of the training frames, whatever is shown.

        Of all maps that do not depend on the frame it is nearest to the training maps
        in KL divergence.
        """
        lesson = self._lessons.of(job)
        maps_Bhw = self._mean_hw(lesson.chosen_M).expand(len(lesson.tested_B), -1, -1)
        columns = job.columns | {"arm": STATIC, "protocol": STATIC}
        return self._table(columns, lesson.tested_B, maps_Bhw)

    def told(self, jobs: Sequence[Job]) -> dict[str, Any]:
        """What jobs learnt from and which rates were chosen: plain JSON values."""
        rates = self._options.finetune.rates
        labels = self._lessons.told(jobs, rates=rates)
        return {"labels": labels, "rates": self._rates.told()}

    def _mean_hw(self, chosen_M: Integers) -> Tensor:
        chosen_Mhw = self._targets_Nhw[torch.from_numpy(chosen_M)]
        return chosen_Mhw.double().mean(0).float()

    def _bias_hw(self, chosen_M: Integers) -> Tensor | None:
        """Logarithm of the mean map, where heads begin with it."""
        if not self._options.centre_bias:
            return None
        return self._mean_hw(chosen_M).clamp_min(_FLOOR).log()

    def _loss(self, job: Job, course: FineTune) -> float:
        """Mean KL divergence on validation subjects."""
        lesson = self._lessons.of(job)
        maps_Vhw = self._tuned(job, course, lesson.chosen_M, lesson.held_V)
        targets_Vhw = self._targets_Nhw[torch.from_numpy(lesson.held_V)]
        return float(divergence(maps_Vhw.clamp_min(_LEAST).log(), targets_Vhw))

    def _tuned(
        self, job: Job, course: FineTune, chosen_M: Integers, asked_B: Integers
    ) -> Tensor:
        """Maps by the fine-tuned encoder."""

        def tell(seen: StepReport) -> None:
            doing = f"fine-tuning {job.trial.where}, rate {seen.rate:g}"
            self._tally.add(course.batch, f"{doing}, KL {seen.loss:.2f}")

        return finetune_saliency(
            job,
            self._source.of(self._gaze.size),
            self._gaze,
            chosen_M,
            asked_B,
            options=course,
            output_stride=self._options.output_stride,
            bias_hw=self._bias_hw(chosen_M),
            on_step=tell,
        )

    def _central_views(self, size: tuple[int, int], places_B: Integers) -> Tensor:
        frames_BHW = self._source.of(size)[torch.from_numpy(places_B)]
        return centre_crop(len(places_B), self._gaze.source, size).views(frames_BHW)

    def _table(
        self, same: dict[str, Any], tested_B: Integers, maps_Bhw: Tensor
    ) -> pa.Table:
        """The rows of the tested frames; ``same`` are the columns that all share."""
        gaze = self._gaze
        columns = {name: [value] * len(tested_B) for name, value in same.items()}
        points = [gaze.central_points(place).ravel() for place in tested_B.tolist()]
        columns |= {
            "subject": gaze.subjects_N[tested_B].tolist(),
            "video": gaze.videos_N[tested_B].tolist(),
            "time_s": gaze.times_s_N[tested_B].tolist(),
            "points": [_below_one(flat) for flat in points],
            "sigma": list(gaze.sigma_N2[tested_B].astype(np.float32)),
            "map": list(maps_Bhw.flatten(1).numpy()),
        }
        return pa.table(columns, schema=SALIENCY_SCHEMA)


def _below_one(shares: Points) -> npt.NDArray[np.float32]:
    """Shares in single precision, in which the last ones below 1 would become 1."""
    return np.minimum(shares.astype(np.float32), np.nextafter(np.float32(1), 0))
