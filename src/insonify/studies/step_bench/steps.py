"""Steps of a recipe, timed whole and part by part."""

import itertools
import statistics
import time
from dataclasses import dataclass, field, replace
from typing import Final

import torch

from insonify.clips.loader import ClipLoader
from insonify.studies.step_bench.clock import Clock, synchronise
from insonify.studies.step_bench.training import (
    BACKWARD,
    OPTIMISER,
    WAITING,
    Training,
)
from insonify.studies.step_bench.watched import (
    ENCODER,
    HEADS,
    LOOKS,
    TRANSFER,
    WARPS,
    watch_network,
    watched_options,
)
from insonify.train.joint_loss import JointLoss

_ORDER: Final = (WAITING, TRANSFER, WARPS, LOOKS, ENCODER, HEADS, BACKWARD, OPTIMISER)
_FEWEST: Final = 2
_MOST: Final = 12


@dataclass(frozen=True, kw_only=True)
class Steps:
    """What some steps took; medians."""

    counted: int
    seconds: float
    """Of a whole step, with nothing to watch it."""
    parts: dict[str, float] = field(default_factory=dict)
    """Seconds of each part of a step that is watched; they add up to all of it."""


class Unwatched(Clock):
    """A clock that is not looked at: it never waits for a device."""

    def __init__(self) -> None:
        super().__init__(torch.device("cpu"))

    def enter(self, name: str) -> None:
        """Nothing."""

    def leave(self) -> None:
        """Nothing."""


def time_steps(training: Training, budget: float) -> Steps:
    """Make steps, watched and not in turn, until seconds are spent.

    Two that are not counted go before, and at least two of each kind are counted.
    """
    clock, silent = Clock(training.device), Unwatched()
    plain = JointLoss(training.options, training.kinds)
    watched = JointLoss(watched_options(training.options, clock), training.kinds)
    for _ in range(2):
        training.run(plain, silent)
    began = time.perf_counter()
    whole: list[float] = []
    parts: list[dict[str, float]] = []
    while len(whole) < _FEWEST or (
        len(whole) < _MOST and time.perf_counter() - began < budget
    ):
        synchronise(training.device)
        whole.append(training.run(plain, silent))
        end = watch_network(training.model, clock)
        training.run(watched, clock)
        end()
        parts.append(dict(clock.seconds))
        clock.seconds.clear()
    return Steps(
        counted=len(whole), seconds=statistics.median(whole), parts=_median_step(parts)
    )


def read_seconds(loader: ClipLoader) -> tuple[float, float]:
    """Seconds to read a batch from the store, and once its frames are in memory.

    Without a cache they are much the same.
    """
    fresh, marks = replace(loader, workers=0), [time.perf_counter()]
    for _ in range(2):
        for number in range(_FEWEST):
            fresh.read(number)
        marks.append(time.perf_counter())
    cold, warm = (
        (after - before) / _FEWEST for before, after in itertools.pairwise(marks)
    )
    return cold, warm


def _median_step(parts: list[dict[str, float]]) -> dict[str, float]:
    """The parts of the step of median length, in the order in which they begin."""
    by_length = sorted(parts, key=lambda each: sum(each.values()))
    median = by_length[len(by_length) // 2]
    return {name: median[name] for name in _ORDER if name in median}
