"""Wall clock and processor seconds of a training loop, whoever wrote it.

A step is a call of an optimiser's ``step``: PyTorch tells of every one, so that nothing
of a peer has to be changed to be timed.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from torch.optim.optimizer import register_optimizer_step_post_hook

_WARM = 3
"""Steps that are not counted: memory is allocated, workers start."""
_PARENT, _TIMES = 1, slice(11, 15)
"""Fields of /proc/PID/stat behind the name: parent; ticks of it and of its dead."""


class Enough(Exception):  # noqa: N818 (not an error)
    """The time to measure is over."""


class Mark(NamedTuple):
    """The end of a step."""

    wall: float
    cores: float


@dataclass
class Clock:
    """Called at the end of every step.

    Attributes:
        seconds: Wall-clock seconds to measure, the first steps not counted; None: until
            the loop ends.
        marks: The ends of all steps.
    """

    seconds: float | None = None
    marks: list[Mark] = field(default_factory=list)

    def __call__(self, *_: object) -> None:
        """Mark a step.

        Raises:
            Enough: the time to measure is over.
        """
        self.marks.append(Mark(time.perf_counter(), tree_seconds()))
        counted = self.marks[_WARM:]
        if self.seconds and counted and self._wall(counted) >= self.seconds:
            raise Enough

    def measured(self, warm: int = _WARM) -> dict[str, float]:
        """Steps after the first ``warm``; their wall clock and processor seconds.

        Time runs from the end of the step before; without one nothing is told.
        """
        counted = self.marks[warm:]
        if len(counted) < 2:
            return {}
        return {
            "steps": len(counted) - 1,
            "wall": self._wall(counted),
            "cores": counted[-1].cores - counted[0].cores,
        }

    @staticmethod
    def _wall(marks: list[Mark]) -> float:
        return marks[-1].wall - marks[0].wall


@contextmanager
def watched(seconds: float | None) -> Iterator[Clock]:
    """Time every step of any optimiser; ends the loop when ``seconds`` are over."""
    clock = Clock(seconds)
    handle = register_optimizer_step_post_hook(clock)
    try:
        yield clock
    except Enough:
        pass
    finally:
        handle.remove()


def tree_seconds() -> float:
    """Processor seconds so far of this process and all that it has started."""
    own = os.times()
    seconds = own.user + own.system + own.children_user + own.children_system
    tick = os.sysconf("SC_CLK_TCK")
    return seconds + sum(_descendants_ticks(os.getpid())) / tick


def _descendants_ticks(root: int) -> Iterator[int]:
    parents, ticks = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        number = int(path.parent.name)
        parents[number] = int(fields[_PARENT])
        ticks[number] = sum(map(int, fields[_TIMES]))
    for number in parents:
        above = parents.get(number)
        while above not in (root, None):
            above = parents.get(above)
        if above == root:
            yield ticks[number]
