"""What is asked of a clip, as truth and answer that can be compared.

Legend: B batch, P numbers of an answer, V views, H rows, W columns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from insonify.core.audit_rows import Condition, Question
from insonify.core.errors import ConfigError
from insonify.pretext import (
    AffineTransform,
    Answer,
    FrameOrder,
    PretextTask,
    Puzzle,
    RelativeTransform,
    SharedViews,
)
from insonify.pretext.baselines import shortest_path_order
from insonify.pretext.disentangled import Disentangled
from insonify.pretext.frame_order import order_class
from insonify.pretext.heads import paths
from insonify.pretext.registration import register
from insonify.pretext.relative import RELATIVE
from insonify.pretext.warp import PARAMETERS

Rule = Callable[[Tensor], Tensor]
"""Views (B, V, H, W) to answers (B, P), without learning."""


class Baseline(NamedTuple):
    """An answer that needs no network."""

    condition: Condition
    rule: Rule


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question of a task."""

    question: Question
    truth: Callable[[Answer], Tensor]
    """From what was drawn to (B, P)."""
    reply: Callable[[Tensor], Tensor]
    """From the head's output to (B, P)."""
    of_time: bool
    """Whether a clip in which nothing moves has no answer."""
    baselines: tuple[Baseline, ...]


def questions_of(task: PretextTask) -> tuple[Asked, ...]:
    """The questions that a task asks.

    Raises:
        ConfigError: the task has no answers that are right or wrong.
    """
    if isinstance(task, FrameOrder):
        return (_order(task.frames, slice(None), slice(None)),)
    if isinstance(task, AffineTransform):
        return (_transform(slice(None), (_registration(task),)),)
    if isinstance(task, Disentangled):
        classes, frames = task.order.classes, task.frames
        return (
            _order(frames, slice(classes), slice(frames, None)),
            _transform(slice(classes, None), ()),
        )
    if isinstance(task, RelativeTransform):
        return (_relative(task, slice(None)),)
    if isinstance(task, SharedViews):
        classes = task.order.classes
        return (
            _order(task.frames, slice(classes), slice(None)),
            _relative(task.relative, slice(classes, None)),
        )
    if isinstance(task, Puzzle):
        return (_puzzle(task),)
    raise ConfigError(
        f"{type(task).__name__} asks nothing that can be right or wrong; audit a run "
        "that orders frames, predicts transforms or solves a puzzle"
    )


def _order(frames: int, output: slice, shown: slice) -> Asked:
    def shortest(views_BVHW: Tensor) -> Tensor:
        return shortest_path_order(views_BVHW[:, shown])[:, None].float()

    names = tuple("-".join(map(str, path)) for path in (paths(frames) + 1).tolist())
    known = Condition(
        name="shortest path",
        meaning="baseline",
        says="no network: the shortest path over differences of pixels",
    )
    return Asked(
        question=Question(name="order", classes=names),
        truth=lambda answer: order_class(answer["order"])[:, None].float(),
        reply=lambda out_BC: out_BC[:, output].argmax(1, keepdim=True).float(),
        of_time=True,
        baselines=(Baseline(known, shortest),),
    )


def _puzzle(task: Puzzle) -> Asked:
    return Asked(
        question=Question(name=task.question, classes=task.names),
        truth=lambda answer: task.truth(answer)[:, None].float(),
        reply=lambda out_BC: out_BC.argmax(1, keepdim=True).float(),
        of_time=task.of_time,
        baselines=(),
    )


def _transform(output: slice, baselines: tuple[Baseline, ...]) -> Asked:
    return Asked(
        question=Question(name="transform", parameters=PARAMETERS),
        truth=lambda answer: answer["parameters"],
        reply=lambda out_BP: out_BP[:, output].float(),
        of_time=False,
        baselines=baselines,
    )


def _relative(task: RelativeTransform, output: slice) -> Asked:
    """How the first two views lie: the frames are shuffled, so any two of the clip."""
    first = slice(len(RELATIVE))
    return Asked(
        question=Question(name="relative", parameters=RELATIVE),
        truth=lambda answer: task.truth(answer)[:, first],
        reply=lambda out_BP: out_BP[:, output][:, first].float(),
        of_time=False,
        baselines=(),
    )


def _registration(task: AffineTransform) -> Baseline:
    def found(views_BVHW: Tensor) -> Tensor:
        before, after = views_BVHW.chunk(2, dim=1)
        pairs = zip(before.unbind(1), after.unbind(1), strict=True)
        each = torch.stack([register(*pair, task) for pair in pairs])
        return each.median(0).values

    says = "no network: registration of the spectra (Fourier-Mellin)"
    return Baseline(
        Condition(name="registration", meaning="baseline", says=says), found
    )
