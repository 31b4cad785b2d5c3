"""An encoder's forward and backward pass alone, and what the machine could do at most.

Legend: N images, H rows, W columns.
"""

from dataclasses import dataclass
from typing import Any, Final

import torch
from lightning.fabric import Fabric
from torch.utils.flop_counter import FlopCounterMode

from insonify.model.encoder import Encoder
from insonify.studies.step_bench.clock import fastest
from insonify.studies.step_bench.convolutions import (
    Limit,
    convolution_limits,
    convolutions_of,
)

_ROUNDS: Final = 8
_BUDGET: Final = 8.0
_SIDE: Final = {"cpu": 2048, "cuda": 8192}
"""Rows of the matrices that are multiplied."""


@dataclass(frozen=True, kw_only=True)
class EncoderSpeed:
    """Seconds of an encoder on a step's images, and the limits it is held against."""

    seconds: float
    """Forward and backward; the fastest of some rounds, as are the limits."""
    convolutions: list[Limit]
    """The least seconds of each of its convolutions."""
    operations: float
    """Floating-point operations of both; a multiplication and an addition are two."""
    matmul_rate: float
    """Operations a second of a large matrix product."""

    @property
    def convolution_limit(self) -> float:
        """The least seconds of all convolutions, forward and backward."""
        return sum(each.seconds for each in self.convolutions)

    @property
    def convolution_share(self) -> float:
        """Share of the encoder's time in which its convolutions could be done."""
        return self.convolution_limit / self.seconds

    @property
    def matmul_share(self) -> float:
        """Its operations a second over those of a matrix product."""
        return self.operations / self.seconds / self.matmul_rate


def encoder_speed(
    encoder: Encoder, fabric: Fabric, stacks: tuple[int, ...]
) -> EncoderSpeed:
    """Time an encoder on random frames.

    Args:
        encoder: The encoder, on the device; its gradients are lost.
        fabric: The device and the precision.
        stacks: Shape of what it is given: (N, H, W), or (N, K, H, W).
    """
    device = fabric.device
    given = torch.rand(stacks, generator=torch.Generator().manual_seed(0)).to(device)

    def work() -> None:
        with fabric.autocast():
            loss: Any = encoder(given).square().mean()
        loss.backward()
        encoder.zero_grad()

    encoder.train()
    seconds = fastest(work, device, rounds=_ROUNDS, budget=_BUDGET)
    with fabric.autocast():
        counts = convolutions_of(encoder, given)
        dtype = _dtype(device)
    with FlopCounterMode(display=False) as counter:
        work()
    return EncoderSpeed(
        seconds=seconds,
        convolutions=convolution_limits(counts, dtype, device),
        operations=float(counter.get_total_flops()),
        matmul_rate=_matmul_rate(dtype, device),
    )


def _dtype(device: torch.device) -> torch.dtype:
    """In which numbers convolutions are done here: autocast's, where it is on."""
    if torch.is_autocast_enabled(device.type):
        return torch.get_autocast_dtype(device.type)
    return torch.float32


def _matmul_rate(dtype: torch.dtype, device: torch.device) -> float:
    side = _SIDE.get(device.type, _SIDE["cpu"])
    left, right = torch.ones(2, side, side, dtype=dtype, device=device)

    seconds = fastest(lambda: left @ right, device, rounds=_ROUNDS, budget=1.0)
    return float(2 * side**3 / seconds)
