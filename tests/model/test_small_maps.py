import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from insonify.model import small_maps
from insonify.model.encoder import Encoder, channels_last
from insonify.model.small_maps import SmallMapConv2d, quicken, unfolded


@pytest.fixture(autouse=True)
def slow_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a processor whose weight gradients are slow, whatever this one is."""
    monkeypatch.setattr(small_maps, "_has_slow_gradient", lambda: True)


def _twins(convolution: nn.Conv2d) -> tuple[nn.Conv2d, nn.Conv2d]:
    """A convolution as PyTorch has it, and its quickened copy; channels last."""
    plain = convolution.to(memory_format=torch.channels_last)
    quick = copy.deepcopy(plain)
    quicken(quick)
    assert type(quick) is SmallMapConv2d
    return plain, quick


def _learn(
    module: nn.Module, given_NCHW: Tensor, gradient: Tensor
) -> tuple[Tensor, Tensor | None]:
    given_NCHW = given_NCHW.detach().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        output = module(given_NCHW)
    output.backward(gradient.to(output))
    return output.detach(), given_NCHW.grad


@pytest.mark.parametrize("size", [(2, 3), (7, 7)])
@pytest.mark.parametrize(
    ("reach", "stride", "padding"), [(3, 1, 1), (3, 2, 1), (1, 1, 0), (1, 2, 0)]
)
def test_a_quick_convolution_learns_what_a_plain_one_learns(
    size: tuple[int, int], reach: int, stride: int, padding: int
) -> None:
    torch.manual_seed(0)
    plain, quick = _twins(nn.Conv2d(64, 80, reach, stride, padding))
    given = channels_last(torch.randn(6, 64, *size))
    gradient = torch.randn_like(plain(given))
    expected, onwards = _learn(plain, given, gradient)
    found, found_onwards = _learn(quick, given, gradient)
    assert torch.equal(found, expected)
    assert onwards is not None
    assert found_onwards is not None
    assert torch.equal(found_onwards, onwards)
    for mine, theirs in zip(quick.parameters(), plain.parameters(), strict=True):
        assert mine.grad is not None
        assert theirs.grad is not None
        assert mine.grad.dtype == torch.float32
        assert (mine.grad - theirs.grad).norm() < 4e-3 * theirs.grad.norm()


def test_the_gradient_is_that_of_fp32_but_for_rounding() -> None:
    torch.manual_seed(0)
    plain, quick = _twins(nn.Conv2d(64, 64, 3, 1, 1, bias=False))
    given = channels_last(torch.randn(8, 64, 3, 4).bfloat16().float())
    gradient = torch.randn(8, 64, 3, 4).bfloat16().float()
    plain(given).backward(gradient)
    _learn(quick, given, gradient)
    assert plain.weight.grad is not None
    assert quick.weight.grad is not None
    error = (quick.weight.grad - plain.weight.grad).norm()
    assert error < 4e-3 * plain.weight.grad.norm()


def test_places_read_what_a_convolution_reads() -> None:
    given_NCHW = torch.arange(2 * 3 * 5 * 6.0).view(2, 3, 5, 6)
    read_PK = unfolded(channels_last(given_NCHW), (3, 2), (2, 1), (1, 0))
    expected = F.unfold(given_NCHW, (3, 2), padding=(1, 0), stride=(2, 1))
    in_order = expected.view(2, 3, 6, -1).permute(0, 3, 2, 1).reshape(read_PK.shape)
    assert torch.equal(read_PK, in_order)


def _calls_of_the_quick_way(
    monkeypatch: pytest.MonkeyPatch, module: nn.Module, given: Tensor
) -> int:
    calls = []
    true = small_maps._Unfolded.apply

    def noted(*arguments: object) -> Tensor:
        calls.append(1)
        found: Tensor = true(*arguments)
        return found

    monkeypatch.setattr(small_maps._Unfolded, "apply", noted)
    module(given)
    return len(calls)


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
@pytest.mark.parametrize("side", [7, 8])
@pytest.mark.parametrize("mode", ["train", "eval", "frozen", "no gradient"])
def test_only_small_maps_in_bf16_that_are_learnt_from_are_unfolded(
    precision: str, side: int, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, quick = _twins(nn.Conv2d(64, 64, 3, 1, 1))
    quick.train(mode != "eval").requires_grad_(mode != "frozen")
    given = channels_last(torch.randn(2, 64, side, 7))
    with (
        torch.set_grad_enabled(mode != "no gradient"),
        torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"),
    ):
        calls = _calls_of_the_quick_way(monkeypatch, quick, given)
    assert calls == (precision == "bf16" and side == 7 and mode == "train")


def test_other_convolutions_are_left_alone() -> None:
    left = [
        nn.Conv2d(32, 64, 3),
        nn.Conv2d(64, 64, 3, groups=2),
        nn.Conv2d(64, 64, 3, dilation=2),
        nn.Conv2d(64, 64, 3, padding="same"),
        nn.Conv2d(64, 64, 3, padding_mode="reflect"),
        nn.ConvTranspose2d(64, 64, 3),
    ]
    network = nn.Sequential(*left)
    quicken(network)
    assert not any(isinstance(module, SmallMapConv2d) for module in network)


def test_an_encoder_learns_the_same_and_its_states_fit_either_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quick = Encoder("resnet10_half", seed=3)
    assert any(isinstance(module, SmallMapConv2d) for module in quick.modules())
    monkeypatch.setattr(small_maps, "_has_slow_gradient", lambda: False)
    plain = Encoder("resnet10_half")
    plain.load_state_dict(quick.state_dict())
    frames = torch.rand(8, 64, 80, generator=torch.Generator().manual_seed(0))
    for encoder in (plain, quick):
        with torch.autocast("cpu", torch.bfloat16):
            features = encoder(frames)
        (features * torch.linspace(-1, 1, features.shape[1])).sum().backward()
    for mine, theirs in zip(quick.parameters(), plain.parameters(), strict=True):
        assert mine.grad is not None
        assert theirs.grad is not None
        assert (mine.grad - theirs.grad).norm() <= 0.01 * theirs.grad.norm()
