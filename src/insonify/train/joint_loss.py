"""From a batch of clips to the joint loss of a recipe's tasks.

Legend: B batch, T frames of a clip, V views, H rows, W columns.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor, nn

from insonify.pretext.task import full_answer
from insonify.train.options import PretrainOptions


@dataclass(frozen=True)
class JointLoss:
    """L = Σ weight · loss over the tasks, on one batch of clips."""

    options: PretrainOptions
    kinds: Callable[[int], Tensor] | None = None
    """From a step to the kind (B,) of each clip of its batch; see ``clip_kinds``."""

    def __call__(
        self, model: nn.Module, clips_BTHW: Tensor, step: int
    ) -> tuple[Tensor, dict[str, float]]:
        """Loss and scores of uint8 clips; all chance comes from (seed, step)."""
        options, device = self.options, next(model.parameters()).device
        generator = Generator().manual_seed(_seed(options.seed, step))
        batch = len(clips_BTHW)
        clips_BTHW = clips_BTHW.to(device, non_blocking=True).float() / 255
        flipped_B = options.flip.sample(batch, generator).to(device)
        clips_BTHW = options.flip.apply(clips_BTHW, flipped_B)
        answers = {
            name: full_answer(task, clips_BTHW, task.sample(batch, generator))
            for name, task in options.tasks.items()
        }
        if self.kinds is not None:
            answers["embedding"]["kind"] = self.kinds(step)
        views = {
            name: changed(options, task.apply(clips_BTHW, answers[name]), generator)
            for name, task in options.tasks.items()
        }
        outputs = model(views)
        loss = torch.zeros((), device=device)
        scores: dict[str, float] = {}
        for name, task in options.tasks.items():
            own = task.loss(outputs[name].float(), answers[name])
            loss = loss + task.weight * own
            scores[f"{name}.loss"] = own.item()
            found = task.score(outputs[name].detach(), answers[name])
            scores.update({f"{name}.{score}": value for score, value in found.items()})
        return loss, scores


def changed(
    options: PretrainOptions, views_BVHW: Tensor, generator: Generator
) -> Tensor:
    """Views after their warp with other texture, then another brightness."""
    (batch, views), device = views_BVHW.shape[:2], views_BVHW.device
    texture, photometric = options.texture, options.photometric
    if texture.on:
        drawn_BV5 = texture.sample(batch, views, generator).to(device)
        views_BVHW = texture.apply(views_BVHW, drawn_BV5, generator)
    drawn_BV3 = photometric.sample(batch, views, generator)
    return photometric.apply(views_BVHW, drawn_BV3.to(device))


def _seed(seed: int, step: int) -> int:
    return int(np.random.SeedSequence((seed, step)).generate_state(1)[0])
