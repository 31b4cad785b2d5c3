"""How do two different frames of a clip, each warped, lie to each other?

Transform prediction of Jiao et al., ISBI 2020, section 2.1, made harder. The paper
shows a frame before and after its warp, and registration of the two solves that without
learning (R² .79 of sweeps, docs/log.md). Here the frames are different ones, so that
anatomy has to be found again, and both are warped, so that neither is sharper.

Legend: B batch, T frames, V views, N pairs of a batch, H rows, W columns,
K pairs of views, P parameters.
"""

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import torch
from torch import Generator, Tensor, nn

from insonify.core.errors import ConfigError
from insonify.pretext.frame_order import shuffle
from insonify.pretext.heads import AllPairsHead
from insonify.pretext.task import Answer
from insonify.pretext.transform import explained, summed_loss
from insonify.pretext.warped_views import WarpedViews

RELATIVE: Final = ("rotation", "scale", "down", "right", "stretch", "slant")


@dataclass(frozen=True, kw_only=True)
class RelativeTransform(WarpedViews):
    """Warp frames of a clip, each its own way; ask how every two of them lie."""

    def __post_init__(self) -> None:
        if not 2 <= self.shown <= self.frames:
            raise ConfigError(
                f"relative.shown must be 2 or more and at most frames ({self.frames}), "
                f"found {self.shown}"
            )

    @property
    def chance(self) -> dict[str, float]:
        return {"r2": 0.0}

    @property
    def pairs_K2(self) -> Tensor:
        """Which views are compared, first and second."""
        return torch.tensor(list(combinations(range(self.shown), 2)))

    def sample(self, batch: int, generator: Generator) -> Answer:
        """Draw which frames are shown (B, V) and the warp of each, (B, V, 5)."""
        return self.draw(batch, self.shown, generator)

    def apply(self, clips_BTHW: Tensor, answer: Answer) -> Tensor:
        """The frames, each after its warp: (B, V, *size).

        Raises:
            ValueError: a pixel of a view would lie outside the clip.
        """
        return self.warped(shuffle(clips_BTHW, answer["shown"]), answer)

    def head(self, dim: int) -> nn.Module:
        return AllPairsHead(dim, self.shown, len(RELATIVE))

    def truth(self, answer: Answer) -> Tensor:
        """The transforms between the views of all pairs, each about in ±1: (B, K · P).

        A point p of the second view shows what the first shows at L p + m. L is a
        rotation times a magnification times a symmetric rest, of which "stretch" is the
        difference of the axes and "slant" what lies beside the diagonal (the polar
        decomposition); m is the translation.
        """
        warps_BVP, pairs_K2 = answer["warps"], self.pairs_K2
        linear_N22, shift_N2 = self.warp.matrices(warps_BVP.flatten(0, 1))
        linear_BV22 = linear_N22.view(*warps_BVP.shape[:2], 2, 2)
        shift_BV2 = shift_N2.view(*warps_BVP.shape[:2], 2)
        inverse_BK22 = torch.linalg.inv(linear_BV22[:, pairs_K2[:, 0]])
        between_BK22 = inverse_BK22 @ linear_BV22[:, pairs_K2[:, 1]]
        first_BK2, second_BK2 = shift_BV2[:, pairs_K2].unbind(2)
        moved_BK2 = (inverse_BK22 @ (second_BK2 - first_BK2)[..., None])[..., 0]
        found_NP = self._normalised(between_BK22.flatten(0, 1), moved_BK2.flatten(0, 1))
        return found_NP.view(len(warps_BVP), -1)

    def loss(self, output: Tensor, answer: Answer) -> Tensor:
        """Smooth L1, summed over a pair's parameters, as of the transform alone."""
        return summed_loss(output, self.truth(answer)) / len(self.pairs_K2)

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
