"""Heads that read an answer off the features of a task's views.

Legend: B batch, T frames, P pairs of frames, D features.
"""

from itertools import combinations

import torch
from torch import Tensor, nn


class PairwiseHead(nn.Module):
    """All pairs of frames, then all pairs together (OPN, Lee et al., ICCV 2017).

    The encoder sees one frame at a time, so it transfers to single frames unchanged.
    """

    pairs_P2: Tensor

    def __init__(self, dim: int, frames: int, outputs: int, hidden: int = 128) -> None:
        super().__init__()
        pairs = torch.tensor(list(combinations(range(frames), 2)))
        self.register_buffer("pairs_P2", pairs, persistent=False)
        self.pair = nn.Sequential(nn.Linear(2 * dim, hidden), nn.ReLU())
        self.all = nn.Linear(hidden * len(pairs), outputs)

    def forward(self, features_BTD: Tensor) -> Tensor:
        """Features of T frames to outputs (B, outputs)."""
        pairs_BPE = features_BTD[:, self.pairs_P2].flatten(2)
        outputs: Tensor = self.all(self.pair(pairs_BPE).flatten(1))
        return outputs


class VectorHead(nn.Module):
    """Reads an answer off the one vector that a whole clip has become."""

    def __init__(self, dim: int, outputs: int, hidden: int = 256) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(dim, hidden), nn.ReLU(), nn.Linear(hidden, outputs)
        )

    def forward(self, features_B1D: Tensor) -> Tensor:
        """Features of one stack to outputs (B, outputs)."""
        outputs: Tensor = self.layers(features_B1D.squeeze(1))
        return outputs


class BeforeAfterHead(nn.Module):
    """Compares every frame before a change with the same frame after it.

    The first half of the views is before, the second half after; what the frames say
    is averaged, for the change is the clip's. Two stacks of frames are compared alike.
    """

    def __init__(self, dim: int, outputs: int, hidden: int = 256) -> None:
        super().__init__()
        self.compare = nn.Sequential(
            nn.Linear(2 * dim, hidden), nn.ReLU(), nn.Linear(hidden, outputs)
        )

    def forward(self, features_BVD: Tensor) -> Tensor:
        """Features of 2·T views to outputs (B, outputs)."""
        before_BTD, after_BTD = features_BVD.chunk(2, dim=1)
        each_BTO = self.compare(torch.cat([before_BTD, after_BTD], dim=2))
        outputs: Tensor = each_BTO.mean(dim=1)
        return outputs
