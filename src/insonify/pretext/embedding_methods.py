"""How two views of a clip are made to agree: the published methods, one function each.

Losses, projections and predictions are those of ``lightly``, an optional dependency,
where it has them. All methods are written alike: what is asked of one view is compared
with a target of the other, and the other way round.

Legend: B batch, V views, D features, E outputs.
"""

from collections.abc import Callable
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


def simclr() -> Method:
    """NT-Xent over all views of a batch (Chen et al., SimCLR, ICML 2020)."""
    return Method(
        projection=_lightly("models.modules.heads").SimCLRProjectionHead,
        loss=_crossed(_lightly("loss").NTXentLoss(temperature=0.1)),
    )


def uscl() -> Method:
    """NT-Xent of views that are mixed first (Chen et al., USCL, MICCAI 2021).

    Without its second term, which needs labels.
    """
    return Method(
        projection=_lightly("models.modules.heads").SimCLRProjectionHead,
        loss=_crossed(_lightly("loss").NTXentLoss(temperature=0.5)),
    )


def mocov3() -> Method:
    """InfoNCE against a teacher (Chen et al., MoCo v3, ICCV 2021, algorithm 1)."""
    head = _lightly("models.modules.heads").MoCoProjectionHead

    def projection(dim: int, hidden: int, outputs: int) -> nn.Module:
        made: nn.Module = head(dim, hidden, outputs, num_layers=3, batch_norm=True)
        return made

    def prediction(dim: int, hidden: int, outputs: int) -> nn.Module:
        made: nn.Module = head(dim, hidden, outputs, num_layers=2, batch_norm=True)
        return made

    return Method(
        projection=projection,
        prediction=prediction,
        loss=_crossed(_info_nce),
    )


def byol() -> Method:
    """Cosine to a teacher, without negatives (Grill et al., BYOL, NeurIPS 2020)."""
    return Method(
        projection=_lightly("models.modules.heads").BYOLProjectionHead,
        prediction=_lightly("models.modules.heads").BYOLPredictionHead,
        loss=_crossed(_lightly("loss").NegativeCosineSimilarity()),
    )


def simsiam() -> Method:
    """Cosine to the other view, stopped there (Chen and He, SimSiam, CVPR 2021)."""
    head = _lightly("models.modules.heads").SimSiamPredictionHead

    def prediction(dim: int, hidden: int, outputs: int) -> nn.Module:
        made: nn.Module = head(dim, max(1, hidden // 4), outputs)
        return made

    return Method(
        projection=_lightly("models.modules.heads").SimSiamProjectionHead,
        prediction=prediction,
        loss=_crossed(_lightly("loss").NegativeCosineSimilarity()),
    )


def barlow() -> Method:
    """Outputs correlate with themselves only (Zbontar et al., Barlow Twins, ICML 2021).

    The weight of the other correlations is the paper's, 0.005.
    """
    return Method(
        projection=_lightly("models.modules.heads").BarlowTwinsProjectionHead,
        loss=_crossed(_lightly("loss").BarlowTwinsLoss()),
    )


def vicreg() -> Method:
    """Variance, invariance, covariance (Bardes et al., VICReg, ICLR 2022).

    Weights are the paper's, 25 : 25 : 1.
    """
    return Method(
        projection=_lightly("models.modules.heads").VICRegProjectionHead,
        loss=_crossed(_lightly("loss").VICRegLoss()),
    )


def dino() -> Method:
    """Cross-entropy to a centred teacher (Caron et al., DINO, ICCV 2021).

    Two views of full size, no smaller ones; temperatures 0.1 and 0.04.
    """
    distillation = _lightly("loss").DINOLoss

    def loss(asked_BVE: Tensor, target_BVE: Tensor) -> Tensor:
        # Its own centre stays zero: the targets come centred (EmbeddingHead), for the
        # centre must be saved with the weights.
        compare = distillation(asked_BVE.shape[2]).to(asked_BVE.device)
        found: Tensor = compare(list(target_BVE.unbind(1)), list(asked_BVE.unbind(1)))
        return found

    return Method(projection=_Prototypes, loss=loss, centred=True)


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
            self.centre = _lightly("models.modules.center").Center((1, 1, outputs))

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


class _Prototypes(nn.Module):
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


def _crossed(compare: Compare) -> Compare:
    """The mean of a comparison of (B, E), one view asked and the other the target."""

    def loss(asked_BVE: Tensor, target_BVE: Tensor) -> Tensor:
        first, second = asked_BVE.unbind(1)
        to_first, to_second = target_BVE.unbind(1)
        return (compare(first, to_second) + compare(second, to_first)) / 2

    return loss


def _info_nce(asked_BE: Tensor, target_BE: Tensor, temperature: float = 0.2) -> Tensor:
    """Which target of the batch is the own one? Cross-entropy times 2 · temperature."""
    unit_BE, key_BE = F.normalize(asked_BE, dim=1), F.normalize(target_BE, dim=1)
    own_B = torch.arange(len(unit_BE), device=unit_BE.device)
    logits_BB = unit_BE @ key_BE.T / temperature
    return 2 * temperature * F.cross_entropy(logits_BB, own_B)


def _lightly(module: str) -> Any:
    """A module of ``lightly``.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return import_module(f"lightly.{module}")
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"joint embeddings need lightly ({error}); pip install insonify[baselines]"
        ) from None
