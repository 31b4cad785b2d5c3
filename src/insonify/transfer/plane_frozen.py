"""Classes learnt on frozen features: of the encoder's end, or of a layer within.

Legend: N labelled frames, B predicted frames, D features, C classes.
"""

from collections.abc import Callable, Sequence
from typing import Final

from torch import Tensor, nn

from insonify.clips.loader import FrameReader
from insonify.store import Store
from insonify.transfer.arms import Trial
from insonify.transfer.examples import Examples, Floats, Integers
from insonify.transfer.features import FeatureCache
from insonify.transfer.frames import LabelledFrames
from insonify.transfer.layers import PooledStages, layer_part
from insonify.transfer.lessons import Lesson
from insonify.transfer.plan import FINETUNE, LINEAR, Job, trials_of
from insonify.transfer.plane_options import PlanesOptions
from insonify.transfer.progress import Tally
from insonify.transfer.protocol import TransferProtocol
from insonify.transfer.prototype import Prototype


class FrozenPlanes:
    """Predicts by protocols that learn on frozen features; each is encoded once."""

    def __init__(
        self,
        store: Store,
        frames: LabelledFrames,
        options: PlanesOptions,
        *,
        jobs: Sequence[Job],
        tally: Tally,
    ) -> None:
        self._store, self._frames, self._batch = store, frames, options.batch
        self._tally = tally
        self._protocols: Final[dict[str, TransferProtocol]] = {
            "knn": options.knn,
            LINEAR: options.linear,
            "prototype": Prototype(temperature=options.knn.temperature),
        }
        frozen = [job for job in jobs if job.protocol != FINETUNE]
        self._ends = self._cache(
            [job for job in frozen if not job.inner], Trial.encoder
        )
        self._stages = self._cache(
            [job for job in frozen if job.inner],
            lambda trial: PooledStages(trial.encoder()),
        )

    def predict(self, job: Job, lesson: Lesson) -> Floats:
        """Probabilities of the classes of the tested frames: (B, C)."""
        examples = Examples(
            features_ND=self._features_ND(job),
            labels_N=self._frames.labels_N,
            subjects_N=self._frames.subjects_N,
        )
        fitted = self._protocols[job.protocol].fit(
            examples.where(lesson.chosen_M),
            examples.where(lesson.held_V),
            len(self._frames.classes),
            job.trial.seed,
        )
        return fitted(examples.where(lesson.tested_B).features_ND)

    def _features_ND(self, job: Job) -> Floats:
        if not job.inner:
            ends_ND: Floats = self._ends.of(job.trial).numpy()
            return ends_ND
        part = layer_part(job.trial.checkpoint.encoder, str(job.layer))
        stages_ND: Floats = self._stages.of(job.trial)[:, part].numpy()
        return stages_ND

    def _cache(
        self, jobs: Sequence[Job], network: Callable[[Trial], nn.Module]
    ) -> FeatureCache:
        return FeatureCache(
            self._read,
            len(self._frames.positions_N),
            self._batch,
            trials=trials_of(jobs),
            tally=self._tally,
            network=network,
        )

    def _read(self, size: tuple[int, int], places_B: Integers) -> Tensor:
        positions_B = self._frames.positions_N[places_B]
        return FrameReader(self._store, size).read(positions_B)
