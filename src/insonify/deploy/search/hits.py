"""What a search finds, and how much of it is wanted."""

from dataclasses import dataclass
from typing import NamedTuple

from insonify.core.errors import ConfigError
from insonify.store.frames import Integers
from insonify.transfer.examples import Floats


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How many frames are wanted, and how many of one video."""

    count: int = 12
    per_video: int = 1

    def __post_init__(self) -> None:
        if self.count < 1 or self.per_video < 1:
            raise ConfigError(
                "count and per_video must be at least 1, found "
                f"{self.count} and {self.per_video}"
            )

    def times(self, factor: int) -> "Limits":
        """So many times as many of both."""
        return Limits(count=factor * self.count, per_video=factor * self.per_video)


class Found(NamedTuple):
    """Frames, the best first."""

    positions: Integers
    similar: Floats


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A frame that was found."""

    position: int
    """In ``store.frames()``."""
    video: str
    frame: int
    """Its rank in time within its video."""
    subject: str
    time_s: float
    similarity: float
    """Cosine of the angle between its features and the vector, from -1 to 1."""
