"""How far a transfer is."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Step:
    """How far a transfer is."""

    done: int
    """Frames encoded or learnt from so far, over all encoders."""
    total: int
    """Frames to encode or to learn from in all."""
    doing: str
    """What is being done."""


class Tally:
    """Adds up what is done, and tells it."""

    def __init__(self, on_progress: Callable[[Step], None]) -> None:
        self._on_progress = on_progress
        self._done = self._total = 0

    def expect(self, frames: int) -> None:
        """There are so many more frames to go through."""
        self._total += frames

    def add(self, frames: int, doing: str) -> None:
        """Tell that so many frames are done, and what is being done."""
        self._done += frames
        self._on_progress(Step(done=self._done, total=self._total, doing=doing))
