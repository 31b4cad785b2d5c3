"""Which affine transform was applied?

Transform prediction of Jiao et al., ISBI 2020, section 2.1: a clip v and its warp τ(v)
go in, the parameters of τ come out.

Legend: B batch, T frames, H rows, W columns, P parameters.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from insonify.core.errors import ConfigError
from insonify.pretext.heads import BeforeAfterHead
from insonify.pretext.task import Answer, Input, centre
from insonify.pretext.warp import PARAMETERS, Warp


def summed_loss(output_BP: Tensor, truth_BP: Tensor) -> Tensor:
    """Smooth L1, summed over the parameters and averaged over the batch."""
    truth_BP = truth_BP.to(output_BP.device)
    losses_BP = F.smooth_l1_loss(output_BP, truth_BP, reduction="none", beta=0.1)
    return losses_BP.sum(1).mean()


def explained(output_BP: Tensor, truth_BP: Tensor) -> float:
    """Share of the parameters' variance within the batch that is explained."""
    truth_BP = truth_BP.to(output_BP.device)
    error = (output_BP.float() - truth_BP).square().sum()
    spread = (truth_BP - truth_BP.mean(0)).square().sum().clamp_min(1e-9)
    return (1 - error / spread).item()


@dataclass(frozen=True, kw_only=True)
class AffineTransform(Warp):
    """Warp a clip; ask for the warp's parameters, each normalised to [-1, 1]."""

    weight: float = 1.0
    """Share of the total loss; 0 turns the task off."""
    frames: int = 4
    """Frames at the beginning of a clip that are shown before and after the warp. They
    share one warp: fewer leave room for more clips, hence for more warps."""
    input: Input = "frames"
    """What the encoder sees: one frame at a time; or the frames before the warp as the
    channels of one image, and those after it as another."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.frames < 1:
            raise ConfigError(f"frames must be at least 1, found {self.frames}")

    @property
    def channels(self) -> int:
        return self.frames if self.input == "channels" else 1

    @property
    def chance(self) -> dict[str, float]:
        return {"r2": 0.0}

    def sample(self, batch: int, generator: Generator) -> Answer:
        """Draw the parameters of each clip's warp, in [-1, 1]: (B, P)."""
        return {"parameters": self.draw(batch, generator)}

    def apply(self, clips_BTHW: Tensor, answer: Answer) -> Tensor:
        """The first frames before, then after their warp: (B, 2 · frames, *size).

        Raises:
            ValueError: a pixel of a view would lie outside the clip.
        """
        clips_BTHW = clips_BTHW[:, : self.frames]
        after_BTHW = self.warp(clips_BTHW, answer["parameters"])
        return torch.cat([centre(clips_BTHW, self.size), after_BTHW], dim=1)

    def head(self, dim: int) -> nn.Module:
        return BeforeAfterHead(dim, len(PARAMETERS))

    def loss(self, output: Tensor, answer: Answer) -> Tensor:
        """Smooth L1, summed over the parameters (the paper gives no norm).

        Summed and not averaged, as a norm is: it then begins near 2, of the size of
        the order task's cross-entropy, which it is added to with weight 1.
        """
        return summed_loss(output, answer["parameters"])

    def score(self, output: Tensor, answer: Answer) -> dict[str, float]:
        """Share of the parameters' variance within the batch that is explained."""
        return {"r2": explained(output, answer["parameters"])}
