"""How long a plan takes on a machine, so that it can be made to fit.

Encoding and learning are counted by frames; reading, linear probes and metrics are a
share on top, as measured on two cores (docs/log.md).
"""

from typing import Final

import torch
from torch import Generator

from insonify.pretext.task import PretextTask, source_size
from insonify.store import Store
from insonify.studies.plan import Plan
from insonify.studies.speed import Speed
from insonify.train.options import PretrainOptions

_ON_TOP: Final = 1.3
_UNTRAINED: Final = 1
_WINDOW_FRAMES: Final = 32


def seconds(plan: Plan, store: Store, speed: Speed) -> float:
    """Estimate the wall-clock time of a plan."""
    folds = plan.folds * len(plan.seeds)
    pretraining = sum(_pretraining_frames(o) for o in plan.pretraining) / speed.train
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


def _pretraining_frames(options: PretrainOptions) -> int:
    views = sum(_views(task, options) for task in options.tasks.values())
    return options.steps * options.batch * views


def _views(task: PretextTask, options: PretrainOptions) -> int:
    """Frames of a clip that the encoder sees for a task: asked of the task itself."""
    shape = (1, options.clips.frames, *source_size(task.size, task.margin))
    answer = task.sample(1, Generator().manual_seed(0))
    return task.apply(torch.zeros(shape), answer).shape[1]
