"""Channels of feature maps on one scale, learnt from chosen frames only.

Legend: N frames, M chosen ones, B any, D channels, h rows and w columns of maps.
"""

from typing import Final

import torch
from torch import Tensor

from insonify.model.heads import ChannelScale

_AT_ONCE: Final = 64


def channel_scale(maps_NDhw: Tensor, chosen_M: Tensor) -> ChannelScale:
    """Mean 0 and deviation 1 for every channel over the chosen frames."""
    parts = torch.split(chosen_M, _AT_ONCE)
    cells = len(chosen_M) * maps_NDhw.shape[2] * maps_NDhw.shape[3]
    mean_D = sum(_sums(maps_NDhw[part], 1) for part in parts) / cells
    square_D = sum(_sums(maps_NDhw[part], 2) for part in parts) / cells
    deviation_D = torch.as_tensor(square_D - mean_D**2).clamp_min(0).sqrt()
    # A channel that is constant on the training subjects says nothing: scale 0.
    useful_D = deviation_D > 1e-6 * deviation_D.max().clamp_min(1e-12)
    scale_D = torch.where(useful_D, 1 / deviation_D, 0)
    return ChannelScale(torch.as_tensor(mean_D), scale_D)


def _sums(maps_BDhw: Tensor, power: int) -> Tensor:
    return maps_BDhw.double().pow(power).sum((0, 2, 3))
