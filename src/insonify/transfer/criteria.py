"""How far predicted gaze is from gaze.

Legend: B batch, 2 right and down, h rows and w columns of maps.
"""

from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from insonify.transfer.finetune import Batch, Criterion
from insonify.transfer.gaze import GazedFrames

_BETA: Final = 0.1
"""Share of a view below which the regression's loss is quadratic."""


def divergence(logs_Bhw: Tensor, targets_Bhw: Tensor) -> Tensor:
    """Mean KL(target ‖ prediction) of maps, from the predictions' logarithms."""
    targets_Bhw = targets_Bhw.to(logs_Bhw.device)
    own_Bhw = torch.xlogy(targets_Bhw, targets_Bhw) - targets_Bhw * logs_Bhw
    return own_Bhw.sum((1, 2)).mean()


def saliency_criterion(gaze: GazedFrames) -> Criterion:
    """KL between where a view was looked at and what is predicted for it."""

    def criterion(logs_Bhw: Tensor, batch: Batch) -> Tensor:
        shape_hw = (logs_Bhw.shape[1], logs_Bhw.shape[2])
        return divergence(logs_Bhw, gaze.targets(batch.places_B, batch.crop, shape_hw))

    return criterion


def point_criterion(gaze: GazedFrames) -> Criterion:
    """Smooth L1 between the mean point of a view and the predicted one."""

    def criterion(found_B2: Tensor, batch: Batch) -> Tensor:
        means = [
            batch.crop.points(number, gaze.points[place]).mean(0)
            for number, place in enumerate(batch.places_B.tolist())
        ]
        truth_B2 = torch.from_numpy(np.stack(means)).to(found_B2)
        return F.smooth_l1_loss(found_B2, truth_B2, beta=_BETA)

    return criterion
