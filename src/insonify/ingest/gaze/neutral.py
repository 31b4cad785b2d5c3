"""The neutral table: path, t_s, x, y, valid; many videos in one file."""

from pathlib import Path
from typing import Final

from insonify.core.errors import IngestError
from insonify.ingest.gaze.lines import Rows, number
from insonify.ingest.gaze.samples import GazeSamples, Tape

_COLUMNS: Final = ("path", "t_s", "x", "y", "valid")
_VALID: Final = {"1": True, "true": True, "0": False, "false": False}


def read_neutral(path: Path) -> list[GazeSamples]:
    """Read a CSV with one row a sample.

    ``path`` names the video, relative to the folder that was ingested; ``t_s`` are
    seconds, ``x`` and ``y`` pixels of the screen from its upper left corner, ``valid``
    is 1 or 0. The rows of a video are in the order of their times.

    Raises:
        IngestError: it is no such table.
    """
    rows = Rows(path, ",")
    name, t_s, x, y, valid = (rows.place(column) for column in _COLUMNS)
    tapes: dict[str, Tape] = {}
    for line, cells in rows:
        point = number(cells[x], line, "x"), number(cells[y], line, "y")
        seen = _seen(cells[valid], line)
        tape = tapes.setdefault(cells[name], Tape())
        tape.add(line, number(cells[t_s], line, "t_s"), point if seen else None)
    if not tapes:
        return [Tape().samples(video=None)]
    return [tape.samples(video=video or None) for video, tape in tapes.items()]


def _seen(cell: str, line: int) -> bool:
    if (seen := _VALID.get(cell.lower())) is None:
        raise IngestError(f"line {line}: valid is neither 1 nor 0; correct it")
    return seen
