"""Which stages of a ResNet all tasks share, and which each has for itself.

The Siamese variant of Jiao et al., ISBI 2020, section 2.2, has two branches that
"partially share weights"; the paper does not say which. Ours share the first stages.

Legend: B batch, C channels, H rows, W columns, h rows and w columns of a map.
"""

import copy
from typing import Any, Final

from timm.models.resnet import ResNet
from torch import Tensor, nn

from insonify.core.errors import ConfigError
from insonify.model.encoder import Encoder

STAGES: Final = (
    ("conv1", "bn1", "act1", "maxpool"),
    ("layer1",),
    ("layer2",),
    ("layer3",),
    ("layer4",),
)
"""Modules of a ResNet's stages: the stem, then the paper's stages 2 to 5."""


class Branch(nn.Module):
    """A task's own copies of an encoder's last stages.

    Args:
        encoder: The encoder to branch off from.
        shared: Number of its first stages that stay shared.

    Raises:
        ConfigError: the encoder is no ResNet, or has no so many stages.
    """

    def __init__(self, encoder: Encoder, shared: int) -> None:
        super().__init__()
        backbone = _resnet(encoder)
        self.parts = nn.ModuleDict(
            {
                name: copy.deepcopy(backbone.get_submodule(name))
                for name in _names(shared, len(STAGES))
            }
        )

    def forward(self, map_BChw: Tensor) -> Tensor:
        """What the last shared stage gives to the last map."""
        for part in self.parts.values():
            map_BChw = part(map_BChw)
        return map_BChw


def trunk(encoder: Encoder, frames_BHW: Tensor, shared: int) -> Tensor:
    """What the first ``shared`` stages make of frames, or of stacks of frames."""
    return _through(encoder, encoder.prepare(frames_BHW), 0, shared)


def crown(encoder: Encoder, map_BChw: Tensor, shared: int) -> Tensor:
    """What the encoder's own last stages make of :func:`trunk`'s map."""
    return _through(encoder, map_BChw, shared, len(STAGES))


def pooled(encoder: Encoder, map_BChw: Tensor) -> Tensor:
    """The features (B, D) of a last map, float32."""
    backbone: Any = _resnet(encoder)
    features_BD: Tensor = backbone.forward_head(map_BChw)
    return features_BD.float()


def _through(encoder: Encoder, map_BChw: Tensor, first: int, last: int) -> Tensor:
    backbone = _resnet(encoder)
    for name in _names(first, last):
        map_BChw = backbone.get_submodule(name)(map_BChw)
    return map_BChw


def _names(first: int, last: int) -> list[str]:
    return [name for stage in STAGES[first:last] for name in stage]


def _resnet(encoder: Encoder) -> nn.Module:
    if not isinstance(encoder.backbone, ResNet):
        raise ConfigError(
            f"{encoder.architecture} has no stages that tasks could share in part; "
            "share all, or use resnet10_half, another of our ResNets or one of timm"
        )
    return encoder.backbone
