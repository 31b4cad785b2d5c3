"""SonoNet-16, and how its published weights are read.

C. F. Baumgartner et al., *SonoNet: Real-Time Detection and Localisation of Fetal
Standard Scan Planes in Freehand Ultrasound*, IEEE Transactions on Medical Imaging 36
(2017), section II-B: the convolutions of VGG-16 at a quarter of the width, and in place
of fully connected layers two 1x1 convolutions and an average.

Legend: B batch, C channels, H rows, W columns, h rows and w columns of a map, K units.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from insonify.core.errors import CheckpointError

CLASSES: Final = (
    "3VV",
    "4CH",
    "Abdominal",
    "Background",
    "Brain (Cb.)",
    "Brain (Tv.)",
    "Femur",
    "Kidneys",
    "Lips",
    "LVOT",
    "Profile",
    "RVOT",
    "Spine (cor.)",
    "Spine (sag.)",
)
"""What the head's scores stand for, in the order of the published weights."""
SIZE: Final = (224, 288)
"""Rows and columns of the frames it was trained on."""
OWN_STRIDE: Final = 16
"""Output stride of the network as published."""
_BLOCKS: Final = ((16, 16), (32, 32), (64, 64, 64), (128, 128, 128), (128, 128, 128))
_ADAPTED: Final = 64
_ARRAYS: Final = ("weight", "offset", "scale", "mean", "inverse deviation")
"""What the published file holds of each unit, in this order."""
_ADVICE: Final = "use SonoNet16.npz as its authors published it"
_GREYS: Final = 255.0
"""Deviation of its normalised frames; arbitrary, but it was trained so."""
_STILL: Final = 1e-3
"""Deviation below which a frame shows nothing."""


class Unit(nn.Module):
    """Convolution without bias, normalisation, and, but for the last, ReLU."""

    def __init__(
        self, wide: int, out: int, *, kernel: int = 3, dilation: int = 1, relu: bool
    ) -> None:
        super().__init__()
        reach = dilation * (kernel // 2)
        self.conv = nn.Conv2d(
            wide, out, kernel, padding=reach, dilation=dilation, bias=False
        )
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out")
        self.norm = nn.BatchNorm2d(out)
        self.relu = nn.ReLU() if relu else nn.Identity()

    def forward(self, map_BChw: Tensor) -> Tensor:
        """A map of as many places."""
        out_BChw: Tensor = self.relu(self.norm(self.conv(map_BChw)))
        return out_BChw


class Halve(nn.Module):
    """Maximum over 2x2 places, at every second place or, dense, at every place."""

    def __init__(self, *, dense: bool) -> None:
        super().__init__()
        self.stride = 1 if dense else 2

    def forward(self, map_BChw: Tensor) -> Tensor:
        """A map of half the places, rounded up, or of as many."""
        if self.stride == 1:  # After ReLU, zeros change no maximum.
            map_BChw = F.pad(map_BChw, (0, 1, 0, 1))
        return F.max_pool2d(map_BChw, 2, self.stride, ceil_mode=self.stride == 2)


class SonoNet(nn.Module):
    """The convolutions of SonoNet-16, on frames that it normalises one by one.

    Args:
        channels: Frames that enter the first convolution together.
        output_stride: 8 dilates the last block; 16 and more is the published network.
    """

    num_features = _BLOCKS[-1][-1]

    def __init__(self, *, channels: int = 1, output_stride: int = OWN_STRIDE) -> None:
        super().__init__()
        self.output_stride = min(output_stride, OWN_STRIDE)
        dense = self.output_stride < OWN_STRIDE
        parts: list[nn.Module] = []
        for number, block in enumerate(_BLOCKS, 1):
            last = number == len(_BLOCKS)
            if parts:
                parts.append(Halve(dense=dense and last))
            dilation = 2 if dense and last else 1
            for wide, out in pairwise((channels, *block)):
                parts.append(Unit(wide, out, dilation=dilation, relu=True))
            channels = block[-1]
        self.layers = nn.Sequential(*parts)

    def forward(self, frames_BCHW: Tensor) -> Tensor:
        """The mean over the map: (B, 128)."""
        return self.forward_features(frames_BCHW).mean((2, 3))

    def forward_features(self, frames_BCHW: Tensor) -> Tensor:
        """The last map: (B, 128, h, w)."""
        map_BChw: Tensor = self.layers(standardised(frames_BCHW))
        return map_BChw


class SonoNetHead(nn.Module):
    """SonoNet's own classifier on the encoder's feature maps.

    Args:
        seed: Seed of the initial weights.
    """

    def __init__(self, *, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            self.adaptation = Unit(SonoNet.num_features, _ADAPTED, kernel=1, relu=True)
            self.classes = Unit(_ADAPTED, len(CLASSES), kernel=1, relu=False)

    def forward(self, map_BChw: Tensor) -> Tensor:
        """Scores of ``CLASSES``, not yet probabilities: (B, 14)."""
        votes_BChw: Tensor = self.classes(self.adaptation(map_BChw))
        return votes_BChw.mean((2, 3))


def standardised(frames_BCHW: Tensor) -> Tensor:
    """Each frame with mean 0 and deviation 255, whatever gain it was taken with."""
    mean = frames_BCHW.mean((1, 2, 3), keepdim=True)
    deviation = frames_BCHW.std((1, 2, 3), correction=0, keepdim=True)
    return _GREYS * (frames_BCHW - mean) / deviation.clamp(min=_STILL)


def fill_from_arrays(
    backbone: SonoNet, head: SonoNetHead, arrays: Mapping[str, Tensor]
) -> None:
    """Set weights from the arrays of the published ``SonoNet16.npz``.

    Five arrays a unit, in the order of the network; Theano's filters were not flipped,
    and it kept the inverse of the deviation.

    Raises:
        CheckpointError: an array is missing, left over or of another shape.
    """
    units = [m for part in (backbone, head) for m in part.modules() if type(m) is Unit]
    count = len(_ARRAYS) * len(units)
    names = [f"arr_{place}" for place in range(count)]
    if set(names) != set(arrays):
        odd = sorted(set(names) ^ set(arrays))
        raise CheckpointError(
            f"SonoNet-16 has {count} arrays, arr_0 to arr_{count - 1}; found "
            f"{len(arrays)} ({odd[0]!r} is missing or left over); {_ADVICE}"
        )
    for place, (target, array) in enumerate(
        zip(_targets(units), (arrays[name] for name in names), strict=True)
    ):
        kind = _ARRAYS[place % len(_ARRAYS)]
        if array.shape != target.shape:
            raise CheckpointError(
                f"arr_{place}, {kind} of a unit of SonoNet-16, has shape "
                f"{tuple(array.shape)}, wanted {tuple(target.shape)}; {_ADVICE}"
            )
        target.copy_(array)
    for unit in units:
        inverse = unit.norm.running_var
        assert inverse is not None
        inverse.copy_(inverse.double().pow(-2) - unit.norm.eps)


def _targets(units: list[Unit]) -> Iterator[Tensor]:
    """Where each array goes; the inverse deviations for now to the variances."""
    for unit in units:
        norm = unit.norm
        assert norm.running_mean is not None
        assert norm.running_var is not None
        yield unit.conv.weight.detach()
        yield norm.bias.detach()
        yield norm.weight.detach()
        yield norm.running_mean
        yield norm.running_var
