"""How fast does a clip play?

Pace prediction of Wang et al., ECCV 2020: some frames of a clip are shown, every one,
every second or every third, and the pace is asked for. The slowest is the clip's own.

Legend: B batch, T frames, S shown frames, H rows, W columns.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from insonify.core.errors import ConfigError
from insonify.pretext.frame_order import shuffle
from insonify.pretext.heads import PairwiseHead
from insonify.pretext.puzzle import Puzzle
from insonify.pretext.task import Answer, centre


@dataclass(frozen=True, kw_only=True)
class Pace(Puzzle):
    """Show some frames of a clip at one of a few paces; ask for the pace.

    The paces are all that fit: 7 frames hold 3 at a pace of 1, 2 and 3. Where the shown
    frames begin is drawn too, and says nothing of the pace.
    """

    frames: int = 7
    """Frames in a clip."""
    shown: int = 3
    """How many of them are shown, in order of time."""

    def __post_init__(self) -> None:
        if self.shown < 2 or self.frames < 2 * self.shown - 1:
            raise ConfigError(
                f"two paces need 2 or more frames of 2 · shown - 1, found {self.shown} "
                f"of {self.frames}; give pace more frames"
            )

    @property
    def paces(self) -> int:
        """How many paces fit into a clip: the fastest one."""
        return (self.frames - 1) // (self.shown - 1)

    @property
    def question(self) -> str:
        return "pace"

    @property
    def of_time(self) -> bool:
        return True

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"every {pace}" for pace in range(1, self.paces + 1))

    def sample(self, batch: int, generator: Generator) -> Answer:
        """Draw a pace, then a beginning, evenly: the shown frames are (B, S)."""
        pace_B = torch.randint(self.paces, (batch,), generator=generator) + 1
        room_B = self.frames - (self.shown - 1) * pace_B
        start_B = (torch.rand(batch, generator=generator) * room_B).long()
        steps_S = torch.arange(self.shown)
        return {"shown": start_B[:, None] + pace_B[:, None] * steps_S}

    def apply(self, clips_BTHW: Tensor, answer: Answer) -> Tensor:
        """The shown frames: (B, S, *size)."""
        return shuffle(centre(clips_BTHW, self.size), answer["shown"])

    def head(self, dim: int) -> nn.Module:
        return PairwiseHead(dim, self.shown, self.paces)

    def truth(self, answer: Answer) -> Tensor:
        return answer["shown"][:, 1] - answer["shown"][:, 0] - 1
