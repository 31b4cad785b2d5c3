"""Changes of sharpness and speckle, so that no view can be known by its texture.

Resampling blurs, and speckle is finer along the beam than across it: rotation and
magnification can be read off texture, without anatomy (docs/log.md, the first audit).

Legend: B batch, V views, N images, H rows, W columns, K taps of a filter.
"""

from dataclasses import dataclass
from typing import Final

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from insonify.core.errors import ConfigError

_REACH: Final = 3
"""Pixels of the blur on either side; 2.5 of the largest deviation that is allowed."""
_MOST_BLUR: Final = 1.2


@dataclass(frozen=True, kw_only=True)
class Texture:
    """Blur every view along and across, each by chance, then lay fresh speckle over it.

    Speckle multiplies grey levels by exp(strength · noise); the noise has deviation 1
    and a grain of its own in either direction.
    """

    blur: float = 0.0
    """Largest standard deviation of the blur, in pixels; 0 to 1.2."""
    speckle: float = 0.0
    """Largest strength of the speckle; 0: none."""

    def __post_init__(self) -> None:
        if not 0 <= self.blur <= _MOST_BLUR or self.speckle < 0:
            raise ConfigError(
                f"texture.blur must be 0 to {_MOST_BLUR} and texture.speckle at least "
                f"0, found {self.blur} and {self.speckle}"
            )

    @property
    def on(self) -> bool:
        """Whether anything is changed."""
        return self.blur > 0 or self.speckle > 0

    def sample(self, batch: int, views: int, generator: Generator) -> dict[str, Tensor]:
        """Draw what is done to each clip.

        Returns:
            ``amount``: two blurs, strength and two grains of each view, each in [0, 1],
            (B, V, 5); ``seed`` of each clip's noise, int64 (B,).
        """
        return {
            "amount": torch.rand(batch, views, 5, generator=generator),
            "seed": torch.randint(2**62, (batch,), generator=generator),
        }

    def apply(self, views_BVHW: Tensor, drawn: dict[str, Tensor]) -> Tensor:
        """Apply to grey levels in [0, 1]; noise is drawn on the CPU."""
        if not self.on:
            return views_BVHW
        images_NHW = views_BVHW.flatten(0, 1)
        drawn_N5 = drawn["amount"].to(images_NHW).flatten(0, 1)
        found_NHW = blurred(images_NHW, drawn_N5[:, :2] * self.blur)
        if self.speckle > 0:
            noise_NHW = _noise(drawn["seed"], views_BVHW).flatten(0, 1)
            noise_NHW = blurred(noise_NHW, drawn_N5[:, 3:] * _MOST_BLUR)
            noise_NHW = noise_NHW / _deviation(noise_NHW)
            strength_N11 = drawn_N5[:, 2, None, None] * self.speckle
            found_NHW = found_NHW * (strength_N11 * noise_NHW).exp()
        return found_NHW.clamp(0, 1).view(views_BVHW.shape)


def _noise(seed_B: Tensor, like_BVHW: Tensor) -> Tensor:
    """Normal noise (B, V, H, W), each clip's from a generator of its own.

    So a clip's noise does not depend on the others that a process has.
    """
    drawn = [
        torch.randn(like_BVHW.shape[1:], generator=Generator().manual_seed(seed))
        for seed in seed_B.tolist()
    ]
    return torch.stack(drawn).to(like_BVHW)


def _deviation(noise_NHW: Tensor) -> Tensor:
    """Standard deviation (N, 1, 1) of each image; ``std`` takes 20 times as long."""
    spread_NHW = noise_NHW - noise_NHW.mean((1, 2), keepdim=True)
    norm_N11 = torch.linalg.vector_norm(spread_NHW, dim=(1, 2), keepdim=True)
    deviation_N11: Tensor = norm_N11 / (spread_NHW[0].numel() - 1) ** 0.5
    return deviation_N11


def blurred(images_NHW: Tensor, deviation_N2: Tensor) -> Tensor:
    """Gaussian blur along the rows' axis, then the columns', of each image its own.

    Args:
        images_NHW: Images.
        deviation_N2: Standard deviations in pixels, down and right; 0 changes nothing.
    """
    far_K = torch.arange(-_REACH, _REACH + 1, device=images_NHW.device)
    width_N21 = deviation_N2[..., None].clamp_min(1e-3)
    taps_N2K = torch.exp(-0.5 * (far_K / width_N21).square())
    taps_N2K = taps_N2K / taps_N2K.sum(2, keepdim=True)
    count = len(images_NHW)
    padded = F.pad(images_NHW[None], (_REACH,) * 4, mode="replicate")
    along = F.conv2d(padded, taps_N2K[:, 0, None, :, None], groups=count)
    return F.conv2d(along, taps_N2K[:, 1, None, None, :], groups=count)[0]
