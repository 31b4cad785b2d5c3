"""Labels of stretches of videos, from a table."""

import math
from pathlib import Path
from typing import Final, NamedTuple

from insonify.core.errors import ConfigError
from insonify.ingest.table import read_table

_COLUMNS: Final = ("path", "task", "label", "start_s", "end_s")


class Stretch(NamedTuple):
    """A label that holds from one second of a video to another; None: no bound."""

    task: str
    label: str
    start_s: float | None
    end_s: float | None


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
