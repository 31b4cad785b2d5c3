import pytest
import torch
from torch import Generator, nn

from insonify.core.errors import ConfigError
from insonify.model.branches import STAGES
from insonify.model.encoder import Encoder
from insonify.model.joint import JointModel


def frames(*shape: int) -> torch.Tensor:
    draw = torch.randint(0, 256, shape, generator=Generator().manual_seed(0))
    return draw.to(torch.uint8)


class Mean(nn.Module):
    def forward(self, features_BSD: torch.Tensor) -> torch.Tensor:
        return features_BSD.mean((1, 2))


def joint(channels: int = 1, shared: int = 5, *private: str) -> JointModel:
    encoder = Encoder("resnet10_half", channels=channels).eval()
    heads = {"a": Mean(), "b": Mean()}
    return JointModel(encoder, heads, shared=shared, private=private)


VIEWS = {"a": frames(2, 4, 32, 32), "b": frames(3, 8, 32, 32)}


def test_each_head_is_given_its_own_views() -> None:
    model = joint()
    found = model(VIEWS)
    for name, views_BVHW in VIEWS.items():
        one_by_one = [model.encoder(views_VHW).mean() for views_VHW in views_BVHW]
        assert torch.allclose(found[name], torch.stack(one_by_one), atol=1e-5)


def test_neighbouring_views_are_stacked_as_channels() -> None:
    model = joint(4)
    found = model(VIEWS)
    first = model.encoder(VIEWS["a"])
    second = model.encoder(VIEWS["b"].reshape(6, 4, 32, 32)).reshape(3, 2, -1)
    assert torch.allclose(found["a"], first.mean(1), atol=1e-5)
    assert torch.allclose(found["b"], second.mean((1, 2)), atol=1e-5)


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize("shared", range(len(STAGES) + 1))
def test_a_private_branch_begins_as_the_encoder(channels: int, shared: int) -> None:
    together, apart = joint(channels), joint(channels, shared, "b")
    found, expected = apart(VIEWS), together(VIEWS)
    for name in VIEWS:
        assert torch.allclose(found[name], expected[name], atol=1e-5)


@pytest.mark.parametrize("shared", range(len(STAGES) + 1))
def test_a_task_moves_what_it_shares_and_what_is_its_own(shared: int) -> None:
    model = joint(1, shared, "b")
    model(VIEWS)["b"].sum().backward()
    private = {name for stage in STAGES[shared:] for name in stage}
    for name, parameter in model.encoder.backbone.named_parameters():
        moved = parameter.grad is not None
        assert moved == (name.split(".")[0] not in private)
    for parameter in model.branches.parameters():
        assert parameter.grad is not None


def test_no_tensor_is_saved_twice_and_the_state_loads() -> None:
    model = joint(1, 3, "b")
    state = model.state_dict()
    places = [tensor.data_ptr() for tensor in state.values() if tensor.numel() > 1]
    assert len(places) == len(set(places))
    extra = {name for name in state if not name.startswith("encoder.")}
    assert {name.split(".")[3] for name in extra} == {"layer3", "layer4"}
    other = joint(1, 3, "b")
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.add_(1)
    other.load_state_dict(state)
    assert all(
        torch.equal(tensor, other.state_dict()[name]) for name, tensor in state.items()
    )


def test_only_resnets_are_shared_in_part() -> None:
    with pytest.raises(ConfigError, match=r"convnext_atto.*resnet10_half"):
        JointModel(Encoder("convnext_atto"), {}, shared=2, private=("b",))
