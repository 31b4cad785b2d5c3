"""How the residual blocks of a fresh ResNet begin."""

from typing import Any

from timm.models.resnet import BasicBlock, Bottleneck
from torch import nn


def begin_blocks(backbone: nn.Module, gain: float) -> int:
    """Set the last normalisation of each residual block, in place.

    Args:
        backbone: Any network; what is no block of a ResNet stays.
        gain: What it begins with: 1 (He et al., CVPR 2016), or 0 (Goyal et al., 2017,
            and timm), so that blocks say nothing before they have learnt.

    Returns:
        How many blocks it has.
    """
    blocks = [m for m in backbone.modules() if isinstance(m, BasicBlock | Bottleneck)]
    for block in blocks:
        last: Any = block.bn3 if isinstance(block, Bottleneck) else block.bn2
        nn.init.constant_(last.weight, gain)
    return len(blocks)
