"""Convolutions whose weight gradient is one matrix product, where that is faster.

oneDNN's weight gradient in bf16 runs at a third of the machine's rate where maps are
small and channels many, as in a ResNet's last stages: with 512 channels on maps of 2 by
3 it takes 29 ms, a product with the unfolded input 13 ms (one core with AVX-512 bf16;
benchmarks/pretrain_step.py). In fp32 unfolding loses, and so it may with AMX; there, on
other devices and without a gradient these are convolutions like any other.

Legend: N frames, C channels in, O channels out, H rows, W columns, h rows and w columns
of the output, R rows and S columns of the filters, P places of all outputs, K values
that one place reads.
"""

from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

_FEWEST_CHANNELS: Final = 64
_MOST_PLACES: Final = 49
"""Fewest channels in, and most places of an output map, with which unfolding pays."""
_Pair = tuple[int, int]


class SmallMapConv2d(nn.Conv2d):
    """A convolution that learns faster on small maps; see :func:`quicken`."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        """As ``nn.Conv2d``."""
        if not self._pays(input):
            return super().forward(input)
        bias = None if self.bias is None else self.bias.bfloat16()
        found: Tensor = _Unfolded.apply(
            input.bfloat16(), self.weight.bfloat16(), bias, self._how
        )
        return found

    @property
    def _how(self) -> tuple[_Pair, _Pair]:
        """Stride and padding."""
        padding: Any = self.padding
        return (self.stride[0], self.stride[1]), (padding[0], padding[1])

    def _pays(self, given_NCHW: Tensor) -> bool:
        learns = self.training and torch.is_grad_enabled() and self.weight.requires_grad
        if not (learns and _in_bf16(given_NCHW)):
            return False
        places = 1
        for axis, (step, pad) in enumerate(zip(*self._how, strict=True)):
            side = given_NCHW.shape[2 + axis] + 2 * pad
            places *= (side - self.kernel_size[axis]) // step + 1
        return 0 < places <= _MOST_PLACES


def quicken(network: nn.Module) -> None:
    """Give the plain convolutions of a network, in place, the faster gradient.

    Names, shapes and answers stay; gradients are the same sums in another order.
    """
    if not _has_slow_gradient():
        return
    for module in network.modules():
        if type(module) is nn.Conv2d and _can_unfold(module):
            module.__class__ = SmallMapConv2d


def unfolded(given_NCHW: Tensor, reach: _Pair, step: _Pair, pad: _Pair) -> Tensor:
    """What each place of a convolution's output reads, channels last: (P, K)."""
    given_NHWC = given_NCHW.permute(0, 2, 3, 1)
    if any(pad):
        given_NHWC = F.pad(given_NHWC, (0, 0, pad[1], pad[1], pad[0], pad[0]))
    frames, height, width, channels = given_NHWC.shape
    rows, columns = (
        (side - far) // every + 1
        for side, far, every in zip((height, width), reach, step, strict=True)
    )
    along_N, along_H, along_W, along_C = given_NHWC.stride()
    read = given_NHWC.as_strided(
        (frames, rows, columns, *reach, channels),
        (along_N, along_H * step[0], along_W * step[1], along_H, along_W, along_C),
    )
    return read.reshape(frames * rows * columns, -1)


class _Unfolded(torch.autograd.Function):
    """A convolution in bf16; its weight gradient is Gᵀ · unfolded input."""

    @staticmethod
    def forward(
        ctx: Any,
        given_NCHW: Tensor,
        weight_OCRS: Tensor,
        bias_O: Tensor | None,
        how: tuple[_Pair, _Pair],
    ) -> Tensor:
        ctx.save_for_backward(given_NCHW, weight_OCRS)
        ctx.how = how
        return F.conv2d(given_NCHW, weight_OCRS, bias_O, *how)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, gradient_NOhw: Tensor
    ) -> tuple[Tensor | None, Tensor, Tensor | None, None]:
        given_NCHW, weight_OCRS = ctx.saved_tensors
        onwards = None
        if ctx.needs_input_grad[0]:
            onwards, _, _ = torch.ops.aten.convolution_backward(
                gradient_NOhw,
                given_NCHW,
                weight_OCRS,
                None,
                *ctx.how,
                (1, 1),
                False,
                (0, 0),
                1,
                (True, False, False),
            )
        out, channels, *reach = weight_OCRS.shape
        read_PK = unfolded(given_NCHW, (reach[0], reach[1]), *ctx.how)
        gradient_PO = gradient_NOhw.permute(0, 2, 3, 1).reshape(-1, out)
        learnt_ORSC = (gradient_PO.t() @ read_PK).view(out, *reach, channels)
        bias = gradient_PO.sum(0) if ctx.needs_input_grad[2] else None
        return onwards, learnt_ORSC.permute(0, 3, 1, 2), bias, None


def _has_slow_gradient() -> bool:
    bf16 = torch.cpu._is_avx512_bf16_supported()
    return bf16 and not torch.cpu._is_amx_tile_supported()


def _can_unfold(module: nn.Conv2d) -> bool:
    return (
        module.groups == 1
        and module.dilation == (1, 1)
        and module.padding_mode == "zeros"
        and isinstance(module.padding, tuple)
        and module.in_channels >= _FEWEST_CHANNELS
    )


def _in_bf16(given_NCHW: Tensor) -> bool:
    """Whether a convolution of this would be one in bf16, on the CPU."""
    if given_NCHW.device.type != "cpu":
        return False
    if torch.is_autocast_enabled("cpu"):
        return torch.get_autocast_dtype("cpu") == torch.bfloat16
    return given_NCHW.dtype == torch.bfloat16
