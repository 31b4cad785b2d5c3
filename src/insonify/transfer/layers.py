"""Features of every stage of an encoder, for probes of single layers.

Legend: B batch, H rows and W columns of frames, C channels of a stage, D channels of
all stages, h rows and w columns of the output grid.
"""

from itertools import pairwise
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from insonify.model.encoder import Encoder
from insonify.model.stages import stage_dims, stage_maps

LAYERS: Final = "layers"
"""Name of the protocol that probes every layer."""
FINAL: Final = "final"
"""The layer that all other protocols use: what the encoder ends with."""
_STEM: Final = "stem"


def layer_names(encoder: Encoder) -> tuple[str, ...]:
    """The layers that are probed: stem, stage 1 and so on, final.

    Where nothing follows the last stage but pooling, as in a ResNet, it is the final
    layer too.

    Raises:
        ConfigError: the architecture does not show its stages.
    """
    stages = range(1, len(stage_dims(encoder)))
    return (_STEM, *(f"stage {number}" for number in stages), FINAL)


def layer_part(encoder: Encoder, layer: str) -> slice:
    """Where a layer's channels are among those of all stages."""
    ends = np.cumsum([0, *stage_dims(encoder)]).tolist()
    first, end = list(pairwise(ends))[layer_names(encoder).index(layer)]
    return slice(first, end)


class PooledStages(nn.Module):
    """Means of the maps of all stages: (B, D)."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, frames_BHW: Tensor) -> Tensor:
        """Features of frames, as :class:`Encoder` takes them."""
        maps = stage_maps(self.encoder, frames_BHW)
        return torch.cat([map_BChw.mean((2, 3)) for map_BChw in maps], 1)


class StageMaps(nn.Module):
    """The maps of all stages on the output grid: float16 (B, D, h, w).

    A 1x1 convolution and a resampling may change places, so what a linear readout at a
    stage's own stride gives after resampling, it gives on the resampled map.

    Args:
        encoder: Dilated to the output stride, so that no map is coarser than the grid.
        shape_hw: The grid.
    """

    def __init__(self, encoder: Encoder, shape_hw: tuple[int, int]) -> None:
        super().__init__()
        self.encoder, self.shape_hw = encoder, shape_hw

    def forward(self, frames_BHW: Tensor) -> Tensor:
        """Maps of frames, as :class:`Encoder` takes them."""
        maps = stage_maps(self.encoder, frames_BHW)
        sampled = [F.adaptive_avg_pool2d(each, self.shape_hw) for each in maps]
        return torch.cat(sampled, 1).half()
