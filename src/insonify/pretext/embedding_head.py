"""What stands behind the encoder in a joint embedding.

Legend: B batch, V views, N views of a batch, D features, E outputs, L levels,
C channels of a stage, h rows and w columns of its map.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from insonify.core.errors import ConfigError

Build = Callable[[int, int, int], nn.Module]
"""From the numbers of features, hidden units and outputs to a module."""
Compare = Callable[[Tensor, Tensor], Tensor]
"""From what is asked and the targets, both (B, V, E), to a loss."""


@dataclass(frozen=True, kw_only=True)
class Method:
    """What one method puts behind the encoder, and how it compares views."""

    projection: Build
    """Behind the features."""
    prediction: Build | None = None
    """Behind the projection of what is asked; targets then pass no gradient."""
    loss: Compare
    """The loss, both ways."""
    centred: bool = False
    """Whether a running mean is taken off the targets."""


class EmbeddingHead(nn.Module):
    """Projects every view; predicts; says what is asked and what it is held against."""

    def __init__(self, method: Method, dim: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.projection = method.projection(dim, hidden, outputs)
        self.prediction = method.prediction and method.prediction(
            outputs, hidden, outputs
        )
        self.centre: Any = None
        if method.centred:
            self.centre = lightly_module("models.modules.center").Center(
                (1, 1, outputs)
            )

    def forward(self, features_BVD: Tensor, taught_BVE: Tensor | None = None) -> Tensor:
        """Features to what is asked of each view, then its target: (B, V, 2 · E).

        Args:
            features_BVD: The encoder's features.
            taught_BVE: A teacher's projections. Without them a view's target is its
                own projection.
        """
        own_BVE = _each(self.projection, features_BVD)
        if self.prediction is None:
            return torch.cat([own_BVE, self._target(own_BVE, taught_BVE)], 2)
        asked_BVE = _each(self.prediction, own_BVE)
        return torch.cat([asked_BVE, self._target(own_BVE.detach(), taught_BVE)], 2)

    def _target(self, own_BVE: Tensor, taught_BVE: Tensor | None) -> Tensor:
        if taught_BVE is None:
            return own_BVE
        if self.centre is None:
            return taught_BVE
        centred_BVE: Tensor = taught_BVE - self.centre.value
        if self.training:
            self.centre.update(taught_BVE)
        return centred_BVE


class LevelsHead(nn.Module):
    """SimCLR's projection for each of an encoder's last stages, pooled."""

    def __init__(self, dims: Sequence[int], hidden: int, outputs: int) -> None:
        super().__init__()
        self.projections = nn.ModuleList(
            Projection(dim, hidden, outputs) for dim in dims
        )

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Maps (B, V, C, h, w) to projections of the last L, twice: (B, V, 2 · L · E).

        Each view's target is its own projection.
        """
        levels = zip(self.projections, maps[-len(self.projections) :], strict=True)
        own = [_each(project, map_BVChw.mean((3, 4))) for project, map_BVChw in levels]
        return torch.cat([*own, *own], 2)


class Projection(nn.Sequential):
    """SimCLR's: two layers, both normalised over the views of the batch."""

    def __init__(self, dim: int, hidden: int, outputs: int) -> None:
        super().__init__(
            nn.Linear(dim, hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Linear(hidden, outputs, bias=False),
            nn.BatchNorm1d(outputs),
        )


class Prototypes(nn.Module):
    """DINO's projection: cosines to learnt directions.

    As lightly's ``DINOProjectionHead`` with a normalised last layer, whose
    ``weight_norm`` is deprecated and cannot be copied for a teacher.
    """

    def __init__(self, dim: int, hidden: int, outputs: int) -> None:
        super().__init__()
        narrow = max(1, hidden // 8)
        self.layers = nn.Sequential(
            nn.Linear(dim, hidden),
            nn.GELU(),
            nn.Linear(hidden, hidden),
            nn.GELU(),
            nn.Linear(hidden, narrow),
        )
        self.directions = nn.Linear(narrow, outputs, bias=False)

    def forward(self, features_ND: Tensor) -> Tensor:
        """Features (N, D) to cosines (N, E)."""
        unit = F.normalize(self.layers(features_ND), dim=1)
        return F.linear(unit, F.normalize(self.directions.weight, dim=1))


def _each(module: nn.Module, views_BVD: Tensor) -> Tensor:
    """A module of vectors, on all views of a batch as one batch."""
    outputs_NE: Tensor = module(views_BVD.flatten(0, 1))
    return outputs_NE.view(*views_BVD.shape[:2], -1)


def lightly_module(module: str) -> Any:
    """A module of ``lightly``.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return import_module(f"lightly.{module}")
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"this embedding needs lightly ({error}); pip install insonify[baselines]"
        ) from None
