"""What a network answers about a batch of clips, under every condition.

Legend: B batch, T frames of a clip, V views, H rows, W columns, P numbers of an answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Generator, Tensor

from insonify.audit.asked import Asked
from insonify.audit.audited import Audited
from insonify.audit.conditions import SHOWN, Change, Shown
from insonify.pretext import Answer, PretextTask
from insonify.train.joint_loss import changed

Answered = tuple[str, str, Tensor, Tensor]
"""Question, condition, truth (B, P) and answers (B, P)."""


@torch.inference_mode()
def answers(
    audited: Audited,
    asked: dict[str, tuple[Asked, ...]],
    clips_BTHW: Tensor,
    seed: int,
    *,
    as_trained: bool = False,
) -> Iterator[Answered]:
    """Every question under every condition, the same drawn answers each time.

    Args:
        audited: Who is asked.
        asked: The questions of each task.
        clips_BTHW: uint8.
        seed: Seed of what is drawn and scrambled.
        as_trained: Whether texture and brightness of the views change as in training.
    """
    tasks, batch = audited.options.tasks, len(clips_BTHW)
    clips_BTHW = clips_BTHW.to(audited.device).float() / 255
    generator = Generator().manual_seed(seed)
    drawn = {name: task.sample(batch, generator) for name, task in tasks.items()}
    change = partial(changed, audited.options) if as_trained else None
    look = _Look(clips_BTHW=clips_BTHW, seed=seed, change=change)
    for shown in SHOWN:
        views = {
            name: look.views(task, drawn[name], shown) for name, task in tasks.items()
        }
        outputs = audited.model(views)
        for name, questions in asked.items():
            for each in questions:
                if each.of_time or not shown.of_time:
                    truth_BP = each.truth(drawn[name])
                    reply_BP = each.reply(outputs[name])
                    yield each.question.name, shown.name, truth_BP, reply_BP
    for name, questions in asked.items():
        views_BVHW = look.views(tasks[name], drawn[name], SHOWN[0])
        for each in questions:
            for known, rule in each.baselines:
                truth_BP, reply_BP = each.truth(drawn[name]), rule(views_BVHW)
                yield each.question.name, known.name, truth_BP, reply_BP


@dataclass(frozen=True, kw_only=True)
class _Look:
    """Clips, and how they are changed before anybody is asked about them."""

    clips_BTHW: Tensor
    seed: int
    change: Change | None

    def views(self, task: PretextTask, answer: Answer, shown: Shown) -> Tensor:
        """What the network sees of the clips under a condition."""
        generator, clips_BTHW = Generator().manual_seed(self.seed), self.clips_BTHW
        if shown.clips is not None:
            clips_BTHW = shown.clips(clips_BTHW, generator)
        views_BVHW = task.apply(clips_BTHW, answer)
        if self.change is not None:
            views_BVHW = self.change(views_BVHW, Generator().manual_seed(self.seed))
        return views_BVHW if shown.views is None else shown.views(views_BVHW, generator)
