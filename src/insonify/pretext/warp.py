"""Affine warps of a clip that never fill anything in.

The clip is larger than the views by ``margin``, and a warp is only drawn if all that it
shows lies inside. Jiao et al., ISBI 2020, give no ranges; ours are options.

Legend: B batch, T frames, H rows, W columns, K candidates, P parameters.
"""

import math
from dataclasses import dataclass
from typing import Final

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from insonify.core.errors import ConfigError
from insonify.pretext.task import source_size

PARAMETERS: Final = ("rotation", "scale", "down", "right", "shear")
_CANDIDATES: Final = 64


@dataclass(frozen=True, kw_only=True)
class Warp:
    """Ranges of an affine warp; its parameters are normalised to [-1, 1]."""

    size: tuple[int, int] = (112, 144)
    """Rows and columns of the views."""
    rotation: float = 30.0
    """Largest rotation, in degrees."""
    scale: float = 1.25
    """Largest magnification; the smallest is its inverse."""
    translation: float = 0.1
    """Largest translation, as a share of the view's side."""
    shear: float = 10.0
    """Largest shear, in degrees."""
    margin: float = 1.5
    """Side of the loaded clip over the view's side. 2.3 holds every warp of the ranges
    above; less shows more anatomy, and a warp that would leave the clip is not drawn
    (at 1.5 rotations are 18 % smaller on average, and magnification is likelier
    than its inverse)."""

    def __post_init__(self) -> None:
        if self.scale < 1 or self.margin < 1:
            raise ConfigError("scale and margin must be at least 1")
        if min(self.rotation, self.translation, self.shear) < 0 or self.shear >= 90:
            raise ConfigError("ranges must not be negative, and shear below 90 degrees")

    def draw(self, batch: int, generator: Generator) -> Tensor:
        """Parameters of warps, in [-1, 1]: (B, P).

        The first of 64 uniform draws whose warp stays inside the clip; none, if no
        draw does.
        """
        drawn_KBP = torch.rand(_CANDIDATES, batch, len(PARAMETERS), generator=generator)
        drawn_KBP = torch.cat([drawn_KBP * 2 - 1, torch.zeros(1, *drawn_KBP.shape[1:])])
        source = source_size(self.size, self.margin)
        inside_KB = self._inside(drawn_KBP.flatten(0, 1), source).view(-1, batch)
        first_B = inside_KB.long().argmax(0)
        return drawn_KBP[first_B, torch.arange(batch)]

    def warp(self, clips_BTHW: Tensor, parameters_BP: Tensor) -> Tensor:
        """The clips after their warp: (B, T, *size).

        Raises:
            ValueError: a pixel of a view would lie outside the clip.
        """
        height, width = clips_BTHW.shape[2:]
        parameters_BP = parameters_BP.to(clips_BTHW.device)
        if not bool(self._inside(parameters_BP, (height, width)).all()):
            raise ValueError(f"a warp leaves the clip of {height} by {width} pixels")
        grid_BHW2 = self._source_of(self._grid(clips_BTHW.device), parameters_BP)
        reach_2 = torch.tensor([width - 1, height - 1], device=clips_BTHW.device) / 2
        return F.grid_sample(
            clips_BTHW, grid_BHW2 / reach_2, padding_mode="border", align_corners=True
        )

    def matrices(self, parameters_BP: Tensor) -> tuple[Tensor, Tensor]:
        """The warps as matrices (B, 2, 2) and shifts (B, 2).

        A point of the view, in pixels right and down of its centre, shows what the clip
        has at matrix · point + shift of its centre.
        """
        turn_B, zoom_B, down_B, right_B, slant_B = parameters_BP.unbind(1)
        angle_B = turn_B * math.radians(self.rotation)
        slope_B = torch.tan(slant_B * math.radians(self.shear))
        shrink_B = torch.exp(-zoom_B * math.log(self.scale))
        cos_B, sin_B = angle_B.cos() * shrink_B, angle_B.sin() * shrink_B
        rows = [
            torch.stack([cos_B, cos_B * slope_B - sin_B], 1),
            torch.stack([sin_B, sin_B * slope_B + cos_B], 1),
        ]
        height, width = self.size
        shift_B2 = self.translation * torch.stack([right_B * width, down_B * height], 1)
        return torch.stack(rows, 1), shift_B2

    def _source_of(self, points_2: Tensor, parameters_BP: Tensor) -> Tensor:
        """Where view points come from, in pixels right and down of the clip's centre.

        Args:
            points_2: Points of the view, (..., 2), in the same units.
            parameters_BP: Normalised parameters.

        Returns:
            Points of the clip, (B, ..., 2): R(rotation) · shear / scale · p + t.
        """
        matrix_B22, shift_B2 = self.matrices(parameters_BP)
        moved = torch.einsum("bij,...j->b...i", matrix_B22, points_2)
        return moved + shift_B2.view(-1, *(1,) * (points_2.ndim - 1), 2)

    def _inside(self, parameters_BP: Tensor, source_HW: tuple[int, int]) -> Tensor:
        """Whether the corners of the warped view lie inside the clip: bool (B,)."""
        right, down = (self.size[1] - 1) / 2, (self.size[0] - 1) / 2
        corners_42 = torch.tensor(
            [(x, y) for x in (-right, right) for y in (-down, down)],
            device=parameters_BP.device,
        )
        source_B42 = self._source_of(corners_42, parameters_BP)
        reach_2 = torch.tensor([source_HW[1] - 1, source_HW[0] - 1]) / 2 + 1e-3
        return (source_B42.abs() <= reach_2.to(source_B42)).all(2).all(1)

    def _grid(self, device: torch.device) -> Tensor:
        """The view's pixels, right and down of its centre: (H, W, 2)."""
        height, width = self.size
        down_H = torch.arange(height, device=device) - (height - 1) / 2
        right_W = torch.arange(width, device=device) - (width - 1) / 2
        return torch.stack(torch.meshgrid(right_W, down_H, indexing="xy"), -1)
