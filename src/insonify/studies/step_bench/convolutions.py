"""The least time in which this machine does an encoder's convolutions.

Legend: N frames, C channels in, O channels out, H rows, W columns, h rows and w columns
of the output, R rows and S columns of the filters.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from insonify.model.encoder import channels_last
from insonify.model.small_maps import unfolded
from insonify.studies.step_bench.clock import fastest

_ROUNDS: Final = 5
_BUDGET: Final = 0.4
"""Seconds for each of the ways to do a convolution, about ten a shape."""
_Mask = tuple[bool, bool, bool]


@dataclass(frozen=True, kw_only=True)
class Convolution:
    """One shape of convolution in an encoder."""

    given: tuple[int, ...]
    """Shape of the input: (N, C, H, W)."""
    weight: tuple[int, ...]
    """Shape of the filters: (O, C / groups, R, S)."""
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    groups: int
    onwards: bool
    """Whether a gradient of the input is asked for; not of the frames."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """The least seconds of one shape."""

    convolution: Convolution
    times: int
    """How often it occurs in a pass of the encoder."""
    forward: float
    backward: float

    @property
    def seconds(self) -> float:
        """Of all its occurrences, forward and backward."""
        return self.times * (self.forward + self.backward)


def convolutions_of(network: nn.Module, given: Tensor) -> Counter[Convolution]:
    """The convolutions that a network does to an input, and how often."""
    found: Counter[Convolution] = Counter()

    def note(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(module, nn.Conv2d)
        padding: Any = module.padding
        found[
            Convolution(
                given=tuple(inputs[0].shape),
                weight=tuple(module.weight.shape),
                stride=_pair(module.stride),
                padding=(0, 0) if isinstance(padding, str) else _pair(padding),
                dilation=_pair(module.dilation),
                groups=module.groups,
                onwards=inputs[0].requires_grad,
            )
        ] += 1

    handles = [
        module.register_forward_pre_hook(note)
        for module in network.modules()
        if isinstance(module, nn.Conv2d)
    ]
    try:
        network(given)
    finally:
        for handle in handles:
            handle.remove()
    return found


def convolution_limits(
    counts: Counter[Convolution], dtype: torch.dtype, device: torch.device
) -> list[Limit]:
    """Time each shape alone, in the layout and the way that is fastest for it."""
    return [
        Limit(
            convolution=each,
            times=times,
            forward=min(_forward(each, dtype, device, last) for last in (True, False)),
            backward=min(
                _backward(each, dtype, device, last) for last in (True, False)
            ),
        )
        for each, times in counts.items()
    ]


def _forward(
    each: Convolution, dtype: torch.dtype, device: torch.device, last: bool
) -> float:
    given, weight, _ = _tensors(each, dtype, device, last)
    return fastest(
        lambda: F.conv2d(given, weight, None, *_how(each)),
        device,
        rounds=_ROUNDS,
        budget=_BUDGET,
    )


def _backward(
    each: Convolution, dtype: torch.dtype, device: torch.device, last: bool
) -> float:
    """Both gradients, together or one by one, the weight's by unfolding too."""
    given, weight, gradient = _tensors(each, dtype, device, last)
    stride, padding, dilation, groups = _how(each)

    def seconds(mask: _Mask) -> float:
        return fastest(
            lambda: torch.ops.aten.convolution_backward(
                gradient,
                given,
                weight,
                None,
                stride,
                padding,
                dilation,
                False,
                (0, 0),
                groups,
                mask,
            ),
            device,
            rounds=_ROUNDS,
            budget=_BUDGET,
        )

    def by_unfolding() -> Tensor:
        out, _, *reach = each.weight
        read = unfolded(given, (reach[0], reach[1]), stride, padding)
        return gradient.permute(0, 2, 3, 1).reshape(-1, out).t() @ read

    learnt = seconds((False, True, False))
    if groups == 1 and dilation == (1, 1) and each.onwards:
        product = fastest(by_unfolding, device, rounds=_ROUNDS, budget=_BUDGET)
        learnt = min(learnt, product)
    if not each.onwards:
        return learnt
    return min(seconds((True, True, False)), seconds((True, False, False)) + learnt)


def _tensors(
    each: Convolution, dtype: torch.dtype, device: torch.device, last: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Input, filters and a gradient of the output, in one layout."""
    generator = torch.Generator().manual_seed(0)

    def drawn(shape: tuple[int, ...]) -> Tensor:
        tensor = torch.randn(shape, generator=generator).to(device, dtype)
        return channels_last(tensor) if last else tensor

    given, weight = drawn(each.given), drawn(each.weight)
    shape = F.conv2d(given, weight, None, *_how(each)).shape
    return given, weight, drawn(tuple(shape))


def _how(
    each: Convolution,
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int], int]:
    return each.stride, each.padding, each.dilation, each.groups


def _pair(sides: tuple[int, ...]) -> tuple[int, int]:
    return sides[0], sides[1]
