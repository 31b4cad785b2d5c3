"""A slower copy of the encoder, whose view of a frame the encoder learns to foresee.

Mean teacher (Tarvainen and Valpola, NeurIPS 2017) as in MoCo, BYOL and DINO.

Legend: N stacks of a batch, H rows, W columns, E outputs of a projection.
"""

import copy

import torch
from torch import Tensor, nn


class Teacher(nn.Module):
    """Copies of an encoder and of a head's projection, which no gradient reaches.

    Args:
        encoder: The encoder to begin as.
        projection: What the head puts behind it.
        momentum: Share of its weights that the teacher keeps when it follows.
    """

    def __init__(
        self, encoder: nn.Module, projection: nn.Module, momentum: float
    ) -> None:
        super().__init__()
        self.encoder = copy.deepcopy(encoder).requires_grad_(False)
        self.projection = copy.deepcopy(projection).requires_grad_(False)
        self.momentum = momentum

    @torch.no_grad()
    def follow(self, encoder: nn.Module, projection: nn.Module) -> None:
        """Move the weights towards those given, and take over the buffers."""
        for mine, theirs in ((self.encoder, encoder), (self.projection, projection)):
            for slow, fast in zip(mine.parameters(), theirs.parameters(), strict=True):
                slow.lerp_(fast, 1 - self.momentum)
            for own, buffer in zip(mine.buffers(), theirs.buffers(), strict=True):
                own.copy_(buffer)

    @torch.no_grad()
    def forward(self, stacks_NHW: Tensor) -> Tensor:
        """What the encoder takes to projections (N, E), without a gradient.

        While training, batches are normalised by their own statistics, as in BYOL.
        """
        projected_NE: Tensor = self.projection(self.encoder(stacks_NHW))
        return projected_NE
