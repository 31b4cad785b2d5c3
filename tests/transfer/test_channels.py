"""Channels of feature maps on one scale."""

import numpy as np
import torch

from insonify.transfer.channels import channel_scale


def test_channels_are_standardised_on_the_chosen_frames() -> None:
    generator = torch.Generator().manual_seed(0)
    maps_NDhw = torch.randn(90, 3, 4, 5, generator=generator) * 3 + 7
    maps_NDhw[:, 2] = 5.0
    maps_NDhw[80:] = 1e3
    chosen_M = torch.arange(80)
    scaled = channel_scale(maps_NDhw, chosen_M)(maps_NDhw[:80])
    np.testing.assert_allclose(scaled[:, :2].mean((0, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(scaled[:, :2].std((0, 2, 3)), 1, atol=1e-3)
    assert (scaled[:, 2] == 0).all()
