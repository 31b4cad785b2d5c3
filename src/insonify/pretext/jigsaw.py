"""In which arrangement are the tiles of a frame?

Noroozi and Favaro, ECCV 2016: a fixed set of permutations as different as can be, and
tiles that are cut with a jitter, so that no edge fits another. As in Carlucci et al.,
CVPR 2019, the tiles are put together again and seen as one image: the encoder sees
frames at the size that it sees later.

Legend: B batch, T frames, G tiles a side, N tiles, C candidates, P permutations,
H rows, W columns, h rows and w columns of a tile.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import Final

import torch
from einops import rearrange
from torch import Generator, Tensor, nn

from insonify.core.errors import ConfigError
from insonify.pretext.frame_order import shuffle
from insonify.pretext.heads import VectorHead
from insonify.pretext.puzzle import Puzzle
from insonify.pretext.task import Answer, centre, source_size

_MOST: Final = 1000


@lru_cache
def most_different(tiles: int, count: int) -> Tensor:
    """Permutations that differ in as many places as can be: (P, N).

    The identity, then always the one whose least Hamming distance to those chosen is
    largest, the first of equals (Noroozi and Favaro, algorithm 1); out of all of four
    tiles, of more tiles out of 4000 that are drawn with a fixed seed.

    >>> most_different(4, 3).tolist()
    [[0, 1, 2, 3], [1, 0, 3, 2], [2, 3, 0, 1]]
    """
    every_CN = torch.tensor(list(permutations(range(4))))
    if tiles > 4:
        drawn = torch.rand(4 * _MOST, tiles, generator=Generator().manual_seed(0))
        every_CN = torch.cat([torch.arange(tiles)[None], drawn.argsort(1)])
    chosen, nearest_C = [0], torch.full((len(every_CN),), tiles)
    while len(chosen) < count:
        apart_C = (every_CN != every_CN[chosen[-1]]).sum(1)
        nearest_C = torch.minimum(nearest_C, apart_C)
        chosen.append(int(nearest_C.argmax()))
    return every_CN[chosen]


@dataclass(frozen=True, kw_only=True)
class Jigsaw(Puzzle):
    """Rearrange the tiles of one frame of a clip; ask for the arrangement."""

    grid: int = 2
    """Tiles a side; the sides of the views must be its multiples."""
    arrangements: int = 24
    """Arrangements to choose from."""
    jitter: float = 0.15
    """Largest independent shift of each tile, as a share of its sides."""

    def __post_init__(self) -> None:
        if self.grid < 2 or any(side % self.grid for side in self.size):
            raise ConfigError(
                f"jigsaw.grid {self.grid} does not divide views of {self.size} pixels; "
                "take another grid, 2 or more"
            )
        most = min(math.factorial(self.grid**2), _MOST)
        if not 2 <= self.arrangements <= most:
            raise ConfigError(
                f"jigsaw.arrangements must be 2 to {most}, found {self.arrangements}"
            )
        if not 0 <= self.jitter <= 1 or self.frames < 1:
            raise ConfigError("jitter must be in [0, 1], frames at least 1")

    @property
    def margin(self) -> float:
        return 1 + 2 * self.jitter / self.grid

    @property
    def question(self) -> str:
        return "jigsaw"

    @property
    def of_time(self) -> bool:
        return False

    @property
    def names(self) -> tuple[str, ...]:
        orders_PN = most_different(self.grid**2, self.arrangements) + 1
        return tuple("-".join(map(str, order)) for order in orders_PN.tolist())

    def sample(self, batch: int, generator: Generator) -> Answer:
        """Draw the frame (B, 1), the arrangement (B,) and shifts in ±1, (B, N, 2)."""
        shifts_BN2 = torch.rand(batch, self.grid**2, 2, generator=generator) * 2 - 1
        which_B = torch.randint(self.arrangements, (batch,), generator=generator)
        return {
            "shown": torch.randint(self.frames, (batch, 1), generator=generator),
            "arrangement": which_B,
            "shifts": shifts_BN2,
        }

    def apply(self, clips_BTHW: Tensor, answer: Answer) -> Tensor:
        """The frame with its tiles rearranged: (B, 1, *size)."""
        frames_B1HW = shuffle(clips_BTHW, answer["shown"])
        frames_BHW = centre(frames_B1HW, source_size(self.size, self.margin))[:, 0]
        tiles_BNhw = self._cut(frames_BHW, answer["shifts"].to(frames_BHW))
        table_PN = most_different(self.grid**2, self.arrangements)
        order_BN = table_PN[answer["arrangement"].cpu()]
        placed_BNhw = shuffle(tiles_BNhw, order_BN)
        return rearrange(placed_BNhw, "b (r c) h w -> b 1 (r h) (c w)", r=self.grid)

    def head(self, dim: int) -> nn.Module:
        return VectorHead(dim, self.arrangements)

    def truth(self, answer: Answer) -> Tensor:
        return answer["arrangement"]

    def _cut(self, frames_BHW: Tensor, shifts_BN2: Tensor) -> Tensor:
        """The tiles, row by row, each shifted by whole pixels: (B, N, h, w)."""
        device, grid = frames_BHW.device, self.grid
        sides = [side // grid for side in self.size]
        around = [
            (whole - side) // 2
            for whole, side in zip(frames_BHW.shape[1:], self.size, strict=True)
        ]
        index = []
        for axis, (side, border) in enumerate(zip(sides, around, strict=True)):
            reach = math.floor(self.jitter * side)
            places_N = torch.arange(grid**2, device=device)
            place_N = places_N // grid if axis == 0 else places_N % grid
            moved_BN = (shifts_BN2[..., axis] * reach).round().long()
            first_BN = border + place_N * side + moved_BN
            index.append(first_BN[..., None] + torch.arange(side, device=device))
        rows_BNh, columns_BNw = index
        batch_B = torch.arange(len(frames_BHW), device=device)[:, None, None, None]
        return frames_BHW[batch_B, rows_BNh[..., None], columns_BNw[:, :, None]]
