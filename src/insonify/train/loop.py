"""The whole training loop, in plain sight; it knows no configuration."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

LossOf = Callable[[nn.Module, Any, int], tuple[Tensor, dict[str, float]]]
"""From model, batch and step to the loss and the scores to watch."""


@dataclass(kw_only=True)
class State:
    """What changes while training; all that must be saved to resume."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    step: int = 0


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """What one step tells those who watch."""

    step: int
    """Steps done, this one included."""
    loss: float
    scores: Mapping[str, float]
    rate: float
    """Learning rate of the step."""
    seconds: float
    """Wall-clock time of the step."""
    waited: float
    """Part of ``seconds`` spent waiting for the batch."""


def fit(
    fabric: Fabric,
    state: State,
    batches: Iterator[Any],
    loss_of: LossOf,
    *,
    steps: int,
    rate_of: Callable[[int], float],
    on_step: Callable[[StepReport], None],
) -> None:
    """Train until ``state.step`` reaches ``steps``.

    Args:
        fabric: The devices and the precision.
        state: Model and optimiser, set up by ``fabric``; changed in place.
        batches: The batches from ``state.step`` on.
        loss_of: Loss and scores of a batch.
        steps: Steps in all, those done before included.
        rate_of: Learning rate of each step.
        on_step: Called after every step; may save, log or evaluate.

    Raises:
        FloatingPointError: the loss is not finite.
    """
    state.model.train()
    while state.step < steps:
        began = time.perf_counter()
        batch = next(batches)
        waited = time.perf_counter() - began
        rate = rate_of(state.step)
        for group in state.optimizer.param_groups:
            group["lr"] = rate
        loss, scores = loss_of(state.model, batch, state.step)
        fabric.backward(loss)
        state.optimizer.step()
        state.optimizer.zero_grad()
        mean: Any = fabric.all_reduce(loss.detach())
        value = mean.item()
        if not math.isfinite(value):  # For all processes alike.
            raise FloatingPointError(f"loss {value} at step {state.step}")
        state.step += 1
        seconds = time.perf_counter() - began
        on_step(
            StepReport(
                step=state.step,
                loss=value,
                scores=scores,
                rate=rate,
                seconds=seconds,
                waited=waited,
            )
        )
