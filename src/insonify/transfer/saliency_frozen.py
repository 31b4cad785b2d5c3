"""Saliency maps by protocols that learn on a frozen encoder; each is encoded once.

Legend: N frames with gaze, B predicted frames, D channels or features, h rows and w
columns of maps.
"""

from collections.abc import Callable, Sequence
from typing import Final

from torch import Tensor, nn

from insonify.model.heads import FeatureMaps
from insonify.transfer.arms import Trial
from insonify.transfer.features import FeatureCache, Read
from insonify.transfer.gaze import GazedFrames
from insonify.transfer.layers import StageMaps, layer_part
from insonify.transfer.lessons import Lesson
from insonify.transfer.plan import FINETUNE, LINEAR, Job, trials_of
from insonify.transfer.progress import Tally
from insonify.transfer.saliency_fit import fit_decoder
from insonify.transfer.saliency_knn import alike_maps
from insonify.transfer.saliency_options import SaliencyOptions

_KNN: Final = "knn"


class FrozenSaliency:
    """Predicts maps by a decoder, a linear readout, or the most alike frames."""

    def __init__(
        self,
        read: Read,
        gaze: GazedFrames,
        targets_Nhw: Tensor,
        options: SaliencyOptions,
        *,
        jobs: Sequence[Job],
        tally: Tally,
    ) -> None:
        self._gaze, self._targets_Nhw = gaze, targets_Nhw
        self._options, self._tally = options, tally
        frozen = [job for job in jobs if job.protocol != FINETUNE]
        alike = [job for job in frozen if job.protocol == _KNN]
        mapped = [job for job in frozen if job.protocol != _KNN]

        def cache(
            some: Sequence[Job], network: Callable[[Trial], nn.Module]
        ) -> FeatureCache:
            return FeatureCache(
                read,
                len(gaze.positions_N),
                options.batch,
                trials=trials_of(some),
                tally=tally,
                network=network,
            )

        self._pooled = cache(alike, Trial.encoder)
        self._ends = cache([job for job in mapped if not job.inner], self._end_maps)
        self._stages = cache([job for job in mapped if job.inner], self._stage_maps)

    def predict(self, job: Job, lesson: Lesson, bias_hw: Tensor | None) -> Tensor:
        """Maps of the tested frames: (B, h, w), each of sum 1."""
        if job.protocol == _KNN:
            return alike_maps(
                self._pooled.of(job.trial).numpy(),
                self._targets_Nhw,
                lesson.chosen_M,
                lesson.tested_B,
                self._options.knn,
            )
        if job.protocol == LINEAR:
            return self._options.linear.predict(
                self._maps_NDhw(job),
                self._targets_Nhw,
                lesson,
                subjects_N=self._gaze.subjects_N,
                bias_hw=bias_hw,
                seed=job.trial.seed,
            )
        return fit_decoder(
            self._maps_NDhw(job),
            self._targets_Nhw,
            lesson.chosen_M,
            lesson.tested_B,
            held_V=lesson.held_V,
            bias_hw=bias_hw,
            options=self._options.frozen,
            seed=job.trial.seed,
            on_step=lambda seen: self._tally.add(
                0, f"fitting {job.trial.where}, KL {seen.loss:.2f}"
            ),
        )

    def _maps_NDhw(self, job: Job) -> Tensor:
        if not job.inner:
            return self._ends.of(job.trial)
        part = layer_part(job.trial.checkpoint.encoder, str(job.layer))
        return self._stages.of(job.trial)[:, part]

    def _end_maps(self, trial: Trial) -> nn.Module:
        return FeatureMaps(trial.encoder().dilated(self._options.output_stride))

    def _stage_maps(self, trial: Trial) -> nn.Module:
        encoder = trial.encoder().dilated(self._options.output_stride)
        rows, columns = self._targets_Nhw.shape[1:]
        return StageMaps(encoder, (rows, columns))
