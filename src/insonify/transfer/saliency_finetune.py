"""Saliency maps learnt by encoder and head together.

Legend: N frames, M frames to learn from, B predicted frames, h rows and w columns of
maps.
"""

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

from insonify.model.heads import HeadedEncoder, SaliencyHead
from insonify.train.loop import StepReport
from insonify.transfer.course import FineTune
from insonify.transfer.criteria import saliency_criterion
from insonify.transfer.examples import Integers
from insonify.transfer.finetune import begin, draw_batches, learn, predict
from insonify.transfer.gaze import GazedFrames
from insonify.transfer.plan import Job

_AT_ONCE: Final = 64


def finetune_saliency(
    job: Job,
    frames_NHW: Tensor,
    gaze: GazedFrames,
    chosen_M: Integers,
    tested_B: Integers,
    *,
    options: FineTune,
    output_stride: int,
    bias_hw: Tensor | None,
    on_step: Callable[[StepReport], None],
) -> Tensor:
    """Learn maps from the chosen frames and predict those of the tested ones.

    Args:
        job: Which encoder, under which seed; a dilated copy of it learns.
        frames_NHW: All frames, larger than the encoder's views.
        gaze: Where they were looked at.
        chosen_M: Places of the frames to learn from.
        tested_B: Places of the frames to predict.
        options: How to learn.
        output_stride: Pixels of a view to a cell of the map.
        bias_hw: Logarithm of the map that the head begins with, or None.
        on_step: Called after every step.

    Returns:
        Maps of the central views, (B, h, w), each of sum 1.

    Raises:
        DivergedError: the loss is not finite.
    """
    trial = job.trial
    encoder = trial.encoder().dilated(output_stride)
    head = SaliencyHead(encoder.map_dim, seed=trial.seed, bias_hw=bias_hw)
    fabric, state = begin(options, HeadedEncoder(encoder, head))
    size = trial.checkpoint.size
    learn(
        options,
        fabric,
        state,
        draw_batches(
            options,
            frames_NHW,
            size,
            chosen_M,
            seed=trial.seed,
            adjust=gaze.keep_points,
        ),
        saliency_criterion(gaze),
        steps=job.steps(options),
        factor=options.untrained_factor if trial.untrained else 1.0,
        on_step=on_step,
    )
    tested_BHW = frames_NHW[torch.from_numpy(tested_B)]
    return predict(state.model, tested_BHW, size, _AT_ONCE).exp()
