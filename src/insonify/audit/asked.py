"""What is asked of a clip, as truth and answer that can be compared.

Legend: B batch, P numbers of an answer, V views, E outputs, H rows, W columns.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from insonify.core.audit_rows import Condition, Question
from insonify.pretext import (
    AffineTransform,
    Answer,
    JointEmbedding,
    Puzzle,
    RelativeTransform,
)
from insonify.pretext.baselines import likest_pixels, shortest_path_order
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


_REGISTRATION: Final = Condition(
    name="registration",
    meaning="baseline",
    says="no network: registration of the spectra (Fourier-Mellin)",
)


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


def order(frames: int, output: slice, shown: slice) -> Asked:
    """In which order the frames that the views ``shown`` hold were taken."""

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


def puzzle(task: Puzzle) -> Asked:
    """Which of a few things was done."""
    return Asked(
        question=Question(name=task.question, classes=task.names),
        truth=lambda answer: task.truth(answer)[:, None].float(),
        reply=lambda out_BC: out_BC.argmax(1, keepdim=True).float(),
        of_time=task.of_time,
        baselines=(),
    )


def retrieval(task: JointEmbedding, batch: int) -> Asked:
    """Of which clip of the batch the second view is likest a clip's first one."""
    known = Condition(
        name="likest pixels",
        meaning="baseline",
        says="no network: the highest correlation of blurred views",
    )
    return Asked(
        question=Question(name="retrieval", clips=batch),
        truth=lambda answer: torch.arange(len(answer["shown"]))[:, None].float(),
        reply=lambda out_BVE: task.found(out_BVE)[:, None].float(),
        of_time=False,
        baselines=(
            Baseline(known, lambda views: likest_pixels(views)[:, None].float()),
        ),
    )


def transform(output: slice, baselines: tuple[Baseline, ...]) -> Asked:
    """Which warp lies between the views of a frame."""
    return Asked(
        question=Question(name="transform", parameters=PARAMETERS),
        truth=lambda answer: answer["parameters"],
        reply=lambda out_BP: out_BP[:, output].float(),
        of_time=False,
        baselines=baselines,
    )


def relative(task: RelativeTransform, output: slice) -> Asked:
    """How the first two views lie: the frames are shuffled, so any two of the clip."""
    first = slice(len(RELATIVE))
    return Asked(
        question=Question(name="relative", parameters=RELATIVE),
        truth=lambda answer: task.truth(answer)[:, first],
        reply=lambda out_BP: out_BP[:, output][:, first].float(),
        of_time=False,
        baselines=(registered_pair(task),),
    )


def registered(task: AffineTransform) -> Baseline:
    """The transform between the views of a frame, the median over frames."""

    def found(views_BVHW: Tensor) -> Tensor:
        before, after = views_BVHW.chunk(2, dim=1)
        pairs = zip(before.unbind(1), after.unbind(1), strict=True)
        each = torch.stack([register(*pair, task) for pair in pairs])
        return each.median(0).values

    return Baseline(_REGISTRATION, found)


def registered_pair(task: RelativeTransform) -> Baseline:
    """The transform between two views, within what two warps can do together."""
    one = task.warp
    both = replace(
        one,
        rotation=2 * one.rotation,
        scale=one.scale**2,
        translation=2 * one.translation,
    )

    def found(views_BVHW: Tensor) -> Tensor:
        found_B5 = register(views_BVHW[:, 0], views_BVHW[:, 1], both)
        return F.pad(found_B5[:, :4], (0, len(RELATIVE) - 4))

    return Baseline(_REGISTRATION, found)
