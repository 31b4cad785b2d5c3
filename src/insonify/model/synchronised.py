"""Batch normalisation by what all processes see, as if they were one.

Ioffe and Szegedy, ICML 2015, over a batch that is spread over processes. PyTorch's own
is for GPUs alone; on CPUs this one is used.

Legend: N images, C channels, H rows, W columns; n values of a channel in all processes.
"""

from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from timm.layers import BatchNormAct2d, convert_sync_batchnorm
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.modules.batchnorm import _BatchNorm


def synchronised(model: nn.Module, device: torch.device) -> nn.Module:
    """The model with all its batch normalisations synchronised; weights are shared.

    For one process, or where there is none, they do as before.
    """
    if device.type != "cpu":
        made: nn.Module = convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
        return made
    if isinstance(model, _BatchNorm):
        return SharedNorm(model)
    for name, part in model.named_children():
        setattr(model, name, synchronised(part, device))
    return model


class SharedNorm(_BatchNorm):
    """A batch normalisation whose batch is that of all processes; on CPUs.

    Args:
        own: What it replaces, with or without timm's activation behind it; its weights
            and running statistics are taken over, not copied.
    """

    def __init__(self, own: _BatchNorm) -> None:
        super().__init__(
            own.num_features,
            own.eps,
            own.momentum,
            own.affine,
            own.track_running_stats,
        )
        self._parameters, self._buffers = own._parameters, own._buffers
        self.after: nn.Module = nn.Identity()
        if isinstance(own, BatchNormAct2d):
            self.after = nn.Sequential(own.drop, own.act)
        self.train(own.training)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """Normalised (N, C) or (N, C, H, W), and activated."""
        if self.training and dist.is_initialized() and dist.get_world_size() > 1:
            normal_NCHW = self._of_all(x_NCHW)
        else:
            normal_NCHW = super().forward(x_NCHW)
        activated_NCHW: Tensor = self.after(normal_NCHW)
        return activated_NCHW

    def _of_all(self, x_NCHW: Tensor) -> Tensor:
        """Normalised by the statistics of all processes, which have as many each."""
        count = x_NCHW.numel() // x_NCHW.shape[1] * dist.get_world_size()
        mean_C, variance_C = _statistics(x_NCHW)
        if self.running_mean is not None and self.running_var is not None:
            assert self.num_batches_tracked is not None
            self.num_batches_tracked.add_(1)
            share = self.momentum or 1 / int(self.num_batches_tracked)
            self.running_mean.lerp_(mean_C, share)
            self.running_var.lerp_(variance_C * count / (count - 1), share)
        normal_NCHW: Tensor = _Normalised.apply(
            x_NCHW, self.weight, self.bias, mean_C, variance_C, self.eps, count
        )
        return normal_NCHW

    def _check_input_dim(self, input: Tensor) -> None:  # noqa: A002
        """Any shape with the channels second will do."""


@torch.no_grad()
def _statistics(x_NCHW: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and (biased) variance (C,) over all processes, float32."""
    own_2C = torch.zeros(2, x_NCHW.shape[1])
    count = x_NCHW.numel() // x_NCHW.shape[1]
    # With a share of 1 it puts the unbiased variance, in float32 whatever x is.
    torch.batch_norm_update_stats(x_NCHW, own_2C[0], own_2C[1], 1.0)
    own_2C[1] *= (count - 1) / count
    each = [torch.empty_like(own_2C) for _ in range(dist.get_world_size())]
    dist.all_gather(each, own_2C)
    mean_PC, variance_PC = torch.stack(each, 1)
    return mean_PC.mean(0), variance_PC.mean(0) + mean_PC.var(0, correction=0)


class _Normalised(torch.autograd.Function):
    """x to weight · (x - mean) / deviation + bias, whose mean and deviation are x's."""

    @staticmethod
    def forward(  # noqa: PLR0917
        ctx: Any,
        x_NCHW: Tensor,
        weight_C: Tensor | None,
        bias_C: Tensor | None,
        mean_C: Tensor,
        variance_C: Tensor,
        eps: float,
        count: int,
    ) -> Tensor:
        ctx.save_for_backward(x_NCHW, weight_C, mean_C, variance_C)
        ctx.eps, ctx.count = eps, count
        return F.batch_norm(
            x_NCHW, mean_C, variance_C, weight_C, bias_C, False, 0.0, eps
        )

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        """The gradients; those of x also through the statistics it is part of.

        With dy the gradient and n = (x - mean) / deviation, that of x is
        weight / deviation · (dy - mean(dy) - n · mean(dy · n)), means over all
        processes; PyTorch's gradient for fixed statistics has the first term.
        """
        x_NCHW, weight_C, mean_C, variance_C = ctx.saved_tensors
        (gradient_NCHW,) = gradients
        weighted_C = torch.ones_like(mean_C) if weight_C is None else weight_C
        dx_NCHW, dweight_C, dbias_C = torch.ops.aten.native_batch_norm_backward(
            gradient_NCHW,
            x_NCHW,
            weighted_C,
            mean_C,
            variance_C,
            None,
            None,
            False,
            ctx.eps,
            [True, True, True],
        )
        sums_2C = torch.stack([dbias_C, dweight_C])
        dist.all_reduce(sums_2C)
        by_C = (variance_C + ctx.eps).rsqrt()
        sum_C, dot_C = sums_2C / ctx.count * weighted_C * by_C
        slope_C = dot_C * by_C
        offset_C, zero_C = sum_C - mean_C * slope_C, torch.zeros_like(mean_C)
        # x · slope + offset, in float32 on the way even where x is not.
        dx_NCHW -= F.batch_norm(
            x_NCHW, zero_C, zero_C + 1, slope_C, offset_C, False, 0.0, 0.0
        )
        learnt = (None, None) if weight_C is None else (dweight_C, dbias_C)
        return dx_NCHW, *learnt, None, None, None, None
