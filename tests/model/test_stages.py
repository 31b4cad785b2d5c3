"""Maps of all stages: what they are, who reads them, and who has none."""

from dataclasses import replace

import pytest
import torch
from torch import Generator, nn

from insonify.core.errors import ConfigError
from insonify.model.encoder import Encoder
from insonify.model.joint import JointModel
from insonify.model.stages import stage_dims, stage_maps
from insonify.pretext import FrameOrder
from insonify.recipes import RECIPES, with_size
from insonify.train.building import new_model

FRAMES = torch.rand(6, 32, 40, generator=Generator().manual_seed(0))


@pytest.mark.parametrize("name", ["resnet10_half", "tf_efficientnet_lite0"])
def test_each_stage_has_a_map_with_its_channels_the_finest_first(name: str) -> None:
    encoder = Encoder(name).eval()
    maps = stage_maps(encoder, FRAMES)
    assert tuple(each.shape[1] for each in maps) == stage_dims(encoder)
    assert [each.shape[2] for each in maps] == [16, 8, 4, 2, 1]
    if name == "resnet10_half":
        assert torch.allclose(maps[-1], encoder.feature_map(FRAMES), atol=1e-5)


class Count(nn.Module):
    """Mean of each stage of each view."""

    def forward(self, maps: list[torch.Tensor]) -> torch.Tensor:
        return torch.stack([each.mean((2, 3, 4)) for each in maps], 2)


def test_a_head_is_given_the_maps_of_its_own_views_clip_by_clip() -> None:
    encoder = Encoder("resnet10_half").eval()
    heads = {"a": Count(), "b": nn.Identity()}
    model = JointModel(encoder, heads, mapped=["a"]).eval()
    views = {"a": FRAMES.view(2, 3, 32, 40), "b": FRAMES[:4].view(4, 1, 32, 40)}
    found = model(views)
    means = [each.mean((1, 2, 3)) for each in stage_maps(encoder, FRAMES)]
    assert torch.allclose(found["a"], torch.stack(means, 1).view(2, 3, 5), atol=1e-5)
    assert torch.allclose(found["b"][:, 0], encoder(FRAMES[:4]), atol=1e-5)


def test_an_encoder_without_stages_is_refused_and_so_are_stages_not_shared() -> None:
    with pytest.raises(ConfigError, match="sononet16 does not show"):
        stage_dims(Encoder("sononet16"))
    options = with_size(RECIPES["path_relative"](), (32, 40))
    order = FrameOrder(size=(32, 40), reading="maps")
    options = replace(options, order=order, shared_stages=3, kept="order")
    with pytest.raises(ConfigError, match="order reads the maps of all stages"):
        new_model(Encoder("resnet10_half"), options)
