from itertools import permutations

import pytest
import torch
from torch import Generator

from insonify.core.errors import ConfigError
from insonify.pretext import FrameOrder
from insonify.pretext.baselines import shortest_path_order
from insonify.pretext.frame_order import order_class
from insonify.pretext.heads import paths


@pytest.mark.parametrize(("frames", "classes"), [(2, 1), (3, 3), (4, 12), (5, 60)])
def test_an_order_and_its_reverse_are_one_class(frames: int, classes: int) -> None:
    every = torch.tensor(list(permutations(range(frames))))
    found = order_class(every)
    played_backwards = frames - 1 - every
    assert torch.equal(found, order_class(played_backwards))
    assert set(found.tolist()) == set(range(classes))
    assert torch.equal(order_class(paths(frames).argsort(1)), torch.arange(classes))


def test_orders_are_drawn_evenly() -> None:
    drawn = FrameOrder().sample(24_000, Generator().manual_seed(0))["order"]
    counts = order_class(drawn).bincount(minlength=12)
    assert counts.min() > 1800
    assert counts.max() < 2200


def test_the_shortest_path_orders_what_moves_steadily_and_nothing_else() -> None:
    task = FrameOrder(size=(32, 32))
    generator = Generator().manual_seed(0)
    answer = task.sample(200, generator)
    truth_B = order_class(answer["order"])
    place_W = torch.arange(48.0)
    moving = torch.stack(
        [((place_W - 16 - 3 * t) / 8).square().neg().exp() for t in range(4)]
    )
    clips = moving[None, :, None, :].expand(200, 4, 48, 48)
    assert (shortest_path_order(task.apply(clips, answer)) == truth_B).all()
    noise = torch.rand(200, 4, 48, 48, generator=generator)
    right = (shortest_path_order(task.apply(noise, answer)) == truth_B).float().mean()
    assert right < 0.2


def test_a_path_is_scored_by_how_far_the_features_move() -> None:
    """Features that move steadily are in order before anything is learnt."""
    task = FrameOrder(reading="path")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        head = task.head(8)
    generator = Generator().manual_seed(0)
    answer = task.sample(100, generator)
    start, way = torch.rand(2, 100, 1, 8, generator=generator)
    steady = start + way * answer["order"][..., None]
    assert task.score(head(steady), answer)["accuracy"] == 1
    torch.testing.assert_close(head(steady), head(steady * 7))
    still = head(torch.ones(2, 4, 8))
    assert torch.isfinite(still).all()
    assert (still == still[:, :1]).all()


def test_an_order_that_cannot_be_asked_is_refused() -> None:
    with pytest.raises(ConfigError, match="3 frames"):
        FrameOrder(frames=2)
    with pytest.raises(ConfigError, match="input must be frames"):
        FrameOrder(reading="path", input="channels")
