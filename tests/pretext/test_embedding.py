"""Joint embeddings: losses against slower ones, scores, teachers, a missing library."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Generator

from insonify.core.errors import ConfigError
from insonify.pretext import JointEmbedding
from insonify.pretext.embedding_options import MethodName
from insonify.pretext.warp import Warp

NAMES = get_args(MethodName)
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def generator(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def small(method: MethodName, **changes: Any) -> JointEmbedding:
    warp = Warp(size=(16, 24))
    return JointEmbedding(method=method, warp=warp, hidden=16, outputs=6, **changes)


def unit(rows: Floats) -> Floats:
    found: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return found


def nt_xent(one: Floats, other: Floats, temperature: float) -> float:
    every = unit(np.concatenate([one, other]))
    count, losses = len(every), []
    for i in range(count):
        near = [np.exp(every[i] @ every[j] / temperature) for j in range(count)]
        own = near[(i + count // 2) % count]
        losses.append(-np.log(own / (sum(near) - near[i])))
    return float(np.mean(losses))


def info_nce(asked: Floats, target: Floats, temperature: float = 0.2) -> float:
    asked, target, losses = unit(asked), unit(target), []
    for i in range(len(asked)):
        near = [np.exp(asked[i] @ other / temperature) for other in target]
        losses.append(-np.log(near[i] / sum(near)))
    return float(2 * temperature * np.mean(losses))


def barlow(one: Floats, other: Floats) -> float:
    one, other = ((z - z.mean(0)) / z.std(0) for z in (one, other))
    found = 0.0
    for i in range(one.shape[1]):
        for j in range(one.shape[1]):
            alike = float(np.mean(one[:, i] * other[:, j]))
            found += (1 - alike) ** 2 if i == j else 0.005 * alike**2
    return found


def vicreg(one: Floats, other: Floats) -> float:
    found = 25 * float(np.mean((one - other) ** 2))
    for z in (one, other):
        spread = np.sqrt(z.var(0, ddof=1) + 1e-4)
        found += 25 * float(np.mean(np.maximum(0, 1 - spread))) / 2
        covariance = np.cov(z.T)
        rest = np.sum(covariance**2) - np.sum(np.diag(covariance) ** 2)
        found += float(rest) / z.shape[1]
    return found


def distilled(asked: Floats, target: Floats) -> float:
    losses = []
    for student, teacher in zip(asked / 0.1, target / 0.04, strict=True):
        share = np.exp(teacher) / np.exp(teacher).sum()
        losses.append(-np.sum(share * np.log(np.exp(student) / np.exp(student).sum())))
    return float(np.mean(losses))


def cosine(asked: Floats, target: Floats) -> float:
    return float(-np.mean(np.sum(unit(asked) * unit(target), 1)))


BY_HAND: dict[MethodName, Callable[[Floats, Floats], float]] = {
    "simclr": partial(nt_xent, temperature=0.1),
    "uscl": partial(nt_xent, temperature=0.1),
    "mocov3": info_nce,
    "byol": cosine,
    "simsiam": cosine,
    "barlow": barlow,
    "vicreg": vicreg,
    "dino": distilled,
}
"""What is asked of one view against the target of the other, as in the papers."""


@pytest.mark.parametrize("views", [2, 3])
@pytest.mark.parametrize("method", NAMES)
def test_losses_are_those_of_the_papers_for_every_two_views(
    method: MethodName, views: int
) -> None:
    output = torch.randn(5, views, 12, generator=generator()) * 0.3
    asked, target = (part.double().numpy() for part in output.chunk(2, 2))
    ways = [(a, b) for a in range(views) for b in range(views) if a != b]
    wanted = np.mean([BY_HAND[method](asked[:, a], target[:, b]) for a, b in ways])
    found = small(method).loss(output, {}).item()
    assert found == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize(
    ("method", "slow"), [("simclr", nt_xent), ("uscl", nt_xent), ("mocov3", info_nce)]
)
def test_a_temperature_is_that_of_the_loss(
    method: MethodName, slow: Callable[[Floats, Floats, float], float]
) -> None:
    output = torch.randn(5, 2, 12, generator=generator())
    asked, target = (part.double().numpy() for part in output.chunk(2, 2))
    ways = ((0, 1), (1, 0))
    wanted = np.mean([slow(asked[:, a], target[:, b], 0.8) for a, b in ways])
    task = replace(small(method), temperature=0.8)
    assert task.loss(output, {}).item() == pytest.approx(wanted, rel=1e-4)
    with pytest.raises(ConfigError, match=f"found 0.0 for {method}"):
        replace(task, temperature=0.0)


def test_a_temperature_that_would_do_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="for vicreg"):
        replace(small("vicreg"), temperature=0.5)


def test_levels_are_held_against_their_like_and_against_the_last() -> None:
    """The loss by hand; with one direction a clip at each level it is least."""
    output = torch.randn(5, 2, 24, generator=generator())
    first, last = (part.double().numpy() for part in output[..., :12].chunk(2, 2))
    pairs = [(first, first), (last, last), (first, last)]
    ways = ((0, 1), (1, 0))
    wanted = np.mean(
        [nt_xent(a[:, i], b[:, j], 0.1) for a, b in pairs for i, j in ways]
    )
    halves = output[..., :12].repeat(1, 1, 2)
    found = replace(small("simclr"), levels=2).loss(halves, {})
    assert found.item() == pytest.approx(wanted, rel=1e-4)


def test_clips_of_one_kind_are_alike_and_others_as_ever() -> None:
    output = torch.randn(5, 2, 12, generator=generator())
    views = output[..., :6].double().numpy()
    kinds = np.array([3, -1, 3, -1, 0])
    wanted = np.mean([supervised(views[:, i], views[:, 1 - i], kinds) for i in (0, 1)])
    task, halves = small("simclr"), output[..., :6].repeat(1, 1, 2)
    found = task.loss(halves, {"kind": torch.from_numpy(kinds)}).item()
    assert found == pytest.approx(wanted, rel=1e-4)
    nobody = {"kind": torch.full((5,), -1)}
    assert task.loss(halves, nobody).item() == pytest.approx(
        task.loss(halves, {}).item()
    )


def supervised(one: Floats, other: Floats, kinds: Integers) -> float:
    every, kind = unit(np.concatenate([one, other])), np.concatenate([kinds, kinds])
    count, losses = len(every), []
    for i in range(count):
        near = [np.exp(every[i] @ every[j] / 0.1) for j in range(count)]
        own = {(i + count // 2) % count}
        own |= {j for j in range(count) if j != i and kind[j] == kind[i] >= 0}
        told = [np.log(near[j] / (sum(near) - near[i])) for j in own]
        losses.append(-np.mean(told))
    return float(np.mean(losses))


def test_labels_are_for_simclr() -> None:
    with pytest.raises(ConfigError, match="found vicreg and 1"):
        replace(small("vicreg"), alike="plane")
    with pytest.raises(ConfigError, match="found simclr and 2"):
        replace(small("simclr"), alike="plane", levels=2)


def test_levels_need_a_method_of_one_projection_and_as_many_stages() -> None:
    with pytest.raises(ConfigError, match="found 2 for byol"):
        replace(small("byol"), levels=2)
    with pytest.raises(ConfigError, match="found 0 for simclr"):
        replace(small("simclr"), levels=0)
    with pytest.raises(ConfigError, match="2 stages, too few for 3 levels"):
        replace(small("simclr"), levels=3).map_head((4, 8))


@pytest.mark.parametrize("method", NAMES)
def test_what_is_a_target_passes_no_gradient_where_it_is_predicted(
    method: MethodName,
) -> None:
    task = small(method)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        head = task.head(8)
    features = torch.randn(4, 2, 8, generator=generator(), requires_grad=True)
    taught = torch.randn(4, 2, 6, generator=generator(1))
    given = (features, taught) if task.momentum else (features,)
    asked, target = head(*given).chunk(2, 2)
    assert asked.requires_grad
    assert asked.shape == target.shape == (4, 2, 6)
    (gradient,) = torch.autograd.grad(target.sum() + 0 * asked.sum(), features)
    stopped = method in ("mocov3", "byol", "simsiam", "dino")
    assert bool((gradient == 0).all()) == stopped
    if task.momentum:
        assert torch.equal(target, taught)


def test_dino_takes_the_running_mean_of_its_teacher_off_while_it_trains() -> None:
    head = small("dino").head(8).train()
    features = torch.randn(4, 2, 8, generator=generator())
    taught = torch.randn(4, 2, 6, generator=generator(1))
    first = head(features, taught)[..., 6:]
    second = head(features, taught)[..., 6:]
    assert torch.equal(first, taught)
    mean = taught.mean((0, 1))
    assert torch.allclose(second, taught - 0.1 * mean, atol=1e-6)
    state = head.state_dict()
    assert torch.allclose(state["centre.center"][0, 0], 0.19 * mean, atol=1e-6)
    head.eval()(features, taught)
    assert torch.equal(head.state_dict()["centre.center"], state["centre.center"])


def test_retrieval_is_counted_above_chance_whatever_the_batch() -> None:
    task = small("simclr")
    for batch in (2, 7, 40):
        own = torch.eye(batch)[:, None].repeat(1, 2, 2)
        assert task.score(own, {}) == {"retrieval": pytest.approx(1.0)}
        same = torch.ones(batch, 2, 12)
        assert task.score(same, {}) == {"retrieval": pytest.approx(0.0, abs=1e-6)}
        tries = [
            task.score(torch.randn(batch, 2, 12, generator=generator(seed)), {})
            for seed in range(400)
        ]
        mean = np.mean([found["retrieval"] for found in tries])
        assert mean == pytest.approx(task.chance["retrieval"], abs=0.12)


def test_who_has_a_teacher() -> None:
    taught = {name for name in NAMES if small(name).momentum is not None}
    assert taught == {"mocov3", "byol", "dino"}
    assert small("byol").momentum == 0.99


def test_both_views_show_one_frame_if_asked_to() -> None:
    for method in NAMES:
        for same in (False, True):
            drawn = small(method, same_frame=same).sample(50, generator())
            kinds = [len(set(shown)) for shown in drawn["shown"].tolist()]
            assert set(kinds) == ({1} if same else {3 if method == "uscl" else 2})


def test_uscl_blends_one_frame_into_both_views() -> None:
    task = small("uscl")
    clips = torch.zeros(3, 4, 24, 36) + torch.arange(4.0)[:, None, None]
    answer = task.sample(3, generator()) | {"blend": torch.tensor([0.0, 0.25, 1.0])}
    answer["shown"] = torch.tensor([[0, 1, 3]] * 3)
    levels = task.apply(clips, answer).mean((2, 3))
    wanted = torch.tensor([[3.0, 3.0], [2.25, 2.5], [0.0, 1.0]])
    assert torch.allclose(levels, wanted, atol=1e-4)
    shares = task.sample(4000, generator())["blend"]
    assert shares.mean().item() == pytest.approx(0.5, abs=0.02)
    assert shares.var().item() == pytest.approx(1 / 8, abs=0.01)  # Beta(½, ½)


@pytest.mark.parametrize("method", NAMES)
def test_without_the_library_it_is_said_how_to_get_it(
    method: MethodName, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("lightly", "lightly.loss", "lightly.models.modules.heads"):
        monkeypatch.setitem(sys.modules, module, None)
    if method in ("simclr", "uscl"):
        assert small(method).head(8)(torch.ones(2, 2, 8)).shape == (2, 2, 12)
        return
    with pytest.raises(ConfigError, match=r"pip install insonify\[baselines\]"):
        small(method).head(8)


def test_options_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigError, match="shown must be 2"):
        JointEmbedding(shown=1)
    with pytest.raises(ConfigError, match="uscl shows 3 frames"):
        JointEmbedding(method="uscl", frames=2)
    with pytest.raises(ConfigError, match="teacher_momentum"):
        JointEmbedding(teacher_momentum=1.0)
    with pytest.raises(ConfigError, match="outputs"):
        JointEmbedding(outputs=0)
