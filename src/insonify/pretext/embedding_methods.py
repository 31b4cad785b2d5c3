"""How views of a clip are made to agree: the published methods, one function each.

Losses, projections and predictions are those of ``lightly``, an optional dependency,
where it has them; SimCLR's are here, for our own recipe needs them too. All methods are
written alike: what is asked of one view is compared with a target of the other, and the
other way round.

Legend: B batch, V views, E outputs.
"""

from functools import partial
from itertools import permutations
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from insonify.pretext.embedding_head import (
    Compare,
    Method,
    Projection,
    Prototypes,
    lightly_module,
)

_SIMCLR: Final = 0.1


def simclr(temperature: float = _SIMCLR) -> Method:
    """NT-Xent over all views of a batch (Chen et al., SimCLR, ICML 2020).

    Its temperature is the paper's for large images; at that for small ones, 0.5, planes
    gain less (docs/log.md).
    """
    return Method(
        projection=Projection,
        loss=_crossed(partial(_nt_xent, temperature=temperature)),
    )


def uscl(temperature: float = _SIMCLR) -> Method:
    """NT-Xent of views that are mixed first (Chen et al., USCL, MICCAI 2021).

    Without its second term, which needs labels, and at SimCLR's temperature here.
    """
    return Method(
        projection=Projection,
        loss=_crossed(partial(_nt_xent, temperature=temperature)),
    )


def mocov3(temperature: float = 0.2) -> Method:
    """InfoNCE against a teacher (Chen et al., MoCo v3, ICCV 2021, algorithm 1)."""
    head = lightly_module("models.modules.heads").MoCoProjectionHead

    def projection(dim: int, hidden: int, outputs: int) -> nn.Module:
        made: nn.Module = head(dim, hidden, outputs, num_layers=3, batch_norm=True)
        return made

    def prediction(dim: int, hidden: int, outputs: int) -> nn.Module:
        made: nn.Module = head(dim, hidden, outputs, num_layers=2, batch_norm=True)
        return made

    return Method(
        projection=projection,
        prediction=prediction,
        loss=_crossed(partial(_info_nce, temperature=temperature)),
    )


def byol() -> Method:
    """Cosine to a teacher, without negatives (Grill et al., BYOL, NeurIPS 2020)."""
    return Method(
        projection=lightly_module("models.modules.heads").BYOLProjectionHead,
        prediction=lightly_module("models.modules.heads").BYOLPredictionHead,
        loss=_crossed(lightly_module("loss").NegativeCosineSimilarity()),
    )


def simsiam() -> Method:
    """Cosine to the other view, stopped there (Chen and He, SimSiam, CVPR 2021)."""
    head = lightly_module("models.modules.heads").SimSiamPredictionHead

    def prediction(dim: int, hidden: int, outputs: int) -> nn.Module:
        made: nn.Module = head(dim, max(1, hidden // 4), outputs)
        return made

    return Method(
        projection=lightly_module("models.modules.heads").SimSiamProjectionHead,
        prediction=prediction,
        loss=_crossed(lightly_module("loss").NegativeCosineSimilarity()),
    )


def barlow() -> Method:
    """Outputs correlate with themselves only (Zbontar et al., Barlow Twins, ICML 2021).

    The weight of the other correlations is the paper's, 0.005.
    """
    return Method(
        projection=lightly_module("models.modules.heads").BarlowTwinsProjectionHead,
        loss=_crossed(lightly_module("loss").BarlowTwinsLoss()),
    )


def vicreg() -> Method:
    """Variance, invariance, covariance (Bardes et al., VICReg, ICLR 2022).

    Weights are the paper's, 25 : 25 : 1.
    """
    return Method(
        projection=lightly_module("models.modules.heads").VICRegProjectionHead,
        loss=_crossed(lightly_module("loss").VICRegLoss()),
    )


def dino() -> Method:
    """Cross-entropy to a centred teacher (Caron et al., DINO, ICCV 2021).

    Two views of full size, no smaller ones; temperatures 0.1 and 0.04.
    """
    distillation = lightly_module("loss").DINOLoss

    def loss(asked_BVE: Tensor, target_BVE: Tensor) -> Tensor:
        # Its own centre stays zero: the targets come centred (EmbeddingHead), for the
        # centre must be saved with the weights.
        compare = distillation(asked_BVE.shape[2]).to(asked_BVE.device)
        found: Tensor = compare(list(target_BVE.unbind(1)), list(asked_BVE.unbind(1)))
        return found

    return Method(projection=Prototypes, loss=loss, centred=True)


def _crossed(compare: Compare) -> Compare:
    """The mean of a comparison of (B, E), each view asked and each other the target."""

    def loss(asked_BVE: Tensor, target_BVE: Tensor) -> Tensor:
        pairs = permutations(range(asked_BVE.shape[1]), 2)
        every = [compare(asked_BVE[:, one], target_BVE[:, its]) for one, its in pairs]
        return torch.stack(every).mean()

    return loss


def _nt_xent(one_BE: Tensor, other_BE: Tensor, *, temperature: float) -> Tensor:
    """Which of all other views of the batch is of the same clip? Cross-entropy."""
    logits_NN = _likeness(one_BE, other_BE, temperature)
    own_N = torch.arange(len(logits_NN), device=logits_NN.device).roll(len(one_BE))
    return F.cross_entropy(logits_NN, own_N)


def _likeness(one_BE: Tensor, other_BE: Tensor, temperature: float) -> Tensor:
    """Cosines of all views of a batch over the temperature; -inf with themselves."""
    unit_NE = F.normalize(torch.cat([one_BE, other_BE]), dim=1)
    itself_NN = torch.eye(len(unit_NE), dtype=torch.bool, device=unit_NE.device)
    return (unit_NE @ unit_NE.T / temperature).masked_fill(itself_NN, -torch.inf)


def of_a_kind(kind_B: Tensor, temperature: float | None) -> Compare:
    """SimCLR's loss where all views of clips of one kind (-1: of none) belong together.

    Khosla et al., Supervised Contrastive Learning, NeurIPS 2020, equation 2.
    """
    scale = _SIMCLR if temperature is None else temperature
    return _crossed(partial(_of_a_kind, kind_B=kind_B, temperature=scale))


def _of_a_kind(
    one_BE: Tensor, other_BE: Tensor, *, kind_B: Tensor, temperature: float
) -> Tensor:
    logits_NN = _likeness(one_BE, other_BE, temperature)
    kind_N = kind_B.to(logits_NN.device).repeat(2)
    clip_N = torch.arange(len(one_BE), device=logits_NN.device).repeat(2)
    alike_NN = (kind_N[:, None] == kind_N) & (kind_N >= 0)
    alike_NN |= clip_N[:, None] == clip_N
    alike_NN &= ~torch.isneginf(logits_NN)
    told_NN = F.log_softmax(logits_NN, 1).masked_fill(~alike_NN, 0)
    return -(told_NN.sum(1) / alike_NN.sum(1)).mean()


def _info_nce(asked_BE: Tensor, target_BE: Tensor, *, temperature: float) -> Tensor:
    """Which target of the batch is the own one? Cross-entropy times 2 · temperature."""
    unit_BE, key_BE = F.normalize(asked_BE, dim=1), F.normalize(target_BE, dim=1)
    own_B = torch.arange(len(unit_BE), device=unit_BE.device)
    logits_BB = unit_BE @ key_BE.T / temperature
    return 2 * temperature * F.cross_entropy(logits_BB, own_B)
