"""A teacher follows the encoder, and nothing else moves it."""

import copy
from typing import Any

import pytest
import torch
from torch import Generator, Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from insonify.model.encoder import Encoder
from insonify.model.joint import JointModel

VIEWS = {"a": torch.rand(3, 2, 32, 32, generator=Generator().manual_seed(0))}


class Beside(nn.Module):
    """Projections of the encoder's features, then those of the teacher."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.projection = nn.Sequential(nn.Linear(dim, 4), nn.BatchNorm1d(4))

    def forward(self, features_BSD: Tensor, taught_BSE: Tensor) -> Tensor:
        own_NE = self.projection(features_BSD.flatten(0, 1))
        return torch.cat([own_NE.view_as(taught_BSE), taught_BSE], 2)


def joint(momentum: float = 0.9) -> JointModel:
    encoder = Encoder("resnet10_half")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        head = Beside(encoder.dim)
    return JointModel(encoder, {"a": head}, teachers={"a": momentum})


def step(model: nn.Module, *, rate: float = 0.1) -> Tensor:
    """One step of plain gradient descent; returns the outputs before it."""
    outputs: Tensor = model(VIEWS)["a"]
    outputs.square().mean().backward()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for weight in model.parameters():
            if weight.grad is not None:
                weight.sub_(rate * weight.grad)
                weight.grad = None
    return outputs


def test_a_teacher_begins_as_the_encoder_and_says_the_same() -> None:
    own_BSE, taught_BSE = joint().eval()(VIEWS)["a"].chunk(2, 2)
    assert torch.equal(own_BSE, taught_BSE)
    own_BSE, taught_BSE = joint().train()(VIEWS)["a"].chunk(2, 2)
    assert torch.allclose(own_BSE, taught_BSE, atol=1e-5)
    assert not taught_BSE.isnan().any()


def test_weights_follow_as_a_running_mean_and_buffers_are_taken_over() -> None:
    model = joint(0.75).train()
    teacher: Any = model.teachers["a"]
    expected = [weight.detach().clone() for weight in model.encoder.parameters()]
    for _ in range(3):
        own = [weight.detach().clone() for weight in model.encoder.parameters()]
        buffers = [buffer.clone() for buffer in model.encoder.buffers()]
        expected = [
            0.75 * slow + 0.25 * fast for slow, fast in zip(expected, own, strict=True)
        ]
        taken = copy.deepcopy(model)
        taken._follow()
        copied: Any = taken.teachers["a"]
        assert all(map(torch.equal, copied.encoder.buffers(), buffers))
        step(model)
        found = list(teacher.encoder.parameters())
        assert not all(map(torch.equal, found, model.encoder.parameters()))
        for slow, wanted in zip(found, expected, strict=True):
            assert torch.allclose(slow, wanted, atol=1e-6)


def test_looking_in_evaluation_mode_moves_nothing() -> None:
    model = joint().train()
    step(model)
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.eval()(VIEWS)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, state[name])


def test_no_gradient_reaches_a_teacher_and_no_chance_is_used() -> None:
    model = joint().train()
    before = torch.get_rng_state()
    outputs = model(VIEWS)["a"]
    assert torch.equal(torch.get_rng_state(), before)
    outputs.sum().backward()
    for name, weight in model.named_parameters():
        taught = name.startswith("teachers.")
        assert weight.requires_grad != taught
        assert (weight.grad is None) == taught


def test_a_teacher_does_not_keep_distributed_training_waiting() -> None:
    store: Any = distributed.HashStore()  # type: ignore[attr-defined]
    distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        alone, spread = joint().train(), joint().train()
        wrapped = DistributedDataParallel(spread)
        for _ in range(3):
            assert torch.allclose(step(alone), step(wrapped), atol=1e-5)
        for name, tensor in spread.state_dict().items():
            assert torch.allclose(tensor, alone.state_dict()[name], atol=1e-5)
    finally:
        distributed.destroy_process_group()


def test_the_state_holds_the_teacher_and_goes_on_from_it() -> None:
    whole, cut = joint().train(), joint().train()
    for _ in range(2):
        step(whole)
    cut.load_state_dict(whole.state_dict())
    for _ in range(2):
        assert torch.equal(step(whole), step(cut))
    assert any(name.startswith("teachers.a.") for name in cut.state_dict())


def test_a_head_without_projection_cannot_be_taught() -> None:
    with pytest.raises(AttributeError, match="projection"):
        JointModel(Encoder("resnet10_half"), {"a": nn.Identity()}, teachers={"a": 0.9})
