"""Gazepoint Analysis: CSV of all gaze, with places as shares of the screen.

Gazepoint API manual 2.0, section 5: BPOG is the best point of gaze of both eyes, FPOG
that of the fixation filter, and the V columns say whether a point is valid.
"""

from pathlib import Path

from insonify.core.errors import IngestError
from insonify.ingest.gaze.lines import Rows, number
from insonify.ingest.gaze.samples import GazeSamples
from insonify.ingest.gaze.showings import Showings


def read_gazepoint(path: Path) -> list[GazeSamples]:
    """Read a CSV with TIME, BPOGX, BPOGY, BPOGV (or FPOG…) and perhaps MEDIA_NAME.

    Times of a medium count from its first row; without one they are the tracker's.

    Raises:
        IngestError: it is no such table.
    """
    rows = Rows(path, ",")
    kind = "BPOG" if "BPOGX" in rows.columns else "FPOG"
    x, y, valid = (rows.place(f"{kind}{end}") for end in "XYV")
    time = _time(rows)
    columns = [name for name in ("MEDIA_ID", "MEDIA_NAME") if name in rows.columns]
    media = [rows.place(name) for name in columns]
    showings = Showings()
    for line, cells in rows:
        time_s = number(cells[time], line, "TIME")
        key = tuple(cells[place] for place in media)
        video = key[-1] if "MEDIA_NAME" in columns else ""
        seen = number(cells[valid], line, f"{kind}V") == 1
        point = number(cells[x], line, f"{kind}X"), number(cells[y], line, f"{kind}Y")
        tape = showings.at(key, video, time_s).tape
        tape.add(line, time_s, point if seen else None)
    return showings.samples(unit="share")


def _time(rows: Rows) -> int:
    """The column of seconds; its header holds the date: ``TIME(2020/01/01 …)``."""
    for place, name in enumerate(rows.columns):
        if name == "TIME" or name.startswith("TIME("):
            return place
    raise IngestError("line 1: no column TIME(…); export all gaze with it")
