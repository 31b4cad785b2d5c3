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
from insonify.pretext.frame_order import FrameOrder, shuffle
from insonify.pretext.heads import BeforeAfterHead, PairwiseHead, VectorHead
from insonify.pretext.task import Answer, centre
from insonify.pretext.transform import PARAMETERS, AffineTransform


@dataclass(frozen=True, kw_only=True)
class Disentangled:
    """Shuffle and warp the same clip; ask one network for both."""

    weight: float = 1.0
    """Share of the total loss; 0 turns the task off."""
    order: FrameOrder = field(default_factory=FrameOrder)
    """How clips are shuffled; its weight is the order's share of this task's loss."""
    transform: AffineTransform = field(default_factory=AffineTransform)
    """How clips are warped; its weight is the warp's share of this task's loss."""

    def __post_init__(self) -> None:
        for name in ("size", "frames", "input"):
            one, other = getattr(self.order, name), getattr(self.transform, name)
            if one != other:
                raise ConfigError(
                    f"order.{name} is {one}, transform.{name} {other}; they change the "
                    "same clip, give both the same"
                )

    @property
    def size(self) -> tuple[int, int]:
        return self.order.size

    @property
    def frames(self) -> int:
        """Frames in a clip."""
        return self.order.frames

    @property
    def margin(self) -> float:
        return self.transform.margin

    @property
    def channels(self) -> int:
        return 2 * self.frames if self.order.input == "channels" else 1

    @property
    def chance(self) -> dict[str, float]:
        return self.order.chance | self.transform.chance

    def sample(self, batch: int, generator: Generator) -> Answer:
        """Draw an order (B, T) and a warp's parameters (B, P) for each clip."""
        order = self.order.sample(batch, generator)
        return order | self.transform.sample(batch, generator)

    def apply(self, clips_BTHW: Tensor, answer: Answer) -> Tensor:
        """The clip as it is, then shuffled and warped: (B, 2 · frames, *size).

        Raises:
            ValueError: a pixel of a view would lie outside the clip.
        """
        corrupted = self.transform.warp(shuffle(clips_BTHW, answer["order"]), answer)
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

    def loss(self, output: Tensor, answer: Answer) -> Tensor:
        """The weighted sum of the losses of order and warp."""
        order_BC, warp_BP = self._parts(output)
        order = self.order.loss(order_BC, answer)
        warp = self.transform.loss(warp_BP, answer)
        return self.order.weight * order + self.transform.weight * warp

    def score(self, output: Tensor, answer: Answer) -> dict[str, float]:
        order_BC, warp_BP = self._parts(output)
        found = self.order.score(order_BC, answer)
        return found | self.transform.score(warp_BP, answer)

    def _parts(self, output: Tensor) -> tuple[Tensor, Tensor]:
        classes = self.order.classes
        return output[:, :classes], output[:, classes:]


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
