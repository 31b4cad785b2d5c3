"""A puzzle: which of a few things was done to a clip? What all puzzles have in common.

Legend: B batch, C classes.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from insonify.pretext.task import Answer


@dataclass(frozen=True, kw_only=True)
class Puzzle(ABC):
    """A question with one right answer out of a few, at chance 1 / C."""

    weight: float = 1.0
    """Share of the total loss; 0 turns the task off."""
    size: tuple[int, int] = (112, 144)
    """Rows and columns of the views."""
    frames: int = 4
    """Frames in a clip."""

    channels = 1

    @property
    @abstractmethod
    def question(self) -> str:
        """What is asked, in a word or two."""

    @property
    @abstractmethod
    def of_time(self) -> bool:
        """Whether a clip in which nothing moves has no answer."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """What the classes are called."""

    @abstractmethod
    def truth(self, answer: Answer) -> Tensor:
        """The class of what was drawn: int64 (B,)."""

    @property
    def margin(self) -> float:
        return 1.0

    @property
    def chance(self) -> dict[str, float]:
        return {"accuracy": 1 / len(self.names)}

    def loss(self, output: Tensor, answer: Answer) -> Tensor:
        """Cross-entropy over the classes."""
        return F.cross_entropy(output, self.truth(answer).to(output.device))

    def score(self, output: Tensor, answer: Answer) -> dict[str, float]:
        right_B = output.argmax(1) == self.truth(answer).to(output.device)
        return {"accuracy": right_B.float().mean().item()}
