"""Labels of stretches of videos, from a table."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from insonify.core.errors import ConfigError
from insonify.ingest.table import read_table

_COLUMNS: Final = ("path", "task", "label", "start_s", "end_s")


class Stretch(NamedTuple):
    """A label that holds from one second of a video to another; None: no bound."""

    task: str
    label: str
    start_s: float | None
    end_s: float | None


class Moment(NamedTuple):
    """A label of one frame, for tables that count frames and not seconds."""

    task: str
    label: str
    frame: int
    """Number of the frame in the file, from 0."""


Marked: TypeAlias = Stretch | Moment
"""A label of a part of a video."""


def in_seconds(moment: Moment, times_s: Sequence[float]) -> Stretch | None:
    """The stretch about a frame's time in which no other frame lies.

    Args:
        moment: The label.
        times_s: Times of all frames of the file.

    Returns:
        The stretch; None where the file has no such frame.
    """
    frame, last = moment.frame, len(times_s) - 1
    if not 0 <= frame <= last:
        return None
    start_s = (times_s[frame - 1] + times_s[frame]) / 2 if frame else None
    end_s = (times_s[frame] + times_s[frame + 1]) / 2 if frame < last else None
    return Stretch(moment.task, moment.label, start_s, end_s)


def read_label_table(path: Path) -> dict[str, tuple[Stretch, ...]]:
    """Read a CSV with columns path, task, label, start_s, end_s.

    Args:
        path: The CSV; ``path`` in it is relative to the folder that is ingested, and an
            empty time means the beginning or the end.

    Returns:
        The stretches of each path.

    Raises:
        ConfigError: it is missing, lacks a column, or a time is no number.
    """
    found: dict[str, list[Stretch]] = {}
    for number, row in enumerate(read_table(path, _COLUMNS), start=2):
        try:
            start_s, end_s = (_seconds(row[name]) for name in ("start_s", "end_s"))
        except ValueError:
            raise ConfigError(
                f"{path}: line {number}: start_s or end_s is not in seconds; correct it"
            ) from None
        stretch = Stretch(row["task"], row["label"], start_s, end_s)
        found.setdefault(row["path"], []).append(stretch)
    return {name: tuple(stretches) for name, stretches in found.items()}


def _seconds(cell: str) -> float | None:
    if not cell:
        return None
    seconds = float(cell)
    if not math.isfinite(seconds):
        raise ValueError
    return seconds
