"""What is behind the mask? Masked autoencoding (He et al., MAE, CVPR 2022) of a frame.

For convolutions: hidden patches are filled with the mean of what is left, and a small
decoder reads the maps of all stages, as in SparK (Tian et al., ICLR 2023), whose sparse
convolutions this does without.

Legend: B batch, H rows, W columns, P patches, Q hidden patches, E pixels of a patch,
S stacks, C channels, h rows and w columns of a map, N frames, X hidden units.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from insonify.core.errors import ConfigError
from insonify.pretext.task import Answer, centre


@dataclass(frozen=True, kw_only=True)
class MaskedFrame:
    """Hide patches of a frame; ask for their pixels."""

    weight: float = 1.0
    """Share of the total loss; 0 turns the task off."""
    size: tuple[int, int] = (112, 144)
    """Rows and columns of the views."""
    frames: int = 2
    """Frames in a clip, of which the first is shown."""
    patch: int = 8
    """Side of a patch, in pixels; rows and columns are multiples of it."""
    hidden: float = 0.6
    """Share of the patches that are hidden (MAE: 0.75, SparK: 0.6)."""

    channels = 1
    margin = 1.0
    reads_maps = True

    def __post_init__(self) -> None:
        if any(side % self.patch for side in self.size):
            raise ConfigError(
                f"masked.patch is {self.patch}, which does not divide {self.size}"
            )
        if not 0 < self.count < self.patches:
            raise ConfigError(
                f"masked.hidden must leave and hide a patch, found {self.hidden}"
            )

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of patches."""
        return self.size[0] // self.patch, self.size[1] // self.patch

    @property
    def patches(self) -> int:
        """Patches of a frame."""
        return self.grid[0] * self.grid[1]

    @property
    def count(self) -> int:
        """Patches that are hidden."""
        return round(self.hidden * self.patches)

    @property
    def chance(self) -> dict[str, float]:
        return {"r2": 0.0}

    def sample(self, batch: int, generator: Generator) -> Answer:
        """Draw which patches are hidden: (B, Q), places in the grid row by row."""
        order_BP = torch.rand(batch, self.patches, generator=generator).argsort(1)
        return {"hidden": order_BP[:, : self.count]}

    def told(self, clips_BTHW: Tensor, answer: Answer) -> Answer:
        """The answer with the hidden pixels, each patch normalised (MAE): (B, Q, E)."""
        frame_B1HW = centre(clips_BTHW, self.size)[:, :1]
        every_BPE = F.unfold(frame_B1HW, self.patch, stride=self.patch).transpose(1, 2)
        hidden_BQ = answer["hidden"].to(every_BPE.device)
        pixels_BQE = every_BPE.gather(
            1, hidden_BQ[..., None].expand(-1, -1, every_BPE.shape[2])
        )
        rest_BQE = pixels_BQE - pixels_BQE.mean(2, keepdim=True)
        spread_BQ1 = (rest_BQE.square().mean(2, keepdim=True) + 1e-4).sqrt()
        return answer | {"pixels": rest_BQE / spread_BQ1}

    def apply(self, clips_BTHW: Tensor, answer: Answer) -> Tensor:
        """The first frame with its hidden patches filled: (B, 1, *size)."""
        frame_B1HW = centre(clips_BTHW, self.size)[:, :1]
        seen_BP = torch.ones(len(frame_B1HW), self.patches, device=frame_B1HW.device)
        seen_BP.scatter_(1, answer["hidden"].to(seen_BP.device), 0)
        seen_B1HW = F.interpolate(
            seen_BP.view(-1, 1, *self.grid), scale_factor=float(self.patch)
        )
        mean_B111 = (frame_B1HW * seen_B1HW).mean((2, 3), keepdim=True) / (
            seen_B1HW.mean((2, 3), keepdim=True)
        )
        return torch.where(seen_B1HW > 0, frame_B1HW, mean_B111)

    def head(self, dim: int) -> nn.Module:
        return self.map_head((dim,))

    def map_head(self, dims: Sequence[int]) -> nn.Module:
        return PatchDecoder(dims, self.grid, self.patch**2)

    def loss(self, output: Tensor, answer: Answer) -> Tensor:
        """Mean squared error over the hidden patches."""
        guess_BQE, truth_BQE = self._hidden(output, answer)
        return F.mse_loss(guess_BQE, truth_BQE)

    def score(self, output: Tensor, answer: Answer) -> dict[str, float]:
        """Share of the hidden pixels' variance within patches that is explained."""
        guess_BQE, truth_BQE = self._hidden(output, answer)
        error = (guess_BQE - truth_BQE).square().sum()
        total = truth_BQE.square().sum().clamp_min(1e-9)
        return {"r2": (1 - error / total).item()}

    def _hidden(self, output_BPE: Tensor, answer: Answer) -> tuple[Tensor, Tensor]:
        """What is said of the hidden patches, and what is true."""
        hidden_BQ = answer["hidden"].to(output_BPE.device)
        index_BQE = hidden_BQ[..., None].expand(-1, -1, output_BPE.shape[2])
        return output_BPE.gather(1, index_BQE), answer["pixels"].to(output_BPE.device)


class PatchDecoder(nn.Module):
    """From the maps of all stages to the pixels of every patch."""

    def __init__(
        self, dims: Sequence[int], grid: tuple[int, int], pixels: int, hidden: int = 64
    ) -> None:
        super().__init__()
        self.grid = grid
        self.project = nn.ModuleList(nn.Conv2d(dim, hidden, 1) for dim in dims)
        self.place = nn.Parameter(torch.randn(1, hidden, *grid) * 0.02)
        self.mix = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(hidden, hidden, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(hidden, pixels, 1),
        )

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Maps (B, 1, C, h, w), one a stage, to pixels (B, P, E)."""
        at_BXhw: Tensor = self.place
        for project, map_B1Chw in zip(self.project, maps, strict=True):
            at_BXhw = at_BXhw + self._on_grid(project(map_B1Chw.flatten(0, 1)))
        pixels_BEhw: Tensor = self.mix(at_BXhw)
        return pixels_BEhw.flatten(2).transpose(1, 2)

    def _on_grid(self, map_NXhw: Tensor) -> Tensor:
        """Averaged where a map is finer than the grid of patches, else interpolated."""
        if map_NXhw.shape[2] > self.grid[0]:
            return F.adaptive_avg_pool2d(map_NXhw, self.grid)
        return F.interpolate(map_NXhw, self.grid, mode="bilinear")
