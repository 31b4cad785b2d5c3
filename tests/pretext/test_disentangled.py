import pytest
import torch
from torch import Generator

from insonify.core.errors import ConfigError
from insonify.pretext import AffineTransform, Disentangled, FrameOrder
from insonify.pretext.task import Input, source_size

SIZE = (32, 40)


def both(kind: Input = "frames", *, weight: float = 1.0) -> Disentangled:
    return Disentangled(
        order=FrameOrder(size=SIZE, input=kind, weight=weight),
        transform=AffineTransform(size=SIZE, input=kind),
    )


@pytest.mark.parametrize("kind", ["frames", "channels"])
def test_each_half_of_the_features_answers_one_question(kind: Input) -> None:
    task = both(kind)
    head = task.head(10)
    stacks = 8 // task.channels
    features = torch.rand(3, stacks, 10, generator=Generator().manual_seed(0))
    order, warp = head(features).split([12, 5], 1)
    changed = features.clone()
    changed[..., :5] += 1
    assert torch.equal(head(changed)[:, 12:], warp)
    assert not torch.allclose(head(changed)[:, :12], order)
    changed = features.clone()
    changed[..., 5:] += 1
    assert torch.equal(head(changed)[:, :12], order)
    assert not torch.allclose(head(changed)[:, 12:], warp)


def test_the_same_clip_is_shuffled_and_warped() -> None:
    task = both()
    draw = Generator().manual_seed(0)
    clips = torch.rand(3, 4, *source_size(SIZE, task.margin), generator=draw)
    answer = task.sample(3, draw)
    views = task.apply(clips, answer)
    alone = task.transform.apply(clips, answer)
    assert torch.equal(views[:, :4], alone[:, :4])
    for clip, order_T in enumerate(answer["order"]):
        assert torch.equal(views[clip, 4:], alone[clip, 4:][order_T])


def test_the_loss_is_the_weighted_sum() -> None:
    task, draw = both(weight=3.0), Generator().manual_seed(0)
    answer = task.sample(6, draw)
    output = torch.randn(6, 17, generator=draw)
    order = task.order.loss(output[:, :12], answer)
    warp = task.transform.loss(output[:, 12:], answer)
    assert torch.allclose(task.loss(output, answer), 3 * order + warp)


def test_questions_about_different_clips_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"order.frames is 3.*same clip"):
        Disentangled(order=FrameOrder(frames=3))
    with pytest.raises(ConfigError, match=r"order.reading is path"):
        Disentangled(order=FrameOrder(reading="path"))
    with pytest.raises(ConfigError, match=r"order.input is channels"):
        Disentangled(order=FrameOrder(input="channels"))
