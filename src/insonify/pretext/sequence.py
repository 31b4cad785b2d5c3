"""Are frames in order, and if not, in which? The classical questions about order.

Legend: B batch, T frames, S shown frames, H rows, W columns, C classes, N choices.
"""

from dataclasses import dataclass
from itertools import permutations
from typing import Final, Literal

import torch
from torch import Generator, Tensor, nn

from insonify.core.errors import ConfigError
from insonify.pretext.frame_order import shuffle
from insonify.pretext.heads import PairwiseHead
from insonify.pretext.puzzle import Puzzle
from insonify.pretext.task import Answer, centre

_IN_ORDER: Final = ((0, 1, 2), (2, 1, 0))
_ASTRAY: Final = ((0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1))


@dataclass(frozen=True, kw_only=True)
class FrameSequence(Puzzle):
    """Shuffle frames of a clip; ask whether they are in order, or for their order.

    Both are read off all pairs of frames, which enter the encoder one by one.
    """

    asked: Literal["verification", "full"] = "verification"
    """verification: are three frames of the clip in order, forwards or backwards?
    (Misra et al., ECCV 2016.) full: in which of the T! orders are all of them? (VCOP,
    Xu et al., CVPR 2019, of frames in place of short clips.)"""

    def __post_init__(self) -> None:
        if not 3 <= self.frames <= 6:
            raise ConfigError(f"a sequence has 3 to 6 frames, found {self.frames}")

    @property
    def shown(self) -> int:
        """Frames that are shown."""
        return 3 if self.asked == "verification" else self.frames

    @property
    def question(self) -> str:
        return "verification" if self.asked == "verification" else "full order"

    @property
    def of_time(self) -> bool:
        return True

    @property
    def names(self) -> tuple[str, ...]:
        if self.asked == "verification":
            return "out of order", "in order"
        orders_CT = _orders(self.frames) + 1
        return tuple("-".join(map(str, order)) for order in orders_CT.tolist())

    def sample(self, batch: int, generator: Generator) -> Answer:
        """Draw which frame each view shows: (B, S), all different.

        For verification half of the draws are in order.
        """
        drawn_BT = torch.rand(batch, self.frames, generator=generator).argsort(1)
        if self.asked == "full":
            return {"shown": drawn_BT}
        in_time_B3 = drawn_BT[:, :3].sort(1).values
        places_N3 = torch.tensor(_IN_ORDER * 2 + _ASTRAY)
        which_B = torch.randint(len(places_N3), (batch,), generator=generator)
        return {"shown": in_time_B3.gather(1, places_N3[which_B])}

    def apply(self, clips_BTHW: Tensor, answer: Answer) -> Tensor:
        """The shown frames in the drawn order: (B, S, *size)."""
        return shuffle(centre(clips_BTHW, self.size), answer["shown"])

    def head(self, dim: int) -> nn.Module:
        return PairwiseHead(dim, self.shown, len(self.names))

    def truth(self, answer: Answer) -> Tensor:
        shown_BS = answer["shown"]
        if self.asked == "verification":
            first_B, middle_B, last_B = shown_BS.unbind(1)
            return ((first_B < middle_B) == (middle_B < last_B)).long()
        orders_CT = _orders(self.frames).to(shown_BS.device)
        return (shown_BS[:, None] == orders_CT).all(2).long().argmax(1)


def _orders(frames: int) -> Tensor:
    """All orders of frames, lexicographic: (T!, T)."""
    return torch.tensor(list(permutations(range(frames))))
