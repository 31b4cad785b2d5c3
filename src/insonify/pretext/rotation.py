"""By how many quarter turns was a frame rotated?

Gidaris et al., ICLR 2018. A square that holds the view whichever way it lies is turned
and the view is cut out of it: nothing is filled in, stretched or interpolated.

Legend: B batch, T frames, S side of the square, H rows, W columns.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from insonify.core.errors import ConfigError
from insonify.pretext.frame_order import shuffle
from insonify.pretext.heads import VectorHead
from insonify.pretext.puzzle import Puzzle
from insonify.pretext.task import Answer, centre


@dataclass(frozen=True, kw_only=True)
class Rotation(Puzzle):
    """Turn one frame of a clip; ask by how many quarters."""

    def __post_init__(self) -> None:
        if (self.size[0] - self.size[1]) % 2:
            raise ConfigError(
                f"rotation.size {self.size} has one odd side, so that a quarter turn "
                "about its centre falls between pixels; make both even"
            )
        if self.frames < 1:
            raise ConfigError(f"frames must be at least 1, found {self.frames}")

    @property
    def margin(self) -> float:
        return max(self.size) / min(self.size)

    @property
    def question(self) -> str:
        return "rotation"

    @property
    def of_time(self) -> bool:
        return False

    @property
    def names(self) -> tuple[str, ...]:
        return "0°", "90°", "180°", "270°"

    def sample(self, batch: int, generator: Generator) -> Answer:
        """Draw the frame (B, 1), and its quarter turns, anticlockwise, (B,)."""
        return {
            "shown": torch.randint(self.frames, (batch, 1), generator=generator),
            "turns": torch.randint(4, (batch,), generator=generator),
        }

    def apply(self, clips_BTHW: Tensor, answer: Answer) -> Tensor:
        """The turned frame: (B, 1, *size)."""
        side = max(self.size)
        squares_B1SS = centre(shuffle(clips_BTHW, answer["shown"]), (side, side))
        turns_B = answer["turns"].to(clips_BTHW.device)
        turned_4B1SS = torch.stack([squares_B1SS.rot90(n, (2, 3)) for n in range(4)])
        rows_B = torch.arange(len(turns_B), device=clips_BTHW.device)
        return centre(turned_4B1SS[turns_B, rows_B], self.size)

    def head(self, dim: int) -> nn.Module:
        return VectorHead(dim, len(self.names))

    def truth(self, answer: Answer) -> Tensor:
        return answer["turns"]
