"""In which order were the frames taken?

Order correction of Jiao et al., ISBI 2020, section 2.1: the frames of a clip are
shuffled, and an order and its reverse are one class, for anatomy looks the same swept
either way: T!/2 classes, 12 for 4 frames.

The class is that of the path that visits the shown frames in time, up to its direction.
Merging the sequence of shown frames with its mirror image instead also gives T!/2
classes, but then a clip and the same clip played backwards need different answers.

Legend: B batch, T frames, H rows, W columns, C classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from insonify.core.errors import ConfigError
from insonify.pretext.heads import (
    MapPathHead,
    PairwiseHead,
    PathHead,
    VectorHead,
    paths,
)
from insonify.pretext.task import Answer, Input, centre


def order_class(order_BT: Tensor) -> Tensor:
    """The class of each order, the row of its path in :func:`paths`: (B,).

    Args:
        order_BT: View *i* shows frame ``order[i]``; its path visits view
            ``argsort(order)[t]`` at time *t*.
    """
    table_CT = paths(order_BT.shape[1]).to(order_BT.device)
    path_BT = order_BT.argsort(1)
    backwards_B1 = path_BT[:, :1] > path_BT[:, -1:]
    forward_BT = torch.where(backwards_B1, path_BT.flip(1), path_BT)
    return (forward_BT[:, None] == table_CT).all(2).long().argmax(1)


def shuffle(clips_BTHW: Tensor, order_BT: Tensor) -> Tensor:
    """The clips with frame ``order[i]`` at place *i*."""
    order_BT = order_BT.to(clips_BTHW.device)
    rows_B1 = torch.arange(len(order_BT), device=clips_BTHW.device)[:, None]
    return clips_BTHW[rows_B1, order_BT]


@dataclass(frozen=True, kw_only=True)
class FrameOrder:
    """Shuffle the frames of a clip; ask for their order up to reversal."""

    weight: float = 1.0
    """Share of the total loss; 0 turns the task off."""
    size: tuple[int, int] = (112, 144)
    """Rows and columns of the views."""
    frames: int = 4
    """Frames in a clip."""
    input: Input = "frames"
    """What the encoder sees: one frame at a time, whose features the head compares in
    pairs; or all of a clip at once, as channels, which the paper probably means."""

    reading: Literal["pairs", "path", "maps"] = "pairs"
    """How the order is read off single frames: "pairs" compares any two frames freely;
    "path" scores an order by how far the features move along it; "maps" by how far the
    maps of all stages do, place by place."""

    margin = 1.0

    def __post_init__(self) -> None:
        if self.frames < 3:
            raise ConfigError(f"an order needs 3 frames, found {self.frames}")
        if self.reading != "pairs" and self.input == "channels":
            raise ConfigError(
                f"order.reading is {self.reading}, which compares frames; input must "
                "be frames"
            )

    @property
    def channels(self) -> int:
        return self.frames if self.input == "channels" else 1

    @property
    def classes(self) -> int:
        """Orders up to reversal."""
        return len(paths(self.frames))

    @property
    def chance(self) -> dict[str, float]:
        return {"accuracy": 1 / self.classes}

    def sample(self, batch: int, generator: Generator) -> Answer:
        """Draw an order for each clip; view *i* shows frame ``order[i]``: (B, T)."""
        return {"order": torch.rand(batch, self.frames, generator=generator).argsort(1)}

    def apply(self, clips_BTHW: Tensor, answer: Answer) -> Tensor:
        """Show the frames in the drawn order: (B, T, *size)."""
        return shuffle(centre(clips_BTHW, self.size), answer["order"])

    @property
    def reads_maps(self) -> bool:
        return self.reading == "maps"

    def map_head(self, dims: Sequence[int]) -> nn.Module:
        return MapPathHead(dims, self.frames)

    def head(self, dim: int) -> nn.Module:
        if self.reads_maps:
            return self.map_head((dim,))
        if self.input == "channels":
            return VectorHead(dim, self.classes)
        if self.reading == "path":
            return PathHead(dim, self.frames)
        return PairwiseHead(dim, self.frames, self.classes)

    def loss(self, output: Tensor, answer: Answer) -> Tensor:
        """Cross-entropy over the classes."""
        return F.cross_entropy(output, order_class(answer["order"]).to(output.device))

    def score(self, output: Tensor, answer: Answer) -> dict[str, float]:
        truth_B = order_class(answer["order"]).to(output.device)
        return {"accuracy": (output.argmax(1) == truth_B).float().mean().item()}
