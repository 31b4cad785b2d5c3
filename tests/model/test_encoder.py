import pytest
import torch
from torch import Generator

from insonify.core.errors import ConfigError
from insonify.model.encoder import Encoder, channels_last
from insonify.model.joint import JointModel


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
    one = channels_last(torch.rand(2, 8, 10))
    assert one.shape == (2, 1, 8, 10)
    assert one.stride() == (80, 1, 10, 1)


def test_the_papers_backbone_has_the_papers_size() -> None:
    encoder = Encoder("seresnext50_half")
    count = sum(parameter.numel() for parameter in encoder.parameters())
    assert 6.5e6 < count < 7.4e6
    assert encoder(frames(1, 64, 64)).shape == (1, 1024)


def test_an_unknown_architecture_is_refused_with_near_names() -> None:
    with pytest.raises(ConfigError, match="resnet18"):
        Encoder("resnet1")


def test_the_joint_model_gives_each_head_its_own_views() -> None:
    class Mean(torch.nn.Module):
        def forward(self, features_BVD: torch.Tensor) -> torch.Tensor:
            return features_BVD.mean((1, 2))

    encoder = Encoder("resnet18").eval()
    model = JointModel(encoder, {"a": Mean(), "b": Mean()})
    views = {"a": frames(2, 3, 32, 32), "b": frames(4, 1, 32, 32)}
    found = model(views)
    for name, views_BVHW in views.items():
        one_by_one = [encoder(views_VHW).mean() for views_VHW in views_BVHW]
        assert torch.allclose(found[name], torch.stack(one_by_one), atol=1e-5)
