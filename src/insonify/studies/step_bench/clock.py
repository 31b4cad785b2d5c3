"""Which part of a step takes how long: parts follow each other without a gap."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch


def synchronise(device: torch.device) -> None:
    """Wait for what a device was given to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def fastest(
    work: Callable[[], object], device: torch.device, *, rounds: int, budget: float
) -> float:
    """Seconds of the fastest of some rounds.

    Args:
        work: What to do.
        device: Where it is done.
        rounds: Most rounds, after one that is not counted.
        budget: Seconds after which no further round begins; one always is counted.
    """
    repeats = 10 if device.type == "cuda" else 1  # A kernel may be as short as a call.
    began, best = time.perf_counter(), float("inf")
    for number in range(rounds + 1):
        synchronise(device)
        start = time.perf_counter()
        for _ in range(repeats):
            work()
        synchronise(device)
        ended = time.perf_counter()
        if number or ended - began > budget:
            best = min(best, (ended - start) / repeats)
        if ended - began > budget:
            break
    return best


@dataclass
class Clock:
    """Adds up seconds of named parts; a part inside another is not the other's."""

    device: torch.device
    seconds: dict[str, float] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _since: float = 0.0

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """The block is of this part."""
        self.enter(name)
        try:
            yield
        finally:
            self.leave()

    def enter(self, name: str) -> None:
        """From here on it is this part, until :meth:`leave`."""
        if not self._open or self._open[-1] != name:
            self._note()
        self._open.append(name)

    def leave(self) -> None:
        """From here on it is again the part around this one."""
        name = self._open[-1]
        if self._open[-2:-1] != [name]:
            self._note()
        self._open.pop()

    def go_on_as(self, name: str) -> None:
        """What is left of the outermost part is another."""
        self._note()
        self._open[0] = name

    def _note(self) -> None:
        synchronise(self.device)
        now = time.perf_counter()
        if self._open:
            name = self._open[-1]
            self.seconds[name] = self.seconds.get(name, 0.0) + now - self._since
        self._since = now
