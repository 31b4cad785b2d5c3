"""Encoders: one grey frame, or a stack of them, in; one feature vector or map out.

Legend: B batch, K frames of a stack, H rows, W columns, D features, C channels, h rows
and w columns of a map.
"""

from typing import Any

import torch
from torch import Tensor, nn

from insonify.core.errors import ConfigError
from insonify.model.backbones import ARCHITECTURES, STRIDE, build_backbone
from insonify.model.small_maps import quicken
from insonify.model.sononet import SonoNet
from insonify.model.stem import pool_first

__all__ = ["ARCHITECTURES", "Encoder", "channels_last"]


class Encoder(nn.Module):
    """A backbone with its normalisation, so that it takes frames as they are stored.

    Args:
        architecture: A name in ``ARCHITECTURES`` or of a timm model.
        channels: Frames that enter the first convolution together, as its channels.
        output_stride: Pixels of a frame that one step on the feature map spans.
        mean: Mean grey level of the training frames, in [0, 1].
        std: Standard deviation of the grey level, in [0, 1].
        seed: Seed of the initial weights.

    Raises:
        ConfigError: the architecture is unknown or cannot have that output stride.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        architecture: str,
        *,
        channels: int = 1,
        output_stride: int = STRIDE,
        mean: float = 0.25,
        std: float = 0.2,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.architecture = architecture
        self.channels = channels
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            self.backbone = build_backbone(
                architecture, channels=channels, output_stride=output_stride
            )
        self.output_stride = _stride_of(self.backbone, output_stride)
        self.backbone.to(memory_format=torch.channels_last)
        quicken(self.backbone)
        pool_first(self.backbone)
        self.register_buffer("mean", torch.tensor(float(mean)))
        self.register_buffer("std", torch.tensor(float(std)))

    @property
    def dim(self) -> int:
        """Length of the feature vector."""
        backbone: Any = self.backbone
        after_head = getattr(backbone, "head_hidden_size", None)
        return int(after_head or backbone.num_features)

    @property
    def map_dim(self) -> int:
        """Channels of the feature map; ``dim``, where nothing follows the pooling."""
        backbone: Any = self.backbone
        return int(backbone.num_features)

    def forward(self, frames_BHW: Tensor) -> Tensor:
        """Features of frames, or of stacks of frames.

        Args:
            frames_BHW: Grey frames: uint8, or float with grey levels in [0, 1]; where
                the encoder has K channels, stacks of K frames, (B, K, H, W).

        Returns:
            float32 (B, D).
        """
        features_BD: Tensor = self.backbone(self.prepare(frames_BHW))
        return features_BD.float()

    def prepare(self, frames_BHW: Tensor) -> Tensor:
        """What the backbone is given: normalised, (B, K, H, W), NHWC strides."""
        if frames_BHW.dtype == torch.uint8:
            frames_BHW = frames_BHW.float() / 255
        grey = (frames_BHW - self.mean) / self.std
        return channels_last(grey[:, None] if self.channels == 1 else grey)

    def feature_map(self, frames_BHW: Tensor) -> Tensor:
        """The backbone's last maps before they are pooled.

        Args:
            frames_BHW: As in :meth:`forward`.

        Returns:
            float32 (B, C, h, w); h is H over the output stride, rounded up.

        Raises:
            ConfigError: the architecture has no maps.
        """
        backbone: Any = self.backbone
        map_BChw: Tensor = backbone.forward_features(self.prepare(frames_BHW))
        if map_BChw.ndim != 4 or map_BChw.shape[1] != self.map_dim:
            raise ConfigError(
                f"{self.architecture} has no feature map (its last features have shape "
                f"{tuple(map_BChw.shape)}); use one of {sorted(ARCHITECTURES)}, or a "
                "ResNet or EfficientNet of timm"
            )
        return map_BChw.float()

    def dilated(self, output_stride: int) -> "Encoder":
        """A twin with copied weights whose feature map has another output stride.

        The weights keep names and shapes, so states load either way, and the twin's
        map holds the original's at every (old / new)-th place. Not with squeeze and
        excitation: its gates average over a map that now has more places. They are
        then estimates of the same means, and the maps agree but for that.

        Raises:
            ConfigError: the architecture cannot have that output stride.
        """
        twin = self._twin(output_stride, self.channels, self.state_dict())
        if twin.output_stride != output_stride:
            raise ConfigError(
                f"{self.architecture} has output stride {twin.output_stride} at most, "
                f"found {output_stride}; ask for {twin.output_stride}"
            )
        return twin

    def collapse(self) -> "Encoder":
        """The encoder of single frames that answers as this one does to a still clip.

        A frame shown K times meets the sum over channels of the first convolution's
        weights, so that sum is the one-channel encoder's.
        """
        single = self._twin(self.output_stride, 1)
        state, shapes = self.state_dict(), single.state_dict()
        for name, tensor in state.items():
            if tensor.shape != shapes[name].shape:
                state[name] = tensor.sum(1, keepdim=True)
        single.load_state_dict(state)
        return single

    def _twin(
        self, output_stride: int, channels: int, state: dict[str, Tensor] | None = None
    ) -> "Encoder":
        twin = Encoder(
            self.architecture, channels=channels, output_stride=output_stride
        )
        if state is not None:
            twin.load_state_dict(state)
        return twin.to(self.mean).train(self.training)


def _stride_of(backbone: nn.Module, asked: int) -> int:
    """The output stride that a backbone has; SonoNet's may be smaller than asked."""
    return backbone.output_stride if isinstance(backbone, SonoNet) else asked


def channels_last(frames_BKHW: Tensor) -> Tensor:
    """The same frames with true NHWC strides.

    ``empty_strided``, not ``.contiguous(memory_format=channels_last)``: with one
    channel the latter is a no-op, and convolutions then run in the slow layout
    (benchmarks/pretrain_step.py).
    """
    batch, channels, height, width = frames_BKHW.shape
    strided_BKHW = torch.empty_strided(
        (batch, channels, height, width),
        (height * width * channels, 1, width * channels, channels),
        dtype=frames_BKHW.dtype,
        device=frames_BKHW.device,
    )
    return strided_BKHW.copy_(frames_BKHW)
