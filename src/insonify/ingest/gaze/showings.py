"""Stretches of a recording during which one video was on the screen.

Trackers that present videos themselves write a recording of many of them; each row
says which one was shown.
"""

from dataclasses import dataclass, field
from typing import Any

from insonify.core.video import Box
from insonify.ingest.gaze.samples import GazeSamples, Tape


@dataclass(kw_only=True)
class Showing:
    """One video on the screen, from when to when nothing else was."""

    video: str | None
    """Its name; None while none is named."""
    zero: float
    """Time of the first row that names it; 0 of the tracker's clock without a name."""
    capture: Box | None = None
    """Where on the screen it was."""
    tape: Tape = field(default_factory=Tape)


class Showings:
    """Divides the rows of a recording."""

    def __init__(self) -> None:
        self._last: tuple[str, ...] | None = None
        self._all: list[Showing] = []

    def at(self, key: tuple[str, ...], video: str, time: float) -> Showing:
        """The showing that a row belongs to: a new one where ``key`` changes."""
        if key != self._last:
            self._last = key
            zero = time if video else 0.0
            self._all.append(Showing(video=video or None, zero=zero))
        return self._all[-1]

    def tapes(self) -> list[Tape]:
        """The samples of all of them."""
        return [showing.tape for showing in self._all]

    def samples(self, **about: Any) -> list[GazeSamples]:
        """Their samples; unnamed stretches count only where nothing has a name.

        Raises:
            IngestError: there is no sample.
        """
        full = [showing for showing in self._all if len(showing.tape)]
        named = [showing for showing in full if showing.video] or full
        if not named:
            return [Tape().samples(video=None)]
        return [
            showing.tape.samples(
                zero=showing.zero, video=showing.video, capture=showing.capture, **about
            )
            for showing in named
        ]
