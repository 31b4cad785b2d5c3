"""What became of gaze that was imported."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

COUNTS: Final = ("samples", "valid", "off_picture", "off_time")
"""What is counted over all videos that got gaze."""


class Refusal(NamedTuple):
    """A file of gaze, or the gaze of a video, that was not taken."""

    file: str
    """Its pseudonym."""
    samples: int
    """How many were lost; 0 where they could not be read."""
    reason: str


@dataclass(kw_only=True)
class GazeSummary:
    """What became of the gaze."""

    linkage: Path
    """The private list that says which pseudonym is which file."""
    files: int = 0
    videos: int = 0
    """Videos that got gaze."""
    counts: Counter[str] = field(default_factory=Counter)
    """Samples, those that were valid, and valid ones beside the stored picture and
    before or after the stored frames."""
    unreadable: list[Refusal] = field(default_factory=list)
    """Files that were refused."""
    absent: list[Refusal] = field(default_factory=list)
    """Videos that were named but are not in the store."""
    misplaced: list[Refusal] = field(default_factory=list)
    """Videos on which no sample could be put."""
