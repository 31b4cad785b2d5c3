"""Backbones of our own; every other name is timm's.

An architecture is a function of the number of input channels and of the output stride,
the pixels of a frame that one step on the last map spans. At a smaller stride the last
stages are dilated instead of strided: the same weights, read more densely (Jiao et al.,
ISBI 2020, section 2.3: 28 by 36 places for 224 by 288 pixels).
"""

from typing import Any, Final, Protocol

import timm
from timm.models.resnet import BasicBlock, Bottleneck, ResNet
from torch import nn

from insonify.core.errors import ConfigError
from insonify.core.records import shown
from insonify.model.residual import begin_blocks
from insonify.model.sononet import SonoNet

STRIDE: Final = 32
"""Output stride of a backbone that is not dilated."""
STRIDES: Final = (8, 16, STRIDE)
_CHANNELS: Final = (32, 64, 128, 256)
"""Half of a ResNet's width."""


class Architecture(Protocol):
    """Makes a backbone with fresh weights and no classifier."""

    __name__: str

    def __call__(self, *, channels: int = 1, output_stride: int = STRIDE) -> nn.Module:
        """The backbone for frames, or stacks of frames, of so many channels."""


def seresnext50_half(*, channels: int = 1, output_stride: int = STRIDE) -> nn.Module:
    """The paper's backbone: SE-ResNeXt-50 at half width, cardinality 16.

    Jiao et al., ISBI 2020, section 2.3; 6.8 M parameters without a head.
    """
    backbone: nn.Module = ResNet(
        Bottleneck,  # type: ignore[arg-type]
        (3, 4, 6, 3),
        in_chans=channels,
        num_classes=0,
        output_stride=output_stride,
        cardinality=16,
        base_width=8,
        channels=_CHANNELS,
        block_args={"attn_layer": "se"},
    )
    return backbone


def resnet18_half(*, channels: int = 1, output_stride: int = STRIDE) -> nn.Module:
    """ResNet-18 at half width; 2.8 M parameters."""
    return _basic((2, 2, 2, 2), channels, output_stride)


def resnet10_half(*, channels: int = 1, output_stride: int = STRIDE) -> nn.Module:
    """ResNet-10 at half width, for CPUs; 1.2 M parameters.

    On two old cores it learns from 198 frames of 64 by 80 a second, ResNet-18 from 28.
    """
    return _basic((1, 1, 1, 1), channels, output_stride)


def sononet16(*, channels: int = 1, output_stride: int = STRIDE) -> nn.Module:
    """SonoNet-16 of Baumgartner et al. without its head; 0.9 M parameters.

    Its output stride is 16, and can be 8.
    """
    return SonoNet(channels=channels, output_stride=output_stride)


ARCHITECTURES: Final[dict[str, Architecture]] = {
    make.__name__: make
    for make in (seresnext50_half, resnet18_half, resnet10_half, sononet16)
}
"""Our own backbones by name."""


def build_backbone(
    architecture: str, *, channels: int = 1, output_stride: int = STRIDE
) -> nn.Module:
    """Make a backbone; its weights are drawn from the global generator.

    The last normalisation of a residual block begins at 1, as in He et al., CVPR 2016.
    timm's begins at 0 (Goyal et al., 2017), so that blocks say nothing at first: for
    transfer such weights are worth less, before pretraining and after (docs/log.md).

    Raises:
        ConfigError: there is none of that name, or it cannot be dilated.
    """
    if output_stride not in STRIDES:
        raise ConfigError(f"output stride must be in {STRIDES}, found {output_stride}")
    if architecture in ARCHITECTURES:
        make = ARCHITECTURES[architecture]
        backbone = make(channels=channels, output_stride=output_stride)
        begin_blocks(backbone, 1.0)
        return backbone
    if not timm.is_model(architecture):
        near = timm.list_models(f"*{architecture}*")[:3]
        raise ConfigError(
            f"no encoder {shown(architecture)}; name one of {sorted(ARCHITECTURES)} or "
            f"of timm's models{f', such as {near}' if near else ''}"
        )
    backbone = _of_timm(architecture, channels, output_stride)
    begin_blocks(backbone, 1.0)
    return backbone


def _of_timm(architecture: str, channels: int, output_stride: int) -> nn.Module:
    dilated: dict[str, Any] = {}
    if output_stride != STRIDE:
        dilated["output_stride"] = output_stride
    try:
        backbone: nn.Module = timm.create_model(
            architecture, pretrained=False, in_chans=channels, num_classes=0, **dilated
        )
    except (TypeError, AssertionError, NotImplementedError) as error:
        if not dilated:
            raise
        raise ConfigError(
            f"{architecture} cannot be dilated to output stride {output_stride} "
            f"({str(error) or 'timm has it at one stride'}); use one of "
            f"{sorted(ARCHITECTURES)}, or a ResNet or EfficientNet of timm"
        ) from None
    return backbone


def _basic(
    blocks: tuple[int, int, int, int], channels: int, output_stride: int
) -> nn.Module:
    backbone: nn.Module = ResNet(
        BasicBlock,  # type: ignore[arg-type]
        blocks,
        in_chans=channels,
        num_classes=0,
        output_stride=output_stride,
        channels=_CHANNELS,
    )
    return backbone
