"""What can be answered without learning: a task is worth nothing below these.

Legend: B batch, T frames, V views, H rows, W columns, C classes, E numbers of a vector.
"""

from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from insonify.pretext.heads import path_lengths, paths

_POOL: Final = 4
"""Side of the blocks that are averaged before images are compared, in pixels."""


def shortest_path_order(views_BTHW: Tensor) -> Tensor:
    """Order frames by the shortest path over their blurred squared differences.

    Args:
        views_BTHW: Shuffled frames, grey levels in [0, 1].

    Returns:
        The class of that path (see ``order_class``): (B,).
    """
    small_BTE = F.avg_pool2d(views_BTHW, _POOL).flatten(2)
    distance_BTT = torch.cdist(small_BTE, small_BTE).square()
    path_CT = paths(views_BTHW.shape[1]).to(views_BTHW.device)
    return path_lengths(distance_BTT, path_CT).argmin(1)


def likest(asked_BE: Tensor, targets_BE: Tensor) -> Tensor:
    """For each vector the place of the target with the highest cosine: (B,)."""
    unit_BE = F.normalize(asked_BE, dim=1)
    return (unit_BE @ F.normalize(targets_BE, dim=1).T).argmax(1)


def likest_pixels(views_BVHW: Tensor) -> Tensor:
    """The clip whose second view correlates best with each first one, blurred: (B,)."""
    small_BVE = F.avg_pool2d(views_BVHW, _POOL).flatten(2)
    rest_BVE = small_BVE - small_BVE.mean(2, keepdim=True)
    return likest(rest_BVE[:, 0], rest_BVE[:, 1])
