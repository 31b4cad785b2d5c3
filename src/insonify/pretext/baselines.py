"""What can be answered without learning: a task is worth nothing below these.

Legend: B batch, T frames, H rows, W columns, C classes.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from insonify.pretext.heads import paths


def shortest_path_order(views_BTHW: Tensor, pool: int = 4) -> Tensor:
    """Order frames by the shortest path over their blurred squared differences.

    Args:
        views_BTHW: Shuffled frames, grey levels in [0, 1].
        pool: Side of the blocks that are averaged before comparing, in pixels.

    Returns:
        The class of that path (see ``order_class``): (B,).
    """
    small_BTE = F.avg_pool2d(views_BTHW, pool).flatten(2)
    distance_BTT = torch.cdist(small_BTE, small_BTE).square()
    path_CT = paths(views_BTHW.shape[1]).to(views_BTHW.device)
    steps_BCT = distance_BTT[:, path_CT[:, :-1], path_CT[:, 1:]]
    return steps_BCT.sum(2).argmin(1)
