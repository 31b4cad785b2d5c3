"""The order of a clip and one question more, asked of the same views.

Legend: B batch, C orders, P numbers of the other answer.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from torch import Tensor

from insonify.core.errors import ConfigError
from insonify.pretext.frame_order import FrameOrder
from insonify.pretext.relative import RelativeTransform
from insonify.pretext.task import Answer
from insonify.pretext.transform import AffineTransform


@dataclass(frozen=True, kw_only=True)
class TwoQuestions(ABC):
    """What both tasks of this kind share; the output is the order, then the other."""

    weight: float = 1.0
    """Share of the total loss; 0 turns the task off."""
    order: FrameOrder = field(default_factory=FrameOrder)
    """How clips are shuffled; its weight is the order's share of this task's loss."""

    @property
    @abstractmethod
    def other(self) -> AffineTransform | RelativeTransform:
        """The other question; its weight is its share of this task's loss."""

    @property
    def size(self) -> tuple[int, int]:
        return self.order.size

    @property
    def frames(self) -> int:
        """Frames in a clip."""
        return self.order.frames

    @property
    def margin(self) -> float:
        return self.other.margin

    @property
    def chance(self) -> dict[str, float]:
        return self.order.chance | self.other.chance

    def loss(self, output: Tensor, answer: Answer) -> Tensor:
        """The weighted sum of both losses."""
        order_BC, other_BP = self.parts(output)
        order = self.order.loss(order_BC, answer)
        other = self.other.loss(other_BP, answer)
        return self.order.weight * order + self.other.weight * other

    def score(self, output: Tensor, answer: Answer) -> dict[str, float]:
        order_BC, other_BP = self.parts(output)
        found = self.order.score(order_BC, answer)
        return found | self.other.score(other_BP, answer)

    def parts(self, output: Tensor) -> tuple[Tensor, Tensor]:
        """What the head says of the order (B, C), and of the other (B, P)."""
        return output[:, : self.order.classes], output[:, self.order.classes :]

    def require_alike(self, *names: str) -> None:
        """Refuse questions that would change the same clip differently.

        Raises:
            ConfigError: one of the named options differs between them.
        """
        for name in names:
            one, other = getattr(self.order, name), getattr(self.other, name)
            if one != other:
                raise ConfigError(
                    f"order.{name} is {one}, the other task's {other}; they change "
                    "the same clip, give both the same"
                )
