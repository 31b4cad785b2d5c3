"""Order and relative transforms are asked of the same views."""

import pytest
import torch
from torch import Generator

from insonify.core.errors import ConfigError
from insonify.pretext import (
    FrameOrder,
    RelativeTransform,
    SharedViews,
)
from insonify.pretext.frame_order import shuffle
from insonify.pretext.warp import Warp

SIZE = (48, 64)
WARP = Warp(size=SIZE)
TASK = SharedViews(
    order=FrameOrder(size=SIZE, reading="path"),
    relative=RelativeTransform(warp=WARP, shown=4),
)


def test_the_order_is_that_in_which_the_views_are_shown() -> None:
    answer = TASK.sample(3, Generator().manual_seed(0))
    answer["warps"].zero_()
    clips = torch.rand(3, 4, 72, 96, generator=Generator().manual_seed(1))
    shown = shuffle(clips, answer["order"])[..., 12:60, 16:80]
    torch.testing.assert_close(TASK.apply(clips, answer), shown)


def test_the_loss_is_the_weighted_sum_of_both() -> None:
    answer = TASK.sample(5, Generator().manual_seed(0))
    output = torch.randn(5, 12 + 36, generator=Generator().manual_seed(1))
    order = FrameOrder(size=SIZE, reading="path", weight=3.0)
    heavy = SharedViews(order=order, relative=TASK.relative)
    parts = heavy.parts(output)
    wanted = 3 * order.loss(parts[0], answer) + TASK.relative.loss(parts[1], answer)
    torch.testing.assert_close(heavy.loss(output, answer), wanted)


def test_each_pair_is_asked_for_what_lies_between_its_warps() -> None:
    answer = TASK.sample(5, Generator().manual_seed(0))
    every = TASK.relative.truth(answer).view(5, 6, 6)
    two = RelativeTransform(warp=WARP)
    for place, (first, second) in enumerate(TASK.relative.pairs_K2.tolist()):
        alone = {"warps": answer["warps"][:, [first, second]]}
        torch.testing.assert_close(every[:, place], two.truth(alone))


@pytest.mark.parametrize(
    ("order", "relative", "said"),
    [
        (FrameOrder(size=(32, 32)), RelativeTransform(warp=WARP, shown=4), "same"),
        (FrameOrder(size=SIZE), RelativeTransform(warp=WARP, shown=3), "all frames"),
        (
            FrameOrder(size=SIZE),
            RelativeTransform(warp=WARP, shown=4, same_frame=True),
            "all frames",
        ),
        (
            FrameOrder(size=SIZE, input="channels"),
            RelativeTransform(warp=WARP, shown=4),
            "one by one",
        ),
    ],
)
def test_views_that_cannot_be_shared_are_refused(
    order: FrameOrder, relative: RelativeTransform, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        SharedViews(order=order, relative=relative)
