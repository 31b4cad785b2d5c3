import pytest
import timm.layers
import torch
from torch import Generator, nn

from insonify.core.errors import ConfigError
from insonify.model.encoder import Encoder, channels_last


def frames(*shape: int) -> torch.Tensor:
    draw = torch.randint(0, 256, shape, generator=Generator().manual_seed(0))
    return draw.to(torch.uint8)


def test_uint8_and_float_frames_give_the_same_features() -> None:
    encoder = Encoder("resnet18").eval()
    grey = frames(2, 32, 40)
    assert torch.allclose(encoder(grey), encoder(grey.float() / 255))
    assert encoder(grey).shape == (2, encoder.dim)


def test_the_seed_sets_the_weights_and_leaves_the_global_generator() -> None:
    state = torch.get_rng_state()
    first, same, other = (Encoder("resnet18", seed=seed) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), state)
    names = [n for n, p in first.named_parameters() if p.ndim == 4]
    for name in names:
        weight = first.get_parameter(name)
        assert torch.equal(weight, same.get_parameter(name))
        assert not torch.equal(weight, other.get_parameter(name))


def test_strides_are_truly_channels_last() -> None:
    one = channels_last(torch.rand(2, 1, 8, 10))
    assert one.shape == (2, 1, 8, 10)
    assert one.stride() == (80, 1, 10, 1)
    assert channels_last(torch.rand(2, 4, 8, 10)).stride() == (320, 1, 40, 4)


def test_the_papers_backbone_has_the_papers_size() -> None:
    encoder = Encoder("seresnext50_half")
    count = sum(parameter.numel() for parameter in encoder.parameters())
    assert 6.5e6 < count < 7.4e6
    assert encoder(frames(1, 64, 64)).shape == (1, 1024)


def experienced(name: str, *, gates: bool = True) -> Encoder:
    """An encoder whose normalisations are not as they are at first.

    timm begins residual blocks at zero, and then no dilated convolution counts.
    """
    encoder = Encoder(name).eval()
    draw = Generator().manual_seed(0)
    for module in encoder.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            for tensor in (module.weight.data, module.running_var):
                tensor.copy_(torch.rand(tensor.shape, generator=draw) + 0.5)
            for tensor in (module.bias.data, module.running_mean):
                tensor.copy_(torch.randn(tensor.shape, generator=draw) / 5)
    return encoder if gates else without_gates(encoder)


def without_gates(encoder: Encoder) -> Encoder:
    """Squeeze and excitation opened wide: every gate lets all through."""
    for module in encoder.modules():
        if isinstance(getattr(module, "se", None), timm.layers.SEModule):
            module.se = nn.Identity()
    return encoder


@pytest.mark.parametrize("name", ["resnet18", "resnet10_half", "resnet18_half"])
@pytest.mark.parametrize("size", [(64, 96), (40, 72)])
def test_a_dilated_map_holds_the_strided_one(name: str, size: tuple[int, int]) -> None:
    encoder = experienced(name).double()
    grey = frames(2, *size).double() / 255
    strided = encoder.feature_map(grey)
    assert strided.dtype == torch.float32
    for stride in (16, 8):
        every = 32 // stride
        dense = encoder.dilated(stride).feature_map(grey)
        assert dense.shape[2:] == (-(-size[0] // stride), -(-size[1] // stride))
        shown = dense[:, :, ::every, ::every]
        assert torch.allclose(shown, strided, rtol=1e-6, atol=1e-5)
        beside = dense[:, :, 1::every, 1::every]
        rows, columns = beside.shape[2:]
        assert not torch.allclose(beside, strided[..., :rows, :columns], atol=0.1)


def test_the_papers_backbone_is_dilated_as_in_the_paper() -> None:
    """Equal where it must be: its gates average over a map with other places."""
    grey = frames(1, 224, 288)
    gated = experienced("seresnext50_half")
    dense = gated.dilated(8)
    assert dense.feature_map(grey).shape == (1, 1024, 28, 36)
    strided = gated.feature_map(grey)
    assert not torch.allclose(dense.feature_map(grey)[..., ::4, ::4], strided)
    without_gates(gated)
    without_gates(dense)
    shown = dense.feature_map(grey)[..., ::4, ::4]
    assert torch.allclose(shown, gated.feature_map(grey), atol=1e-4)


@pytest.mark.parametrize("name", ["resnet10_half", "seresnext50_half"])
def test_dilation_is_reversible(name: str) -> None:
    encoder = experienced(name)
    dense = encoder.dilated(8)
    back = dense.dilated(32)
    grey = frames(2, 64, 64)
    assert torch.equal(back(grey), encoder(grey))
    assert torch.allclose(dense(grey), dense.feature_map(grey).mean((2, 3)), atol=1e-5)
    states = [twin.state_dict() for twin in (encoder, dense, back)]
    assert states[0].keys() == states[1].keys()
    for key, tensor in states[0].items():
        assert all(torch.equal(tensor, state[key]) for state in states)
    with torch.no_grad():
        next(dense.parameters()).zero_()
    assert torch.equal(back(grey), encoder(grey)), "weights are copied, not shared"


def test_a_twin_keeps_normalisation_and_mode() -> None:
    encoder = Encoder("resnet10_half", mean=0.4, std=0.1).train()
    twin = encoder.dilated(8)
    assert twin.training
    assert (twin.mean, twin.std) == (encoder.mean, encoder.std)
    assert twin.output_stride == 8


def test_what_cannot_be_dilated_or_has_no_map_is_refused_with_advice() -> None:
    with pytest.raises(ConfigError, match=r"densenet121 cannot.*resnet18_half"):
        Encoder("densenet121", output_stride=8)
    with pytest.raises(ConfigError, match=r"in \(8, 16, 32\), found 4"):
        Encoder("resnet18", output_stride=4)
    flat = Encoder("test_vit")
    with pytest.raises(ConfigError, match=r"no feature map.*resnet10_half"):
        flat.feature_map(torch.rand(1, 160, 160))


def test_a_head_after_pooling_sets_the_features_but_not_the_map() -> None:
    encoder = Encoder("mobilenetv3_small_050").eval()
    assert encoder(frames(1, 64, 64)).shape == (1, encoder.dim)
    assert encoder.feature_map(frames(1, 64, 64)).shape == (1, encoder.map_dim, 2, 2)
    assert encoder.dim != encoder.map_dim


@pytest.mark.parametrize(
    "name", ["resnet10_half", "resnet10t", "mobilenetv3_small_050"]
)
def test_a_collapsed_encoder_answers_as_to_a_still_clip(name: str) -> None:
    stacked = Encoder(name, channels=4, mean=0.4, seed=3).eval()
    single = stacked.collapse()
    grey = frames(2, 48, 64)
    still = grey[:, None].expand(-1, 4, -1, -1)
    assert single.channels == 1
    assert not single.training
    assert torch.allclose(single(grey), stacked(still), atol=1e-4)
    moving = frames(2, 4, 48, 64)
    assert stacked(moving).shape == (2, stacked.dim)
    assert not torch.allclose(stacked(moving), stacked(moving.flip(1)), atol=1e-3)


def test_an_unknown_architecture_is_refused_with_near_names() -> None:
    with pytest.raises(ConfigError, match="resnet18"):
        Encoder("resnet1")
