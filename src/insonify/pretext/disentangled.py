"""In which order, and how warped? Both asked of one corrupted clip.

"Ours-Dise" of Jiao et al., ISBI 2020, section 2.2: a clip is shuffled and warped, one
network sees it together with the original, and its output vector is split in two: the
order is read off the first half, the warp off the second.

The original is in order, so the order can be found by matching frames instead of by
knowing how anatomy moves. That leak is the paper's, whose disentangled variant does
worse than its Siamese one; it is kept, to be compared with.

Legend: B batch, T frames, V views, S stacks of views, H rows, W columns, D features.
"""

from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor, nn

from insonify.core.errors import ConfigError
from insonify.pretext.frame_order import shuffle
from insonify.pretext.heads import BeforeAfterHead, PairwiseHead, VectorHead
from insonify.pretext.task import Answer, centre
from insonify.pretext.transform import AffineTransform
from insonify.pretext.two_questions import TwoQuestions
from insonify.pretext.warp import PARAMETERS


@dataclass(frozen=True, kw_only=True)
class Disentangled(TwoQuestions):
    """Shuffle and warp the same clip; ask one network for both."""

    transform: AffineTransform = field(default_factory=AffineTransform)
    """How clips are warped; its weight is the warp's share of this task's loss."""

    def __post_init__(self) -> None:
        self.require_alike("size", "frames", "input")
        if self.order.reading == "path":
            raise ConfigError(
                "order.reading is path, but a disentangled head compares a clip with "
                "its original; give pairs"
            )

    @property
    def other(self) -> AffineTransform:
        return self.transform

    @property
    def channels(self) -> int:
        return 2 * self.frames if self.order.input == "channels" else 1

    def sample(self, batch: int, generator: Generator) -> Answer:
        """Draw an order (B, T) and a warp's parameters (B, P) for each clip."""
        order = self.order.sample(batch, generator)
        return order | self.transform.sample(batch, generator)

    def apply(self, clips_BTHW: Tensor, answer: Answer) -> Tensor:
        """The clip as it is, then shuffled and warped: (B, 2 · frames, *size).

        Raises:
            ValueError: a pixel of a view would lie outside the clip.
        """
        corrupted = self.transform.warp(
            shuffle(clips_BTHW, answer["order"]), answer["parameters"]
        )
        return torch.cat([centre(clips_BTHW, self.size), corrupted], dim=1)

    def head(self, dim: int) -> nn.Module:
        first, second = dim // 2, dim - dim // 2
        classes, outputs = self.order.classes, len(PARAMETERS)
        if self.channels > 1:
            return _Halves(VectorHead(first, classes), VectorHead(second, outputs))
        return _Halves(
            PairwiseHead(first, 2 * self.frames, classes),
            nn.Sequential(_ClipMeans(), BeforeAfterHead(second, outputs)),
        )


class _Halves(nn.Module):
    """The order off the first half of the features, the warp off the second."""

    def __init__(self, order: nn.Module, transform: nn.Module) -> None:
        super().__init__()
        self.order = order
        self.transform = transform

    def forward(self, features_BSD: Tensor) -> Tensor:
        """Features to the scores of the orders, then the parameters of the warp."""
        half = features_BSD.shape[2] // 2
        order_BC = self.order(features_BSD[..., :half])
        warp_BP = self.transform(features_BSD[..., half:])
        return torch.cat([order_BC, warp_BP], dim=1)


class _ClipMeans(nn.Module):
    """Mean features of the clip before, and of the clip after: blind to order."""

    def forward(self, features_BVD: Tensor) -> Tensor:
        """(B, 2 · frames, D) to (B, 2, D)."""
        before_BTD, after_BTD = features_BVD.chunk(2, dim=1)
        return torch.stack([before_BTD.mean(1), after_BTD.mean(1)], dim=1)
