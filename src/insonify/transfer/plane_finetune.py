"""Standard planes learnt by encoder and head together.

Legend: N frames, M frames to learn from, B batch, C classes.
"""

import copy
from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from insonify.model.heads import HeadedEncoder, PlaneHead
from insonify.train.loop import StepReport
from insonify.transfer.course import FineTune
from insonify.transfer.examples import Floats, Integers
from insonify.transfer.finetune import (
    Batch,
    begin,
    draw_batches,
    learn,
    predict,
)
from insonify.transfer.frames import LabelledFrames
from insonify.transfer.plan import Job

_AT_ONCE: Final = 64


def finetune_planes(
    job: Job,
    frames_NHW: Tensor,
    frames: LabelledFrames,
    chosen_M: Integers,
    tested_B: Integers,
    *,
    options: FineTune,
    background: str | None,
    on_step: Callable[[StepReport], None],
) -> Floats:
    """Learn classes from the chosen frames and predict those of the tested ones.

    Args:
        job: Which encoder, under which seed; a copy of it learns.
        frames_NHW: All frames, ``options.margin`` larger than the encoder's views.
        frames: Their classes.
        chosen_M: Places of the frames to learn from.
        tested_B: Places of the frames to predict.
        options: How to learn.
        background: Class to show as often as all others together.
        on_step: Called after every step.

    Returns:
        Probabilities, (B, C); 0 for a class without a frame to learn from.

    Raises:
        DivergedError: the loss is not finite.
    """
    trial, labels_N = job.trial, frames.labels_N
    encoder = copy.deepcopy(trial.encoder())
    head = PlaneHead(encoder.map_dim, len(frames.classes), seed=trial.seed)
    fabric, state = begin(options, HeadedEncoder(encoder, head))
    weight_M = balance(labels_N[chosen_M], frames.classes, background)
    size = trial.checkpoint.size

    def criterion(scores_BC: Tensor, batch: Batch) -> Tensor:
        truth_B = torch.from_numpy(labels_N[batch.places_B]).to(scores_BC.device)
        return F.cross_entropy(scores_BC, truth_B)

    learn(
        options,
        fabric,
        state,
        draw_batches(
            options, frames_NHW, size, chosen_M, weight_M=weight_M, seed=trial.seed
        ),
        criterion,
        steps=job.steps(options),
        factor=options.untrained_factor if trial.untrained else 1.0,
        on_step=on_step,
    )
    tested_BHW = frames_NHW[torch.from_numpy(tested_B)]
    scores_BC = predict(state.model, tested_BHW, size, _AT_ONCE)
    return _probabilities(scores_BC, labels_N[chosen_M])


def balance(
    labels_M: Integers, classes: tuple[str, ...], background: str | None
) -> Tensor:
    """How often to draw each frame, so that classes are shown equally often.

    Where ``background`` is one of several classes, there is one frame of it for each
    frame of another class; Droste et al., IPMI 2019, section 3.

    >>> balance(np.array([0, 1, 1, 2]), ("background", "femur", "lips"), "background")
    tensor([0.5000, 0.1250, 0.1250, 0.2500])
    """
    known, class_M = np.unique(labels_M, return_inverse=True)
    share = np.full(len(known), 1 / len(known))
    is_background = np.array([classes[label] == background for label in known])
    if is_background.any() and len(known) > 1:
        share = np.where(is_background, 0.5, 0.5 / (len(known) - 1))
    weight_M = share[class_M] / np.bincount(class_M)[class_M]
    return torch.from_numpy(weight_M.astype(np.float32))


def _probabilities(scores_BC: Tensor, known_M: Integers) -> Floats:
    """Softmax over the classes that were learnt from; 0 for the others."""
    unknown_C = torch.ones(scores_BC.shape[1], dtype=torch.bool)
    unknown_C[torch.from_numpy(np.unique(known_M))] = False
    masked_BC = scores_BC.masked_fill(unknown_C, -torch.inf)
    probabilities_BC: Floats = masked_BC.softmax(1).numpy()
    return probabilities_BC
