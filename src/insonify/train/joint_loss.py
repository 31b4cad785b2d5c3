"""From a batch of clips to the joint loss of a recipe's tasks.

Legend: B clips of the whole batch, b clips of this process, V views, H rows, W columns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Generator, Tensor, nn

from insonify.pretext.task import Answer, PretextTask, compares, full_answer
from insonify.train.options import PretrainOptions
from insonify.train.share import Share

_ALONE: Final = Share()


@dataclass(frozen=True)
class JointLoss:
    """L = Σ weight · loss over the tasks, on one batch of clips."""

    options: PretrainOptions
    kinds: Callable[[int], Tensor] | None = None
    """From a step to the kind (b,) of each clip of its batch; see ``clip_kinds``."""
    share: Share = _ALONE
    """What this process has of each batch."""

    def __call__(
        self, model: nn.Module, clips_bTHW: Tensor, step: int
    ) -> tuple[Tensor, dict[str, float]]:
        """Loss and scores of uint8 clips; all chance comes from (seed, step).

        The mean over processes of the losses' gradients is the gradient of the whole
        batch's; the scores are the whole batch's.
        """
        options, device = self.options, next(model.parameters()).device
        generator = Generator().manual_seed(_seed(options.seed, step))
        batch = len(clips_bTHW) * self.share.world
        clips_bTHW = clips_bTHW.to(device, non_blocking=True).float() / 255
        flipped_b = self.share.of(options.flip.sample(batch, generator)).to(device)
        clips_bTHW = options.flip.apply(clips_bTHW, flipped_b)
        drawn = {
            name: self.share.of_answer(task.sample(batch, generator))
            for name, task in options.tasks.items()
        }
        answers = {
            name: full_answer(task, clips_bTHW, drawn[name])
            for name, task in options.tasks.items()
        }
        if self.kinds is not None:
            answers["embedding"]["kind"] = self.kinds(step)
        views = {
            name: changed(
                options, task.apply(clips_bTHW, answers[name]), generator, self.share
            )
            for name, task in options.tasks.items()
        }
        outputs = model(views)
        loss = torch.zeros((), device=device)
        scores: dict[str, float] = {}
        for name, task in options.tasks.items():
            own, found = self._of_task(task, outputs[name], answers[name])
            loss = loss + task.weight * own
            scores[f"{name}.loss"] = own.item()
            scores.update({f"{name}.{score}": value for score, value in found.items()})
        return loss, self.share.mean(scores, device)

    def _of_task(
        self, task: PretextTask, output_b: Tensor, answer: Answer
    ) -> tuple[Tensor, dict[str, float]]:
        """Loss of a task, of the whole batch if it compares clips, and its scores."""
        output_B = self.share.whole(output_b)
        answer_B = self.share.whole_answer(answer, output_b.device)
        if compares(task):
            output_b, answer = output_B, answer_B
        loss = task.loss(output_b.float(), answer)
        return loss, task.score(output_B.detach(), answer_B)


def changed(
    options: PretrainOptions,
    views_bVHW: Tensor,
    generator: Generator,
    share: Share = _ALONE,
) -> Tensor:
    """Views after their warp with other texture, then another brightness."""
    (own, views), device = views_bVHW.shape[:2], views_bVHW.device
    texture, photometric = options.texture, options.photometric
    batch = own * share.world
    if texture.on:
        drawn = texture.sample(batch, views, generator)
        views_bVHW = texture.apply(views_bVHW, share.of_answer(drawn))
    drawn_bV3 = share.of(photometric.sample(batch, views, generator))
    return photometric.apply(views_bVHW, drawn_bV3.to(device))


def _seed(seed: int, step: int) -> int:
    return int(np.random.SeedSequence((seed, step)).generate_state(1)[0])
