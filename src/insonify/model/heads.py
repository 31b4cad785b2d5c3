"""Small networks that turn an encoder's feature maps into classes, points or maps.

Legend: B batch, H rows, W columns of frames, D channels, h rows, w columns of maps,
C classes.
"""

import torch
from torch import Tensor, nn

from insonify.model.encoder import Encoder

_HIDDEN = 256


class PlaneHead(nn.Module):
    """Class scores: a vote at every place of the map, averaged.

    1x1 convolution to 256 channels, ReLU, 1x1 convolution, average; Droste et al.,
    IPMI 2019, section 2.3. With two outputs it answers for a place (right, down).

    Args:
        dim: Channels of the feature maps.
        outputs: Number of classes, or of numbers to regress.
        seed: Seed of the initial weights.
    """

    def __init__(self, dim: int, outputs: int, *, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            self.votes = nn.Sequential(
                nn.Conv2d(dim, _HIDDEN, 1), nn.ReLU(), nn.Conv2d(_HIDDEN, outputs, 1)
            )

    def forward(self, map_BDhw: Tensor) -> Tensor:
        """Scores, not yet probabilities: (B, C)."""
        scores_BC: Tensor = self.votes(map_BDhw).mean((2, 3))
        return scores_BC


class SaliencyHead(nn.Module):
    """Log probability that each place of the map is looked at.

    Depthwise 7x7 convolution, 1x1 to 256 channels twice, 1x1 to one, softmax over the
    map; Droste et al., IPMI 2019, section 2.2. ReLU after all but the last (ours).

    Args:
        dim: Channels of the feature maps.
        seed: Seed of the initial weights.
        bias_hw: Logarithm of a map that the head begins with and adds to, such as the
            centre bias (Kümmerer et al., DeepGaze II, 2016; not in the paper); None:
            the head begins anywhere and learns the centre, if it can.
    """

    bias_hw: Tensor | None

    def __init__(
        self, dim: int, *, seed: int = 0, bias_hw: Tensor | None = None
    ) -> None:
        super().__init__()
        self.register_buffer("bias_hw", bias_hw)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            self.layers = nn.Sequential(
                nn.Conv2d(dim, dim, 7, padding=3, groups=dim),
                nn.ReLU(),
                nn.Conv2d(dim, _HIDDEN, 1),
                nn.ReLU(),
                nn.Conv2d(_HIDDEN, _HIDDEN, 1),
                nn.ReLU(),
                nn.Conv2d(_HIDDEN, 1, 1),
            )
        if bias_hw is not None:
            last = self.layers[-1]
            nn.init.zeros_(last.weight)  # type: ignore[arg-type]

    def forward(self, map_BDhw: Tensor) -> Tensor:
        """Logarithms of maps that sum to 1: (B, h, w)."""
        scores_Bhw = self.layers(map_BDhw).squeeze(1)
        if self.bias_hw is not None:
            scores_Bhw = scores_Bhw + self.bias_hw
        logs_BP = torch.log_softmax(scores_Bhw.float().flatten(1), dim=1)
        return logs_BP.reshape(scores_Bhw.shape)


class ChannelScale(nn.Module):
    """Shifts and scales the channels of feature maps; learns nothing."""

    mean_D: Tensor
    scale_D: Tensor

    def __init__(self, mean_D: Tensor, scale_D: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean_D", mean_D.float())
        self.register_buffer("scale_D", scale_D.float())

    def forward(self, map_BDhw: Tensor) -> Tensor:
        """Maps of the same shape, float32."""
        mean_D11, scale_D11 = self.mean_D[:, None, None], self.scale_D[:, None, None]
        return (map_BDhw.float() - mean_D11) * scale_D11


class FeatureMaps(nn.Module):
    """A frozen encoder's feature maps, in half the memory: float16 (B, D, h, w)."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, frames_BHW: Tensor) -> Tensor:
        """Feature maps of frames, as :class:`Encoder` takes them."""
        return self.encoder.feature_map(frames_BHW).half()


class HeadedEncoder(nn.Module):
    """An encoder and a head on its feature maps, trained together."""

    def __init__(self, encoder: Encoder, head: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head

    def forward(self, frames_BHW: Tensor) -> Tensor:
        """The head's output for frames, as :class:`Encoder` takes them."""
        output: Tensor = self.head(self.encoder.feature_map(frames_BHW))
        return output
