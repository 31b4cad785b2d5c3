"""Heads that read an answer off the features of a task's views.

Legend: B batch, T frames, P pairs of frames, C paths, D features, O outputs, E numbers
of a place, h rows and w columns of a map.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations, permutations

import torch
from torch import Tensor, nn


@lru_cache
def paths(frames: int) -> Tensor:
    """All paths through ``frames`` views up to direction: (C, T), lexicographic.

    >>> paths(3).tolist()
    [[0, 1, 2], [0, 2, 1], [1, 0, 2]]
    """
    return torch.tensor([p for p in permutations(range(frames)) if p[0] < p[-1]])


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


class PathHead(nn.Module):
    """Scores a path by its length: neighbours in time look more alike than others do.

    Distances are those of a linear projection of the features, over their mean in the
    clip; one number, learnt too, says how much a longer way counts. Before anything is
    learnt this is the shortest path over projected features.
    """

    paths_CT: Tensor

    def __init__(self, dim: int, frames: int, hidden: int = 64) -> None:
        super().__init__()
        self.register_buffer("paths_CT", paths(frames).clone(), persistent=False)
        self.project = nn.Linear(dim, hidden)
        self.log_scale = nn.Parameter(torch.tensor(1.0))

    def forward(self, features_BTD: Tensor) -> Tensor:
        """Features of T frames to the scores of the paths: (B, C)."""
        places_BTH = self.project(features_BTD).float()
        apart_BTT = torch.cdist(places_BTH, places_BTH)
        length_BC = path_lengths(apart_BTT, self.paths_CT)
        return -self.log_scale.exp() * length_BC


class MapPathHead(nn.Module):
    """As :class:`PathHead`, over the maps of all stages, each place with its like.

    What is pooled no longer says by how little two frames differ; fine maps do. Each
    stage has its projection and its say.
    """

    paths_CT: Tensor

    def __init__(self, dims: Sequence[int], frames: int, hidden: int = 16) -> None:
        super().__init__()
        self.register_buffer("paths_CT", paths(frames).clone(), persistent=False)
        self.project = nn.ModuleList(nn.Conv2d(dim, hidden, 1) for dim in dims)
        self.log_scales = nn.Parameter(torch.zeros(len(dims)))

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Maps (B, T, C, h, w), one a stage, to the scores of the paths: (B, C)."""
        lengths = []
        for project, map_BTChw in zip(self.project, maps, strict=True):
            batch = len(map_BTChw)
            places_NHhw = project(map_BTChw.flatten(0, 1)).float()
            places_BTE = places_NHhw.flatten(1).unflatten(0, (batch, -1))
            apart_BTT = torch.cdist(places_BTE, places_BTE)
            lengths.append(path_lengths(apart_BTT, self.paths_CT))
        score_BC: Tensor = -(
            self.log_scales.exp() @ torch.stack(lengths).transpose(0, 1)
        )
        return score_BC


def path_lengths(apart_BTT: Tensor, paths_CT: Tensor) -> Tensor:
    """Length of each path, over the mean distance in its clip: (B, C)."""
    count = apart_BTT.shape[1] * (apart_BTT.shape[1] - 1)
    mean_B11 = apart_BTT.sum((1, 2), keepdim=True) / count
    steps_BTT = apart_BTT / mean_B11.clamp_min(1e-6)
    return steps_BTT[:, paths_CT[:, :-1], paths_CT[:, 1:]].sum(2)


class AllPairsHead(nn.Module):
    """Compares every two of a clip's views, each pair alike."""

    pairs_P2: Tensor

    def __init__(self, dim: int, views: int, outputs: int) -> None:
        super().__init__()
        pairs = torch.tensor(list(combinations(range(views), 2)))
        self.register_buffer("pairs_P2", pairs, persistent=False)
        self.pair = BeforeAfterHead(dim, outputs)

    def forward(self, features_BVD: Tensor) -> Tensor:
        """Features of V views to the outputs of their pairs: (B, P · O)."""
        pairs_BP2D = features_BVD[:, self.pairs_P2]
        outputs: Tensor = self.pair(pairs_BP2D.flatten(0, 1))
        return outputs.view(len(features_BVD), -1)


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
