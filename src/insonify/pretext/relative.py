"""How do two different frames of a clip, each warped, lie to each other?

Transform prediction of Jiao et al., ISBI 2020, section 2.1, made harder. The paper
shows a frame before and after its warp, and registration of the two solves that without
learning (R² .79 of sweeps, docs/log.md). Here the frames are different ones, so that
anatomy has to be found again, and both are warped, so that neither is sharper.

Legend: B batch, T frames, H rows, W columns, P parameters.
"""

import math
from dataclasses import dataclass, field
from typing import Final

import torch
from torch import Generator, Tensor, nn

from insonify.core.errors import ConfigError
from insonify.pretext.heads import BeforeAfterHead
from insonify.pretext.task import Answer
from insonify.pretext.transform import AffineTransform, explained, summed_loss

RELATIVE: Final = ("rotation", "scale", "down", "right", "stretch", "slant")


@dataclass(frozen=True, kw_only=True)
class RelativeTransform:
    """Warp two frames of a clip; ask for the transform from the first to the second."""

    weight: float = 1.0
    """Share of the total loss; 0 turns the task off."""
    warp: AffineTransform = field(default_factory=AffineTransform)
    """How each of the two frames is warped; its weight, frames and input are not used.
    Its size and margin are the task's."""
    frames: int = 4
    """Frames in a clip, two of which are shown."""
    same_frame: bool = False
    """Whether one frame is shown twice, differently warped: an ablation."""

    channels = 1

    def __post_init__(self) -> None:
        if self.frames < 2:
            raise ConfigError(f"relative.frames must be 2 or more, found {self.frames}")

    @property
    def size(self) -> tuple[int, int]:
        return self.warp.size

    @property
    def margin(self) -> float:
        return self.warp.margin

    @property
    def chance(self) -> dict[str, float]:
        return {"r2": 0.0}

    def sample(self, batch: int, generator: Generator) -> Answer:
        """Draw which frames are shown (B, 2) and the warp of each, (B, 2, 5)."""
        order_BT = torch.rand(batch, self.frames, generator=generator).argsort(1)
        shown_B2 = order_BT[:, [0, 0]] if self.same_frame else order_BT[:, :2]
        drawn = self.warp.sample(2 * batch, generator)["parameters"]
        return {"shown": shown_B2, "warps": drawn.view(batch, 2, -1)}

    def apply(self, clips_BTHW: Tensor, answer: Answer) -> Tensor:
        """The two frames, each after its warp: (B, 2, *size).

        Raises:
            ValueError: a pixel of a view would lie outside the clip.
        """
        rows_B1 = torch.arange(len(clips_BTHW), device=clips_BTHW.device)[:, None]
        pairs_B2HW = clips_BTHW[rows_B1, answer["shown"].to(clips_BTHW.device)]
        warps_NP = {"parameters": answer["warps"].flatten(0, 1)}
        views_N1HW = self.warp.warp(pairs_B2HW.flatten(0, 1)[:, None], warps_NP)
        return views_N1HW.view(len(clips_BTHW), 2, *self.size)

    def head(self, dim: int) -> nn.Module:
        return BeforeAfterHead(dim, len(RELATIVE))

    def truth(self, answer: Answer) -> Tensor:
        """The transform from the first view to the second, each about in ±1: (B, P).

        A point p of the second view shows what the first shows at L p + m. L is a
        rotation times a magnification times a symmetric rest, of which "stretch" is the
        difference of the axes and "slant" what lies beside the diagonal (the polar
        decomposition); m is the translation.
        """
        linear_N22, shift_N2 = self.warp.matrices(answer["warps"].flatten(0, 1))
        linear_B222, shift_B22 = linear_N22.view(-1, 2, 2, 2), shift_N2.view(-1, 2, 2)
        inverse_B22 = torch.linalg.inv(linear_B222[:, 0])
        between_B22 = inverse_B22 @ linear_B222[:, 1]
        moved_B2 = (shift_B22[:, 1] - shift_B22[:, 0])[..., None]
        return self._normalised(between_B22, (inverse_B22 @ moved_B2)[..., 0])

    def loss(self, output: Tensor, answer: Answer) -> Tensor:
        """Smooth L1, summed over the parameters, as of the transform alone."""
        return summed_loss(output, self.truth(answer))

    def score(self, output: Tensor, answer: Answer) -> dict[str, float]:
        """Share of the parameters' variance within the batch that is explained."""
        return {"r2": explained(output, self.truth(answer))}

    def _normalised(self, linear_B22: Tensor, shift_B2: Tensor) -> Tensor:
        """The parameters of a transform over what two warps can do together."""
        a, b = linear_B22[:, 0].unbind(1)
        c, d = linear_B22[:, 1].unbind(1)
        turn_B = torch.atan2(c - b, a + d)
        size_B = (a * d - b * c).clamp_min(1e-9).sqrt()
        cos_B, sin_B = turn_B.cos() / size_B, turn_B.sin() / size_B
        stretch_B = (cos_B * a + sin_B * c - cos_B * d + sin_B * b) / 2
        slant_B = cos_B * b + sin_B * d
        warp, (height, width) = self.warp, self.size
        rest = math.tan(math.radians(warp.shear))
        found = {
            "rotation": (turn_B, 2 * math.radians(warp.rotation)),
            "scale": (-size_B.log(), 2 * math.log(warp.scale)),
            "down": (shift_B2[:, 1], 2 * warp.translation * height),
            "right": (shift_B2[:, 0], 2 * warp.translation * width),
            "stretch": (stretch_B, rest),
            "slant": (slant_B, rest),
        }
        return torch.stack(
            [value_B / max(most, 1e-9) for value_B, most in found.values()], 1
        )
