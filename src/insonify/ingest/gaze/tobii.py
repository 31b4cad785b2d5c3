"""Tobii Pro Lab: data export as TSV."""

import math
from pathlib import Path

import numpy as np

from insonify.core.errors import IngestError
from insonify.core.video import Box
from insonify.ingest.gaze.lines import Rows, number
from insonify.ingest.gaze.samples import GazeSamples, mean_point
from insonify.ingest.gaze.showings import Showings
from insonify.ingest.gaze.tobii_layout import Layout, Names


def read_tobii(path: Path) -> list[GazeSamples]:
    """Read an export with at least Recording timestamp and Gaze point X and Y.

    Without the averaged gaze point the mean of the valid eyes is taken. Where media
    are named, each showing is a recording of its own, whose times count from the first
    row that names it.

    Raises:
        IngestError: it is no such table.
    """
    rows = Rows(path, "\t")
    layout = Layout.find(Names(rows.columns))
    showings, screen = Showings(), None
    for line, cells in rows:
        sampled = layout.sampled(cells)
        video = layout.video(cells)
        if not (sampled or video):
            continue
        time = layout.time_of(cells, line)
        showing = showings.at(layout.key(cells), video, time)
        showing.capture = showing.capture or _box(_numbers(cells, line, layout.box))
        screen = screen or _whole(_numbers(cells, line, layout.screen))
        if sampled:
            points = [eye.point(cells, line) for eye in layout.eyes]
            showing.tape.add(line, time, mean_point(points))
    unit_s = layout.unit_s or _guess_unit(showings)
    return showings.samples(unit_s=unit_s, screen=screen)


def _numbers(cells: list[str], line: int, places: tuple[int, ...]) -> list[int]:
    """Whole pixels at some places; nothing unless all are there."""
    found = [number(cells[place], line, "a size in pixels") for place in places]
    return [round(value) for value in found if math.isfinite(value)]


def _box(place: list[int]) -> Box | None:
    if len(place) != 4:
        return None
    left, top, width, height = place
    return Box(top, left, top + height, left + width)


def _whole(size: list[int]) -> tuple[int, int] | None:
    return (size[0], size[1]) if len(size) == 2 else None


def _guess_unit(showings: Showings) -> float:
    """Seconds a unit lasts, of exports that do not say it.

    Trackers take 25 to 1200 samples a second: 1 to 40 ms apart, or 800 to 40 000 µs.
    """
    steps = [np.diff(tape.times) for tape in showings.tapes()]
    step = float(np.median(np.concatenate([*steps, [0.0]])))
    if step < 100:
        return 1e-3
    if step >= 500:
        return 1e-6
    raise IngestError(
        f"Recording timestamps are {step:g} apart, neither milliseconds nor "
        "microseconds; export them with their unit"
    )
