"""In which order, and how do any two lie? Both asked of the same views of a clip.

All frames of a clip are shown, shuffled and each warped its own way. One pass of the
encoder serves the order of the frames and the transforms between all pairs of them.

Neither question can be answered by what the other needs: to order frames, features must
follow what is shown wherever it lies, and to tell how two frames lie, they must say
where it lies. Other than in Jiao et al., ISBI 2020, no frame is shown twice.

Legend: B batch, T frames, H rows, W columns, V views, D features.
"""

from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor, nn

from insonify.core.errors import ConfigError
from insonify.pretext.frame_order import FrameOrder
from insonify.pretext.relative import RelativeTransform
from insonify.pretext.task import Answer
from insonify.pretext.two_questions import TwoQuestions


@dataclass(frozen=True, kw_only=True)
class SharedViews(TwoQuestions):
    """Shuffle a clip and warp each frame; ask for the order and all transforms."""

    order: FrameOrder = field(default_factory=lambda: FrameOrder(reading="path"))
    """How the order is asked; its weight is the order's share of this task's loss."""
    relative: RelativeTransform = field(
        default_factory=lambda: RelativeTransform(shown=4)
    )
    """How frames are warped; its weight is the transforms' share of the loss."""

    def __post_init__(self) -> None:
        self.require_alike("size", "frames")
        relative = self.relative
        if relative.shown != relative.frames or relative.same_frame:
            raise ConfigError(
                "shared views have an order only if all frames of a clip are shown; "
                f"give relative.shown {relative.frames}, without same_frame"
            )
        if self.order.input == "channels":
            raise ConfigError("shared views enter one by one; give order.input frames")

    @property
    def other(self) -> RelativeTransform:
        return self.relative

    @property
    def channels(self) -> int:
        return 1

    def sample(self, batch: int, generator: Generator) -> Answer:
        """Draw the order of the frames and their warps, as ``relative`` does."""
        answer = self.relative.sample(batch, generator)
        return answer | {"order": answer["shown"]}

    def apply(self, clips_BTHW: Tensor, answer: Answer) -> Tensor:
        """The frames in the drawn order, each after its warp: (B, T, *size).

        Raises:
            ValueError: a pixel of a view would lie outside the clip.
        """
        return self.relative.apply(clips_BTHW, answer)

    def head(self, dim: int) -> nn.Module:
        return _Both(self.order.head(dim), self.relative.head(dim))


class _Both(nn.Module):
    """Two heads that read the same features."""

    def __init__(self, order: nn.Module, relative: nn.Module) -> None:
        super().__init__()
        self.order = order
        self.relative = relative

    def forward(self, features_BVD: Tensor) -> Tensor:
        """Features to the scores of the orders, then the transforms of all pairs."""
        parts = [self.order(features_BVD), self.relative(features_BVD)]
        return torch.cat(parts, dim=1)
