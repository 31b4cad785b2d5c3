"""The maps of all of an encoder's stages, for the tasks whose heads read them.

Legend: N frames, H rows, W columns, C channels of a stage, h rows and w columns of its
map.
"""

from typing import Any

from torch import Tensor

from insonify.core.errors import ConfigError
from insonify.model.encoder import Encoder
from insonify.model.stem import first_map


def stage_dims(encoder: Encoder) -> tuple[int, ...]:
    """Channels of each stage's map, the finest first.

    Raises:
        ConfigError: the architecture does not show its stages.
    """
    return tuple(each["num_chs"] for each in _backbone(encoder).feature_info)


def stage_maps(encoder: Encoder, frames_NHW: Tensor) -> list[Tensor]:
    """The map (N, C, h, w) of each stage, float32, the finest first.

    Args:
        encoder: A ResNet or EfficientNet.
        frames_NHW: Frames, or stacks of them, as the encoder takes them.

    Raises:
        ConfigError: the architecture does not show its stages.
    """
    given = encoder.prepare(frames_NHW)
    backbone = _backbone(encoder)
    finest, *others = backbone.forward_intermediates(given, intermediates_only=True)
    maps = [first_map(backbone, finest), *others]
    return [each_NChw.float() for each_NChw in maps]


def _backbone(encoder: Encoder) -> Any:
    if not hasattr(encoder.backbone, "forward_intermediates"):
        raise ConfigError(
            f"{encoder.architecture} does not show the maps of its stages; take "
            "resnet10_half, another of our ResNets, or a ResNet or EfficientNet of timm"
        )
    return encoder.backbone
