"""A colour network's first convolution, folded for grey frames.

On a grey frame, repeated for red, green and blue, a convolution answers with the sum of
its channels. What is left is that networks of colour normalise each channel with its
own mean and deviation, and an encoder of ours has one mean and one deviation.

Legend: O channels out, C channels in, R rows and S columns of the filters.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from insonify.core.errors import CheckpointError


class Normalisation(NamedTuple):
    """What is subtracted from each channel, in [0, 1], and what it is divided by."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


class GreyStem(NamedTuple):
    """The folded convolution."""

    weight_O1RS: Tensor
    bias_O: Tensor
    """What it has to add: 0 where all channels have one mean."""
    mean: float
    std: float


def fold(weight_OCRS: Tensor, normalisation: Normalisation) -> GreyStem:
    """Fold a convolution's channels, and their normalisation, into one channel.

    With means m_c and deviations s_c, the sum over channels of W_c (x - m_c) / s_c is
    V (x - m) / s + b, where V is the sum of W_c s / s_c, and b that of all entries of
    W_c (m - m_c) / s_c. It is exact but where a filter reaches over the frame's edge:
    there the padding is m, not m_c, and only a part of b would be right. So m is chosen
    for the least squares of the entries that b sums; where the channels have one mean,
    m is that mean, b is 0, and all is exact. s is the mean deviation.
    """
    weights = weight_OCRS.double()
    mean_C, std_C = (_each(values, weights.shape[1]) for values in normalisation)
    scaled = weights / std_C
    summed = scaled.sum(1)
    mean, std = float(mean_C.mean()), float(std_C.mean())
    if power := float(summed.square().sum()):
        mean = float(((scaled * mean_C).sum(1) * summed).sum()) / power
    bias_O = (scaled * (mean - mean_C)).sum((1, 2, 3))
    return GreyStem((summed * std)[:, None].float(), bias_O, mean, std)


def absorb(state: dict[str, Tensor], conv: str, stem: GreyStem, net: nn.Module) -> None:
    """Put a folded convolution into a network's state.

    Its bias goes into the convolution's own, or else is subtracted from the running
    mean of the batch normalisation that follows. While that one trains, it takes the
    mean of its batch, and a bias before it does not count anyway.

    Raises:
        CheckpointError: there is a bias, and nothing to put it into.
    """
    state[f"{conv}.weight"] = stem.weight_O1RS
    norm = _following(net, conv)
    if f"{conv}.bias" in state:
        state[f"{conv}.bias"] = (state[f"{conv}.bias"] + stem.bias_O).float()
    elif isinstance(net.get_submodule(norm), nn.BatchNorm2d):
        key = f"{norm}.running_mean"
        state[key] = (state[key] - stem.bias_O).float()
    elif stem.bias_O.abs().max() > 1e-6:
        raise CheckpointError(
            "the first convolution has no bias and no batch normalisation after it, so "
            "that different means of red, green and blue cannot be folded; use another "
            "architecture"
        )


def _following(net: nn.Module, name: str) -> str:
    """The module without parts that comes after another one."""
    leaves = [each for each, module in net.named_modules() if not _parts(module)]
    after = leaves[leaves.index(name) + 1 :]
    return after[0] if after else ""


def _parts(module: nn.Module) -> bool:
    """Whether a module has parts that count; timm's normalisations hold activations."""
    return not isinstance(module, nn.BatchNorm2d) and any(module.children())


def _each(values: Sequence[float], channels: int) -> Tensor:
    """A value for each channel, (C, 1, 1)."""
    each_C = torch.tensor(values, dtype=torch.float64).expand(channels)
    return each_C[:, None, None]
