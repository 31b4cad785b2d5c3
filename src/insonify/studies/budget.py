"""How long a plan takes on a machine, so that it can be made to fit.

Encoding and learning are counted by frames; reading, linear probes and metrics are a
share on top, as measured on two cores (docs/log.md).
"""

from collections.abc import Sequence
from typing import Final

from insonify.store import Store
from insonify.studies.plan import Plan, frames_a_clip
from insonify.studies.speed import Speed

_ON_TOP: Final = 1.3
_UNTRAINED: Final = 1
_WINDOW_FRAMES: Final = 32


def seconds(
    plan: Plan, store: Store, speed: Speed, foreign: Sequence[Speed] = ()
) -> float:
    """Estimate the wall-clock time of a plan.

    Args:
        plan: What is run.
        store: On what.
        speed: Of the encoder that the plan trains.
        foreign: Of every foreign encoder; each has an untrained twin of its own.
    """
    frames = sum(o.steps * o.batch * frames_a_clip(o) for o in plan.pretraining)
    pretraining = frames / speed.train
    gaze = sum(
        o.steps
        * o.batch
        / (speed.train if o.objective == "point" else speed.train_dense)
        for o in plan.gaze
    )
    own = len(plan.pretraining) + _UNTRAINED
    transfer = _planes(plan, store, own + len(plan.gaze), speed)
    transfer += _saliency(plan, store, own, speed)
    for other in foreign:
        transfer += _planes(plan, store, 1 + _UNTRAINED, other)
        transfer += _saliency(plan, store, 1 + _UNTRAINED, other)
    folds = plan.folds * len(plan.seeds)
    return _ON_TOP * folds * (pretraining + gaze + transfer)


def _planes(plan: Plan, store: Store, arms: int, speed: Speed) -> float:
    course = plan.planes.finetune
    frames = 2 * len(store.frame_labels(plan.planes.task).positions)
    fit = course.steps * course.batch / speed.train
    return _transfer(arms, fit, course.reference, frames / speed.run)


def _saliency(plan: Plan, store: Store, arms: int, speed: Speed) -> float:
    course = plan.saliency.finetune
    frames = 2 * len(store.gaze_videos()) * _WINDOW_FRAMES
    fit = course.steps * course.batch / speed.train_dense
    return _transfer(arms, fit, course.reference, frames / speed.run_dense)


def _transfer(arms: int, fit: float, reference: float, encode: float) -> float:
    """Every arm encodes and is fine-tuned; the reference is fine-tuned for longer."""
    return arms * (encode + fit) + reference * fit
