import torch
from torch import nn

from insonify.model.encoder import Encoder
from insonify.model.stages import stage_maps
from insonify.model.stem import PoolThenRectify


def _as_timm_has_it(encoder: Encoder) -> Encoder:
    """The same weights behind a stem that rectifies before it pools."""
    plain = Encoder(encoder.architecture)
    plain.load_state_dict(encoder.state_dict())
    plain.backbone.act1 = nn.ReLU()
    plain.backbone.maxpool = nn.MaxPool2d(3, 2, 1)
    return plain


def _learnt(
    encoder: Encoder, frames: torch.Tensor, *, bf16: bool
) -> list[torch.Tensor]:
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        features = encoder(frames)
    (features * torch.linspace(-1, 1, features.shape[1])).sum().backward()
    gradients = [weight.grad for weight in encoder.parameters()]
    return [features.detach(), *(each for each in gradients if each is not None)]


def test_a_stem_that_pools_first_is_the_same_to_the_bit() -> None:
    frames = torch.rand(4, 48, 64, generator=torch.Generator().manual_seed(0))
    for bf16 in (False, True):
        encoder = Encoder("resnet10_half", seed=1)
        assert isinstance(encoder.backbone.maxpool, PoolThenRectify)
        with torch.no_grad():  # Some channels upside down, as they may be learnt.
            encoder.get_parameter("backbone.bn1.weight")[::2] *= -1
        plain = _as_timm_has_it(encoder)
        found, expected = (
            _learnt(each, frames, bf16=bf16) for each in (encoder, plain)
        )
        for mine, theirs in zip(found, expected, strict=True):
            assert torch.equal(mine, theirs)


def test_the_maps_of_all_stages_are_those_of_timm() -> None:
    encoder = Encoder("resnet10_half").eval()
    plain = _as_timm_has_it(encoder).eval()
    frames = torch.rand(2, 32, 40, generator=torch.Generator().manual_seed(0))
    for mine, theirs in zip(
        stage_maps(encoder, frames), stage_maps(plain, frames), strict=True
    ):
        assert torch.equal(mine, theirs)
        assert mine.min() >= 0


def test_other_networks_keep_their_stem() -> None:
    modules = Encoder("sononet16").modules()
    assert not any(isinstance(module, PoolThenRectify) for module in modules)
