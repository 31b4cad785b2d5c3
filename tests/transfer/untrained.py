"""Encoders that know textures apart without having learnt."""

from typing import Any

from timm.models.resnet import BasicBlock
from torch import nn

from insonify.model.encoder import Encoder


def untrained(architecture: str, seed: int) -> Encoder:
    """An untrained ResNet whose blocks say nothing, so that what its stem sees stays.

    Of frames as small as those of the tests all else is lost on the way.
    """
    encoder = Encoder(architecture, seed=seed).eval()
    for block in encoder.modules():
        if isinstance(block, BasicBlock):
            last: Any = block.bn2
            nn.init.zeros_(last.weight)
    return encoder
