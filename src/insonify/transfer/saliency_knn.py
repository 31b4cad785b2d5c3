"""Saliency maps of the most alike frames, averaged.

Legend: N frames, M frames to learn from, B predicted frames, K neighbours, D features,
h rows and w columns of maps.
"""

from typing import Final

import numpy as np
import torch
from torch import Tensor

from insonify.transfer.examples import Floats, Integers
from insonify.transfer.knn import KNN, nearest
from insonify.transfer.standardise import Standardiser

_AT_ONCE: Final = 64


def alike_maps(
    features_ND: Floats,
    targets_Nhw: Tensor,
    chosen_M: Integers,
    asked_B: Integers,
    options: KNN,
) -> Tensor:
    """Mean of the maps of the most alike chosen frames, weighed by similarity.

    Args:
        features_ND: Of all frames, by the frozen encoder; standardised on the chosen.
        targets_Nhw: Maps of all frames, each of sum 1.
        chosen_M: Places of the frames to take maps from.
        asked_B: Places of the frames to predict.
        options: How many neighbours, and how much the nearest count; there are no
            classes to balance.

    Returns:
        Maps, (B, h, w), each of sum 1.
    """
    scale = Standardiser(features_ND[chosen_M])
    near_BK, weight_BK = nearest(
        scale(features_ND[chosen_M]),
        scale(features_ND[asked_B]),
        options.k,
        options.temperature,
    )
    share_BK = torch.from_numpy(weight_BK / weight_BK.sum(1, keepdims=True))
    places_BK = torch.from_numpy(np.asarray(chosen_M)[near_BK])
    parts = [
        torch.einsum("bk,bkhw->bhw", some_BK, targets_Nhw[their_BK])
        for some_BK, their_BK in zip(
            torch.split(share_BK, _AT_ONCE),
            torch.split(places_BK, _AT_ONCE),
            strict=True,
        )
    ]
    return torch.cat(parts)
