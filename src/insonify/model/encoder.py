"""Encoders: one grey frame in, one feature vector out.

Legend: B batch, H rows, W columns, D features.
"""

from collections.abc import Callable
from typing import Any

import timm
import torch
from timm.models.resnet import Bottleneck, ResNet
from torch import Tensor, nn

from insonify.core.errors import ConfigError


def seresnext50_half() -> nn.Module:
    """The paper's backbone: SE-ResNeXt-50 at half width, cardinality 16.

    Jiao et al., ISBI 2020, section 2.3; 6.8 M parameters without a head.
    """
    backbone: nn.Module = ResNet(
        Bottleneck,  # type: ignore[arg-type]
        (3, 4, 6, 3),
        in_chans=1,
        num_classes=0,
        cardinality=16,
        base_width=8,
        channels=(32, 64, 128, 256),
        block_args={"attn_layer": "se"},
    )
    return backbone


ARCHITECTURES: dict[str, Callable[[], nn.Module]] = {
    seresnext50_half.__name__: seresnext50_half,
}
"""Backbones of our own; every other name is timm's."""


class Encoder(nn.Module):
    """A backbone with its normalisation, so that it takes frames as they are stored.

    Args:
        architecture: A name in ``ARCHITECTURES`` or of a timm model.
        mean: Mean grey level of the training frames, in [0, 1].
        std: Standard deviation of the grey level, in [0, 1].
        seed: Seed of the initial weights.

    Raises:
        ConfigError: the architecture is unknown.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, architecture: str, *, mean: float = 0.25, std: float = 0.2, seed: int = 0
    ) -> None:
        super().__init__()
        self.architecture = architecture
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.backbone = _build(architecture)
        self.backbone.to(memory_format=torch.channels_last)
        self.register_buffer("mean", torch.tensor(float(mean)))
        self.register_buffer("std", torch.tensor(float(std)))

    @property
    def dim(self) -> int:
        """Length of the feature vector."""
        backbone: Any = self.backbone
        return int(backbone.num_features)

    def forward(self, frames_BHW: Tensor) -> Tensor:
        """Features of frames.

        Args:
            frames_BHW: Grey frames: uint8, or float with grey levels in [0, 1].

        Returns:
            float32 (B, D).
        """
        if frames_BHW.dtype == torch.uint8:
            frames_BHW = frames_BHW.float() / 255
        frames_B1HW = channels_last((frames_BHW - self.mean) / self.std)
        features_BD: Tensor = self.backbone(frames_B1HW)
        return features_BD.float()


def channels_last(frames_BHW: Tensor) -> Tensor:
    """Add the channel axis with true NHWC strides: (B, 1, H, W).

    ``empty_strided``, not ``.contiguous(memory_format=channels_last)``: with one
    channel the latter is a no-op, and convolutions then run in the slow layout
    (benchmarks/pretrain_step.py).
    """
    batch, height, width = frames_BHW.shape
    frames_B1HW = torch.empty_strided(
        (batch, 1, height, width),
        (height * width, 1, width, 1),
        dtype=frames_BHW.dtype,
        device=frames_BHW.device,
    )
    return frames_B1HW.copy_(frames_BHW[:, None])


def _build(architecture: str) -> nn.Module:
    if architecture in ARCHITECTURES:
        return ARCHITECTURES[architecture]()
    if not timm.is_model(architecture):
        near = timm.list_models(f"*{architecture}*")[:3]
        raise ConfigError(
            f"no encoder {architecture!r}; name one of {sorted(ARCHITECTURES)} or of "
            f"timm's models{f', such as {near}' if near else ''}"
        )
    backbone: nn.Module = timm.create_model(
        architecture, pretrained=False, in_chans=1, num_classes=0
    )
    return backbone
