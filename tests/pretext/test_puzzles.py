"""Puzzles: the label is what was done, evenly drawn, and nothing else tells it."""

from collections import Counter

import pytest
import torch
from torch import Generator

from insonify.core.errors import ConfigError
from insonify.pretext import FrameSequence, Jigsaw, Pace, Rotation
from insonify.pretext.jigsaw import most_different
from insonify.pretext.task import source_size

SIZE = (24, 32)


def generator(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def test_three_frames_are_in_order_half_of_the_times_either_way() -> None:
    task = FrameSequence(size=SIZE)
    drawn = task.sample(6000, generator())
    truth = task.truth(drawn)
    assert truth.float().mean().item() == pytest.approx(0.5, abs=0.02)
    for shown, in_order in zip(drawn["shown"].tolist(), truth.tolist(), strict=True):
        assert in_order == (shown in (sorted(shown), sorted(shown, reverse=True)))
        assert len(set(shown)) == 3
    seen = Counter(map(tuple, drawn["shown"].tolist()))
    assert len(seen) == 4 * 6
    first = Counter(shown[0] for shown in seen)
    assert len(set(first.values())) == 1


def test_full_orders_are_numbered_as_they_are_named() -> None:
    task = FrameSequence(size=SIZE, asked="full")
    assert len(task.names) == 24
    drawn = task.sample(500, generator())
    for shown, truth in zip(drawn["shown"], task.truth(drawn).tolist(), strict=True):
        assert task.names[truth] == "-".join(str(1 + frame) for frame in shown.tolist())


def test_paces_and_beginnings_are_drawn_evenly_and_fit_into_the_clip() -> None:
    task = Pace(size=SIZE)
    assert task.names == ("every 1", "every 2", "every 3")
    drawn = task.sample(9000, generator())
    seen = Counter(map(tuple, drawn["shown"].tolist()))
    wanted = {(s, s + p, s + 2 * p) for p in (1, 2, 3) for s in range(7 - 2 * p)}
    assert set(seen) == wanted
    for pace in (1, 2, 3):
        counts = [n for shown, n in seen.items() if shown[1] - shown[0] == pace]
        assert sum(counts) == pytest.approx(3000, rel=0.1)
        assert min(counts) == pytest.approx(max(counts), rel=0.25)
    assert torch.equal(task.truth(drawn), drawn["shown"].diff(dim=1)[:, 0] - 1)


@pytest.mark.parametrize("size", [(24, 32), (32, 24), (16, 16)])
def test_a_turned_view_is_cut_from_what_lies_around_it(size: tuple[int, int]) -> None:
    task = Rotation(size=size)
    rows, columns = source_size(size, task.margin)
    clip = torch.rand(1, 4, rows, columns, generator=generator())
    for turns in range(4):
        answer = {"shown": torch.tensor([[2]]), "turns": torch.tensor([turns])}
        view = task.apply(clip, answer)[0, 0]
        turned = clip[0, 2].rot90(turns)
        top = (turned.shape[0] - size[0]) // 2
        left = (turned.shape[1] - size[1]) // 2
        assert torch.equal(view, turned[top : top + size[0], left : left + size[1]])
        assert task.truth(answer).item() == turns


def test_arrangements_differ_as_much_as_can_be() -> None:
    four = most_different(4, 24)
    assert len({tuple(order) for order in four.tolist()}) == 24
    apart = (four[:4, None] != four[None, :4]).sum(2)
    assert apart[~torch.eye(4, dtype=torch.bool)].tolist() == [4] * 12
    nine = most_different(9, 30)
    apart = (nine[:, None] != nine[None]).sum(2)
    assert apart[~torch.eye(30, dtype=torch.bool)].min() >= 7
    random = torch.rand(30, 9, generator=generator()).argsort(1)
    chance = (random[:, None] != random[None]).sum(2) + 9 * torch.eye(30)
    assert chance.min() < 7
    assert nine[0].tolist() == list(range(9))


@pytest.mark.parametrize("grid", [2, 4])
def test_tiles_come_from_where_the_arrangement_says(grid: int) -> None:
    task = Jigsaw(size=SIZE, grid=grid, jitter=0.25)
    rows, columns = source_size(SIZE, task.margin)
    down = torch.arange(rows, dtype=torch.float).expand(columns, rows).T
    right = torch.arange(columns, dtype=torch.float).expand(rows, columns)
    height, width = SIZE[0] // grid, SIZE[1] // grid
    for seed in range(20):
        answer = task.sample(2, generator(seed))
        order = most_different(grid**2, 24)[answer["arrangement"]]
        for where, picture in ((0, down), (1, right)):
            clips = picture.expand(2, 4, rows, columns)
            view = task.apply(clips, answer)[:, 0]
            tiles = view.unfold(1, height, height).unfold(2, width, width)
            border = ((rows, columns)[where] - SIZE[where]) // 2
            place = order // grid if where == 0 else order % grid
            due = border + place * (height, width)[where]
            found = tiles.flatten(1, 2).amin((2, 3))
            assert (found - due).abs().max() <= 0.25 * (height, width)[where]


def test_options_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigError, match="3 to 6 frames"):
        FrameSequence(frames=2)
    with pytest.raises(ConfigError, match="two paces"):
        Pace(frames=4)
    with pytest.raises(ConfigError, match="both even"):
        Rotation(size=(31, 40))
    with pytest.raises(ConfigError, match="does not divide"):
        Jigsaw(size=(32, 40), grid=3)
    with pytest.raises(ConfigError, match="arrangements must be 2 to 24"):
        Jigsaw(arrangements=25)
    with pytest.raises(ConfigError, match="jitter"):
        Jigsaw(jitter=-0.1)
