"""How long a plan takes on a machine, so that it can be made to fit.

Encoding and learning are counted by frames; reading, linear probes and metrics are a
share on top, as measured on two cores (docs/log.md).
"""

from typing import Final

from insonify.store import Store
from insonify.studies.plan import Plan, frames_a_clip
from insonify.studies.speed import Speed

_ON_TOP: Final = 1.3
_UNTRAINED: Final = 1
_WINDOW_FRAMES: Final = 32


def seconds(plan: Plan, store: Store, speed: Speed) -> float:
    """Estimate the wall-clock time of a plan."""
    folds = plan.folds * len(plan.seeds)
    frames = sum(o.steps * o.batch * frames_a_clip(o) for o in plan.pretraining)
    pretraining = frames / speed.train
    gaze = sum(
        o.steps
        * o.batch
        / (speed.train if o.objective == "point" else speed.train_dense)
        for o in plan.gaze
    )
    own = len(plan.pretraining) + _UNTRAINED
    planes = _transfer(
        own + len(plan.gaze),
        plan.planes.finetune.steps * plan.planes.finetune.batch / speed.train,
        plan.planes.finetune.reference,
        2 * len(store.frame_labels(plan.planes.task).positions) / speed.run,
    )
    saliency = _transfer(
        own,
        plan.saliency.finetune.steps * plan.saliency.finetune.batch / speed.train_dense,
        plan.saliency.finetune.reference,
        2 * len(store.gaze_videos()) * _WINDOW_FRAMES / speed.run_dense,
    )
    return _ON_TOP * folds * (pretraining + gaze + planes + saliency)


def _transfer(arms: int, fit: float, reference: float, encode: float) -> float:
    """Every arm encodes and is fine-tuned; the reference is fine-tuned for longer."""
    return arms * (encode + fit) + reference * fit
