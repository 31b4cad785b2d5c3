"""Optimisers and learning-rate schedules."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from insonify.core.errors import ConfigError
from insonify.train.parts import parted, whole


@dataclass(frozen=True, kw_only=True)
class Optimisation:
    """How the weights are changed."""

    optimizer: Literal["adamw", "sgd"] = "adamw"
    """AdamW, or stochastic gradient descent with momentum 0.9."""
    learning_rate: float = 1e-3
    """Highest learning rate."""
    weight_decay: float = 1e-4
    """Weight decay."""
    schedule: Literal["cosine", "last-quarter"] = "cosine"
    """After the warm-up: cosine to zero, or constant and a tenth of it in the last
    quarter (the last two of the paper's eight epochs)."""
    warmup: float = 0.05
    """Share of the steps over which the rate rises linearly from zero."""

    def __post_init__(self) -> None:
        if self.learning_rate <= 0 or self.weight_decay < 0:
            raise ConfigError("learning_rate must be positive, weight_decay at least 0")
        if not 0 <= self.warmup < 1:
            raise ConfigError(f"warmup must be in [0, 1), found {self.warmup}")

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """The optimiser of these parameters."""
        rate, decay = self.learning_rate, self.weight_decay
        if self.optimizer == "sgd":
            return torch.optim.SGD(
                parameters, lr=rate, momentum=0.9, weight_decay=decay
            )
        return torch.optim.AdamW(parameters, lr=rate, weight_decay=decay, fused=True)

    def rate(self, step: int, steps: int) -> float:
        """The learning rate of a step: a function of the step alone, so it resumes."""
        rising = self.warmup * steps
        if step < rising:
            return self.learning_rate * (step + 1) / (rising + 1)
        progress = (step - rising) / max(1.0, steps - rising)
        if self.schedule == "cosine":
            return self.learning_rate * (1 + math.cos(math.pi * progress)) / 2
        return self.learning_rate * (0.1 if step >= 0.75 * steps else 1.0)


def pack(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """An optimiser's state as named, contiguous tensors: ``{parameter}.{entry}``.

    Where processes have parts of it, all of them have to ask.
    """
    state: dict[int, dict[str, Any]] = optimizer.state_dict()["state"]
    named = {
        f"{number}.{name}": torch.as_tensor(value)
        for number, entries in state.items()
        for name, value in entries.items()
    }
    return {name: tensor.contiguous() for name, tensor in whole(named).items()}


def unpack(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Load what :func:`pack` returned, in the memory layout of the parameters."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        number, name = key.split(".", 1)
        like = parameters[int(number)].detach()
        laid_out = tensor
        if tensor.shape == like.shape:
            laid_out = torch.empty_like(like).copy_(parted(tensor, like))
        state.setdefault(int(number), {})[name] = laid_out
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
