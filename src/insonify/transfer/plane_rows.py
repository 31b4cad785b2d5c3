"""The rows of one job: fit on training subjects, predict test subjects.

Legend: N labelled frames, B tested frames, D features, C classes.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from insonify.clips.loader import FrameReader
from insonify.core.predictions import SCHEMA
from insonify.store import Split, Store
from insonify.transfer.examples import Examples, Floats, draw_fraction, draw_subjects
from insonify.transfer.features import FeatureCache
from insonify.transfer.frames import LabelledFrames, SourceFrames
from insonify.transfer.plan import FINETUNE, Job, frozen_trials
from insonify.transfer.plane_finetune import finetune_planes
from insonify.transfer.plane_options import PlanesOptions
from insonify.transfer.progress import Tally
from insonify.transfer.protocol import TransferProtocol


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
        tally: Tally,
    ) -> None:
        self._frames, self._split = frames, split
        self._options, self._tally = options, tally
        positions_N, margin = frames.positions_N, options.finetune.margin
        self._source = SourceFrames(store, positions_N, margin)
        self._features = FeatureCache(
            lambda size, places: FrameReader(store, size).read(positions_N[places]),
            len(positions_N),
            options.batch,
            trials=frozen_trials(jobs),
            tally=tally,
        )
        tuned = [job for job in jobs if job.protocol == FINETUNE]
        steps = sum(job.steps(options.finetune) for job in tuned)
        tally.expect(steps * options.finetune.batch)

    def of(self, job: Job) -> pa.Table:
        """The rows of a job."""
        frames = self._frames
        test = self._split.roles(job.trial.fold).test
        tested_B = np.flatnonzero(np.isin(frames.subjects_N, sorted(test)))
        tuned = job.protocol == FINETUNE
        probabilities_BC = (self._tuned if tuned else self._frozen)(job, tested_B)
        columns = {name: [value] * len(tested_B) for name, value in job.columns.items()}
        columns |= {
            "subject": frames.subjects_N[tested_B].tolist(),
            "video": frames.videos_N[tested_B].tolist(),
            "time_s": frames.times_s_N[tested_B].tolist(),
            "truth": [frames.classes[label] for label in frames.labels_N[tested_B]],
            "probabilities": list(probabilities_BC),
        }
        return pa.table(columns, schema=SCHEMA)

    def _frozen(self, job: Job, tested_B: np.ndarray) -> Floats:
        """Probabilities by a protocol on the frozen encoder's features."""
        features_ND = self._features.of(job.trial).numpy()
        everything = Examples(
            features_ND=features_ND,
            labels_N=self._frames.labels_N,
            subjects_N=self._frames.subjects_N,
        )
        roles, seed = self._split.roles(job.trial.fold), job.trial.seed
        train, validation = (
            draw_fraction(everything.of(subjects), job.fraction, seed)
            for subjects in (roles.train, roles.validation)
        )
        known: dict[str, TransferProtocol] = {
            "knn": self._options.knn,
            "linear": self._options.linear,
        }
        classes = len(self._frames.classes)
        fitted = known[job.protocol].fit(train, validation, classes, seed)
        return fitted(features_ND[tested_B])

    def _tuned(self, job: Job, tested_B: np.ndarray) -> Floats:
        """Probabilities by the fine-tuned encoder; validation subjects are not used."""
        frames, trial = self._frames, job.trial
        train = self._split.roles(trial.fold).train
        in_train_N = np.isin(frames.subjects_N, sorted(train))
        drawn = draw_subjects(
            frames.subjects_N[in_train_N],
            frames.labels_N[in_train_N],
            job.fraction,
            trial.seed,
        )
        return finetune_planes(
            job,
            self._source.of(trial.checkpoint.size),
            frames,
            np.flatnonzero(np.isin(frames.subjects_N, sorted(drawn))),
            tested_B,
            options=self._options.finetune,
            background=self._options.background,
            on_step=lambda seen: self._tally.add(
                self._options.finetune.batch,
                f"fine-tuning {trial.where}, loss {seen.loss:.2f}",
            ),
        )
