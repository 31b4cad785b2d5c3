"""What people say of a video: an append-only log of decisions, and what holds after it.

A decision is a row that is never changed: it says which label a stretch has from then
on, or that it has none. An undo is another row that names what it takes back. So any
number of people write at once and lose nothing, and who said what, and when, stays.
What holds is computed: labels that came with ingest first, then all decisions that
stand, in the order of their times.
"""

import math
import re
import secrets
import time
from dataclasses import dataclass
from typing import Final

from insonify.core.errors import ConfigError

MOST: Final = 40
"""Characters of an author's or a label's name."""
_EVENT: Final = re.compile(r"[0-9a-f]{16}")
_MILLISECOND: Final = 1_000_000
"""Nanoseconds; fewer than 16 ** 5."""
_ALL: Final = (None, None, None)
"""Label and interval of an undo."""


@dataclass(frozen=True, kw_only=True)
class Review:
    """One decision of one person; checked here, trusted above."""

    video: str
    """The video's keyed content hash."""
    task: str
    """What the label is about, such as ``plane``."""
    label: str | None
    """The class's name; None: there is no label in this stretch."""
    start_s: float | None
    """First second it holds for; None from the beginning."""
    end_s: float | None
    """Last second it holds for; None to the end."""
    author: str
    """Who said so, in words that the reviewer chose."""
    unix_ms: int
    """When: milliseconds since 1970, UTC."""
    event: str
    """Name of this decision: 16 hexadecimal digits."""
    undoes: str | None = None
    """The event that this one takes back. An undo can be taken back too."""

    def __post_init__(self) -> None:
        check_name("author", self.author)
        check_name("task", self.task)
        if self.label is not None:
            check_name("label", self.label)
        check_interval(self.start_s, self.end_s)
        events = [self.event] if self.undoes is None else [self.event, self.undoes]
        if not all(map(_EVENT.fullmatch, events)) or self.unix_ms < 0:
            raise ConfigError(
                f"{self.video}: an event is 16 hexadecimal digits at a time that is "
                f"not negative, found {events} at {self.unix_ms}"
            )
        if self.undoes is not None and (self.label, self.start_s, self.end_s) != _ALL:
            raise ConfigError(
                f"{self.video}: an undo takes back all of {self.undoes}; "
                "give it no label and no interval"
            )

    @classmethod
    def new(
        cls,
        *,
        video: str,
        task: str,
        label: str | None,
        author: str,
        start_s: float | None = None,
        end_s: float | None = None,
        undoes: str | None = None,
        after: int = 0,
    ) -> "Review":
        """A decision made now; of two that a process makes the second comes later.

        Args:
            video: The video's keyed content hash.
            task: What the label is about.
            label: The class's name; None: there is no label in this stretch.
            author: Who says so.
            start_s: First second it holds for; None from the beginning.
            end_s: Last second it holds for; None to the end.
            undoes: The event that it takes back.
            after: The last ``unix_ms`` that its author saw of this video: this one
                comes later, whatever the clocks of two machines say.

        Raises:
            ConfigError: a name is not one, or there is no such interval.
        """
        now, rest = divmod(time.time_ns(), _MILLISECOND)
        return cls(
            video=video,
            task=task,
            label=label,
            start_s=start_s,
            end_s=end_s,
            author=author,
            unix_ms=max(now, after + 1),
            # Within a millisecond the event decides: nanoseconds first, then chance.
            event=f"{rest:05x}{secrets.randbits(44):011x}",
            undoes=undoes,
        )


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """What holds of a stretch of a video."""

    label: str
    """The class's name."""
    start_s: float | None
    """First second it holds for; None from the beginning."""
    end_s: float | None
    """Last second it holds for; None to the end."""
    author: str | None = None
    """Who said so; None: it came with ingest."""
    unix_ms: int | None = None
    """When."""
    event: str | None = None
    """The decision that it comes from."""


def check_name(what: str, name: str) -> None:
    """Refuse what is no name of a label or of an author.

    Raises:
        ConfigError: it is empty, too long, or not printable.
    """
    if not (1 <= len(name) <= MOST and name.isprintable() and name == name.strip()):
        raise ConfigError(
            f"{what} must be 1 to {MOST} printable characters that neither begin nor "
            f"end with a space, found {name[: MOST + 1]!r}"
        )


def check_interval(start_s: float | None, end_s: float | None) -> None:
    """Refuse what is no stretch of time.

    Raises:
        ConfigError: a bound is not finite, or the end lies before the start.
    """
    bounds = [bound for bound in (start_s, end_s) if bound is not None]
    if not all(map(math.isfinite, bounds)) or bounds != sorted(bounds):
        raise ConfigError(
            "an interval must not end before it begins, in seconds, found "
            f"{start_s} to {end_s}; leave a bound out to mean the beginning or the end"
        )
