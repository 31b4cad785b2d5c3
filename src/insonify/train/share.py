"""What one of several processes has of every batch.

Process r of w has the clips r, r + w, … of a batch. Everything that is drawn is drawn
for the whole batch by every process, so that a run draws the same on any number of
them.

Legend: B clips of the whole batch, b clips of this process.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from insonify.pretext.task import Answer


@dataclass(frozen=True, kw_only=True)
class Share:
    """The share of one process, and what the processes tell each other."""

    rank: int = 0
    """Number of this process."""
    world: int = 1
    """Number of all processes."""

    def of(self, drawn_B: Tensor) -> Tensor:
        """What was drawn for this process's clips: (b, …) of (B, …)."""
        return drawn_B[self.rank :: self.world]

    def of_answer(self, answer: Answer) -> Answer:
        """The answers of this process's clips."""
        return {name: self.of(drawn_B) for name, drawn_B in answer.items()}

    def whole(self, own_b: Tensor) -> Tensor:
        """The whole batch (B, …), in order, from each process's (b, …).

        For a loss that all processes take of the whole batch. Each passes the gradient
        of its own clips alone, ``world`` times, so that the mean over processes, which
        is what they learn from, is the gradient of that loss.
        """
        if self.world == 1:
            return own_b
        sent_b = own_b.detach().contiguous()
        parts = [torch.empty_like(sent_b) for _ in range(self.world)]
        dist.all_gather(parts, sent_b)
        if own_b.requires_grad:
            parts[self.rank] = _times(own_b, self.world)
        return torch.stack(parts, 1).flatten(0, 1)

    def whole_answer(self, answer: Answer, device: torch.device) -> Answer:
        """The answers of the whole batch, from each process's."""
        if self.world == 1:
            return answer
        return {name: self.whole(own_b.to(device)) for name, own_b in answer.items()}

    def mean(
        self, scores: Mapping[str, float], device: torch.device
    ) -> dict[str, float]:
        """Each score's mean over the processes."""
        if self.world == 1:
            return dict(scores)
        values = torch.tensor(list(scores.values()), device=device)
        dist.all_reduce(values)
        return dict(zip(scores, (values / self.world).tolist(), strict=True))


def _times(own_b: Tensor, world: int) -> Tensor:
    """The same values, whose gradient is passed on ``world`` times."""
    passed_b = own_b.contiguous().clone()
    passed_b.register_hook(lambda gradient_b: gradient_b * world)  # type: ignore[no-untyped-call]
    return passed_b
