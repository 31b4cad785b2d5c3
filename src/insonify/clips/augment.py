"""Label-preserving augmentation, on the batch, on the device.

Like a pretext task, an augmentation draws first and then acts deterministically.

Legend: B batch, T frames or views, H rows, W columns.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True)
class Flip:
    """Mirror whole clips left to right."""

    probability: float = 0.5
    """How often; 0 never (where left and right matter)."""

    def sample(self, batch: int, generator: Generator) -> Tensor:
        """Draw which clips to mirror: bool (B,)."""
        return torch.rand(batch, generator=generator) < self.probability

    def apply(self, clips_BTHW: Tensor, flipped_B: Tensor) -> Tensor:
        """Mirror the drawn clips."""
        return torch.where(
            flipped_B[:, None, None, None], clips_BTHW.flip(3), clips_BTHW
        )


@dataclass(frozen=True, kw_only=True)
class Photometric:
    """Change gamma, gain and the gain's slope over depth.

    Grey level x in [0, 1] becomes clip(x^g · gain · (1 + slope · d), 0, 1), with depth
    d from -1 (top) to 1 (bottom): what a sonographer's gain and TGC sliders do.
    """

    gamma: float = 0.3
    """g = exp(u), u uniform in ± this."""
    gain: float = 0.2
    """gain = exp(u), u uniform in ± this."""
    slope: float = 0.2
    """slope uniform in ± this."""
    per_frame: bool = True
    """Draw for each frame on its own, so that a drift of brightness tells nothing of
    the order (Pace prediction: "much better"); else once a clip."""

    def sample(self, batch: int, frames: int, generator: Generator) -> Tensor:
        """Draw log gamma, log gain and slope: (B, T, 3)."""
        drawn = frames if self.per_frame else 1
        unit_BT3 = torch.rand(batch, drawn, 3, generator=generator) * 2 - 1
        reach_3 = torch.tensor([self.gamma, self.gain, self.slope])
        return (unit_BT3 * reach_3).expand(batch, frames, 3)

    def apply(self, clips_BTHW: Tensor, drawn_BT3: Tensor) -> Tensor:
        """Apply to grey levels in [0, 1]."""
        gamma, gain, slope = drawn_BT3[..., None, None].unbind(2)
        depth_H1 = torch.linspace(-1, 1, clips_BTHW.shape[2], device=clips_BTHW.device)
        ramp = 1 + slope * depth_H1[:, None]
        bright = clips_BTHW.clamp_min(1e-4).pow(gamma.exp()) * gain.exp() * ramp
        return bright.clamp_(0, 1)
