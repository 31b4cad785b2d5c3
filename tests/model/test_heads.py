"""Heads on feature maps: shapes, normalisation, and the slow way beside the fast."""

import numpy as np
import pytest
import torch
from torch import nn

from insonify.model.encoder import Encoder
from insonify.model.heads import (
    ChannelScale,
    FeatureMaps,
    HeadedEncoder,
    PlaneHead,
    SaliencyHead,
)

MAP_BDhw = torch.randn(3, 8, 4, 5, generator=torch.Generator().manual_seed(0))


def test_a_plane_head_averages_votes_of_every_place() -> None:
    head = PlaneHead(8, 6, seed=1)
    votes = torch.stack(
        [
            head.votes(MAP_BDhw[:, :, row : row + 1, column : column + 1])[:, :, 0, 0]
            for row in range(4)
            for column in range(5)
        ]
    )
    torch.testing.assert_close(head(MAP_BDhw), votes.mean(0))
    assert head(MAP_BDhw).shape == (3, 6)


def test_saliency_maps_sum_to_one() -> None:
    logs_Bhw = SaliencyHead(8)(MAP_BDhw)
    assert logs_Bhw.shape == (3, 4, 5)
    np.testing.assert_allclose(logs_Bhw.exp().sum((1, 2)).detach(), 1, atol=1e-5)


def test_a_saliency_head_has_the_layers_of_the_paper() -> None:
    layers = [m for m in SaliencyHead(8).layers if isinstance(m, nn.Conv2d)]
    shapes = [tuple(layer.weight.shape) for layer in layers]
    assert shapes == [(8, 1, 7, 7), (256, 8, 1, 1), (256, 256, 1, 1), (1, 256, 1, 1)]


@pytest.mark.parametrize(
    "make", [lambda seed: PlaneHead(8, 2, seed=seed), lambda s: SaliencyHead(8, seed=s)]
)
def test_weights_come_from_the_seed_alone(make: type[nn.Module]) -> None:
    before = torch.random.get_rng_state()
    one, again, other = make(3), make(3), make(4)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(one(MAP_BDhw), again(MAP_BDhw))
    assert not torch.equal(one(MAP_BDhw), other(MAP_BDhw))


def test_channels_are_scaled_and_nothing_is_learnt() -> None:
    scale = ChannelScale(MAP_BDhw.mean((0, 2, 3)), 1 / MAP_BDhw.std((0, 2, 3)))
    scaled_BDhw = scale(MAP_BDhw.half())
    np.testing.assert_allclose(scaled_BDhw.mean((0, 2, 3)), 0, atol=1e-3)
    np.testing.assert_allclose(scaled_BDhw.std((0, 2, 3)), 1, atol=1e-3)
    assert not list(scale.parameters())


def test_a_headed_encoder_is_the_head_on_the_feature_map() -> None:
    encoder = Encoder("resnet10_half").dilated(8).eval()
    head = SaliencyHead(encoder.map_dim)
    drawn = torch.Generator().manual_seed(0)
    frames_BHW = torch.randint(256, (2, 32, 40), generator=drawn).to(torch.uint8)
    expected = head(encoder.feature_map(frames_BHW))
    assert expected.shape == (2, 4, 5)
    torch.testing.assert_close(HeadedEncoder(encoder, head)(frames_BHW), expected)
    maps_BDhw = FeatureMaps(encoder)(frames_BHW)
    assert maps_BDhw.dtype == torch.float16
    torch.testing.assert_close(
        maps_BDhw.float(), encoder.feature_map(frames_BHW), rtol=1e-3, atol=1e-3
    )
