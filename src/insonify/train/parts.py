"""Tensors of which each process has a part, put together and taken apart."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor, distribute_tensor


def whole(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors, put together where processes have parts of them.

    All processes have to ask.
    """
    return {
        name: tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
        for name, tensor in tensors.items()
    }


def parted(tensor: Tensor, like: Tensor) -> Tensor:
    """The part of a whole tensor that this process has of one that is like it."""
    if not isinstance(like, DTensor):
        return tensor
    part: Tensor = distribute_tensor(tensor, like.device_mesh, like.placements)
    return part


@contextmanager
def gathered(model: nn.Module) -> Iterator[None]:
    """All weights on every process, for as long as modules within are called."""
    parts = [each for each in model.modules() if isinstance(each, FSDPModule)]
    for each in parts:
        each.unshard()
    try:
        yield
    finally:
        for each in parts:
            each.reshard()
