"""One network from uint8 frames to features, class probabilities and saliency.

Normalisation is inside, and nothing of insonify is left in what is exported of it.

Legend: B frames, H rows, W columns, D features, C classes, h rows and w columns of
maps.
"""

import copy
from typing import Final, TypeVar

import torch
from torch import Tensor, nn

from insonify.deploy.decoder import map_network
from insonify.deploy.heads import Heads
from insonify.model.encoder import Encoder
from insonify.transfer.fitted_probe import FittedProbe

FRAMES: Final = "frames"
"""Name of the input."""
M = TypeVar("M", bound=nn.Module)


class Graph(nn.Module):
    """An encoder and perhaps heads, on the CPU, in evaluation mode, in float32.

    Args:
        encoder: The encoder; it stays as it is.
        heads: Heads that were learnt on it.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, encoder: Encoder, heads: Heads | None = None) -> None:
        super().__init__()
        own = on_cpu(encoder)
        self.backbone = own.backbone
        self.register_buffer("mean", own.mean)
        self.register_buffer("std", own.std)
        self.probe: nn.Module | None = None
        self.maps: nn.Module | None = None
        self.decoder: nn.Module | None = None
        if heads is not None and heads.probe is not None:
            self.probe = ProbeLayer(heads.probe)
        if heads is not None and heads.decoder is not None:
            twin = map_network(own, heads.card.options.output_stride).encoder
            _tie(twin.backbone, own.backbone)
            self.maps = twin.backbone
            self.decoder = on_cpu(heads.decoder)
        # .pt2 files keep contiguous weights only.
        self.to(memory_format=torch.contiguous_format)
        self.eval().requires_grad_(False)

    def forward(self, frames: Tensor) -> dict[str, Tensor]:
        """Features (B, D), probabilities (B, C) and saliency (B, h, w) of uint8 frames.

        Probabilities and saliency are there with heads that have them, and sum to 1.
        """
        grey_B1HW = ((frames.float() / 255 - self.mean) / self.std)[:, None]
        found: dict[str, Tensor] = {"features": self.backbone(grey_B1HW)}
        if self.probe is not None:
            found["probabilities"] = self.probe(found["features"])
        if self.maps is not None and self.decoder is not None:
            map_BDhw = self.maps.forward_features(grey_B1HW)  # type: ignore[operator]
            # Decoders learn on maps in half precision (model.heads.FeatureMaps).
            found["saliency"] = self.decoder(map_BDhw.half()).exp()
        return found

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs, in order."""
        there = (True, self.probe is not None, self.maps is not None)
        names = ("features", "probabilities", "saliency")
        return tuple(n for n, is_there in zip(names, there, strict=True) if is_there)


class ProbeLayer(nn.Module):
    """A fitted probe as layers, in float32."""

    mean_D: Tensor
    scale_D: Tensor

    def __init__(self, probe: FittedProbe) -> None:
        super().__init__()
        self.register_buffer("mean_D", torch.from_numpy(probe.mean_D).float())
        self.register_buffer("scale_D", torch.from_numpy(probe.scale_D).float())
        classes, dim = probe.weights_CD.shape
        self.scores = nn.Linear(dim, classes)
        self.scores.weight.data = torch.from_numpy(probe.weights_CD).float()
        self.scores.bias.data = torch.from_numpy(probe.bias_C).float()

    def forward(self, features_BD: Tensor) -> Tensor:
        """Probabilities (B, C)."""
        scaled_BD = (features_BD - self.mean_D) * self.scale_D
        return torch.softmax(self.scores(scaled_BD), dim=1)


def on_cpu(module: M) -> M:
    """A copy on the CPU, in evaluation mode."""
    return copy.deepcopy(module).cpu().eval()


def _tie(twin: nn.Module, own: nn.Module) -> None:
    """Let a twin have the very weights of its original, so that they are kept once."""
    for name, module in twin.named_modules():
        other = own.get_submodule(name)
        for key in module._parameters:
            module._parameters[key] = other._parameters[key]
        for key in module._buffers:
            module._buffers[key] = other._buffers[key]
