"""The rows of one job: learn where training subjects were looked at, predict others.

Legend: N frames with gaze, M frames to learn from, B tested frames, h rows and
w columns of maps.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from torch import Tensor, nn

from insonify.core.saliency_predictions import SALIENCY_SCHEMA
from insonify.model.heads import FeatureMaps
from insonify.store import Roles, Split, Store
from insonify.transfer.arms import Trial
from insonify.transfer.crops import Points, centre_crop
from insonify.transfer.examples import Integers, draw_subjects
from insonify.transfer.features import FeatureCache
from insonify.transfer.frames import SourceFrames
from insonify.transfer.gaze import GazedFrames
from insonify.transfer.plan import FINETUNE, Job, frozen_trials
from insonify.transfer.progress import Tally
from insonify.transfer.saliency_fit import finetune_saliency, fit_decoder
from insonify.transfer.saliency_options import SaliencyOptions

_FLOOR: Final = 1e-6
"""Least probability of a cell of a centre bias; nobody looked there in training."""


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
        tally: Tally,
    ) -> None:
        self._gaze, self._split = gaze, split
        self._options, self._tally = options, tally
        self._source = SourceFrames(store, gaze.positions_N, options.finetune.margin)
        self._targets_Nhw = gaze.central_targets(options.shape_hw(gaze.size))
        self._features = FeatureCache(
            self._central_views,
            len(gaze.positions_N),
            options.batch,
            trials=frozen_trials(jobs),
            tally=tally,
            network=self._network,
        )
        tuned = [job for job in jobs if job.protocol == FINETUNE]
        steps = sum(job.steps(options.finetune) for job in tuned)
        tally.expect(steps * options.finetune.batch)

    def of(self, job: Job) -> pa.Table:
        """The rows of a job."""
        tuned = job.protocol == FINETUNE
        chosen_M, tested_B = self._places(job.columns)
        maps_Bhw = (self._tuned if tuned else self._frozen)(job, chosen_M, tested_B)
        return self._table(job.columns, tested_B, maps_Bhw)

    def static(self, columns: dict[str, Any]) -> pa.Table:
        """Rows that predict the mean map of the training frames, whatever is shown.

        Of all maps that do not depend on the frame it is nearest to the training maps
        in KL divergence.
        """
        chosen_M, tested_B = self._places(columns)
        maps_Bhw = self._mean_hw(chosen_M).expand(len(tested_B), -1, -1)
        return self._table(columns, tested_B, maps_Bhw)

    def _mean_hw(self, chosen_M: Integers) -> Tensor:
        chosen_Mhw = self._targets_Nhw[torch.from_numpy(chosen_M)]
        return chosen_Mhw.double().mean(0).float()

    def _bias_hw(self, chosen_M: Integers) -> Tensor | None:
        """Logarithm of the mean map, where heads begin with it."""
        if not self._options.centre_bias:
            return None
        return self._mean_hw(chosen_M).clamp_min(_FLOOR).log()

    def _places(self, columns: dict[str, Any]) -> tuple[Integers, Integers]:
        """Frames to learn from, of drawn training subjects, and frames to test."""
        roles, subjects_N = self._roles(columns), self._gaze.subjects_N
        train_N = subjects_N[np.isin(subjects_N, sorted(roles.train))]
        nothing_N = np.zeros(len(train_N), np.int64)
        drawn = draw_subjects(train_N, nothing_N, columns["fraction"], columns["seed"])
        chosen_M = np.flatnonzero(np.isin(subjects_N, sorted(drawn)))
        return chosen_M, np.flatnonzero(np.isin(subjects_N, sorted(roles.test)))

    def _roles(self, columns: dict[str, Any]) -> Roles:
        return self._split.roles(columns["fold"])

    def _frozen(self, job: Job, chosen_M: Integers, tested_B: Integers) -> Tensor:
        return fit_decoder(
            self._features.of(job.trial),
            self._targets_Nhw,
            chosen_M,
            tested_B,
            held_V=self._held(job),
            bias_hw=self._bias_hw(chosen_M),
            options=self._options.frozen,
            seed=job.trial.seed,
            on_step=lambda seen: self._tally.add(
                0, f"fitting {job.trial.where}, KL {seen.loss:.2f}"
            ),
        )

    def _held(self, job: Job) -> Integers:
        """Frames of validation subjects."""
        validation = sorted(self._roles(job.columns).validation)
        return np.flatnonzero(np.isin(self._gaze.subjects_N, validation))

    def _tuned(self, job: Job, chosen_M: Integers, tested_B: Integers) -> Tensor:
        options = self._options.finetune
        return finetune_saliency(
            job,
            self._source.of(self._gaze.size),
            self._gaze,
            chosen_M,
            tested_B,
            options=options,
            output_stride=self._options.output_stride,
            bias_hw=self._bias_hw(chosen_M),
            on_step=lambda seen: self._tally.add(
                options.batch, f"fine-tuning {job.trial.where}, KL {seen.loss:.2f}"
            ),
        )

    def _network(self, trial: Trial) -> nn.Module:
        return FeatureMaps(trial.encoder().dilated(self._options.output_stride))

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
