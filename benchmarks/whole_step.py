"""The whole step of a recipe as ``insonify pretrain`` runs it, before and now.

Part of benchmarks/pretrain_step.py. Before: convolutions with oneDNN's own weight
gradient, a stem that rectifies before it pools, and freed memory that goes back to the
system (as glibc does by itself, once it has seen large blocks). Rounds alternate.
"""

import ctypes
import platform
import statistics
from collections.abc import Callable
from typing import Any, Final

from torch import nn

from insonify.core.heap import keep_freed_memory
from insonify.model.small_maps import SmallMapConv2d
from insonify.model.stem import PoolThenRectify
from insonify.recipes import RECIPES
from insonify.store import Store
from insonify.studies.step_bench.steps import Unwatched
from insonify.studies.step_bench.training import prepare
from insonify.train.joint_loss import JointLoss

_MIB: Final = 2**20
_STEPS: Final = 2
"""Steps a turn; the first, which pages memory in again, is not counted."""


def as_before(network: nn.Module) -> None:
    """Undo what ``Encoder`` does to its backbone, in place."""
    for module in network.modules():
        if isinstance(module, SmallMapConv2d):
            quick: Any = module
            quick.__class__ = nn.Conv2d
        elif isinstance(getattr(module, "maxpool", None), PoolThenRectify):
            module.maxpool = nn.MaxPool2d(3, 2, 1)
            module.act1 = nn.ReLU(inplace=True)


def hand_memory_back() -> None:
    """The limits that glibc arrives at by itself: 32 MiB, and 64 at the heap's end."""
    if platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(-3, 32 * _MIB)
        mallopt(-1, 64 * _MIB)
        mallopt(-2, _MIB // 8)


def measure_whole(
    recipe: str, store: Store | None, rounds: int
) -> list[dict[str, object]]:
    """A row for the step before, for each change alone, and for both."""
    old, new = (_stepper(recipe, store, before=b) for b in (True, False))
    variants: dict[str, tuple[Callable[[], object], Callable[[], float]]] = {
        "before": (hand_memory_back, old),
        "memory kept": (keep_freed_memory, old),
        "gradients and stem": (hand_memory_back, new),
        "now": (keep_freed_memory, new),
    }
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    for number in range(rounds + 1):
        for name, (set_memory, step) in variants.items():
            set_memory()
            taken = [step() for _ in range(_STEPS)]
            if number:
                seconds[name].append(taken[-1])
    where = "from a store" if store else "in memory"
    return [
        _row(recipe, f"{name}; clips {where}", seconds["before"], each)
        for name, each in seconds.items()
    ]


def _stepper(recipe: str, store: Store | None, *, before: bool) -> Callable[[], float]:
    """Makes a step, and says its seconds."""
    training, _ = prepare(RECIPES[recipe](), store)
    if before:
        as_before(training.model)
    loss_of, silent = JointLoss(training.options, training.kinds), Unwatched()
    return lambda: training.run(loss_of, silent)


def _row(
    recipe: str, variant: str, before: list[float], each: list[float]
) -> dict[str, object]:
    ratios = sorted(b / now for b, now in zip(before, each, strict=True))
    return {
        "recipe": recipe,
        "whole step": variant,
        "seconds (median)": statistics.median(each),
        "times faster (median)": statistics.median(ratios),
        "least": ratios[0],
        "most": ratios[-1],
    }
