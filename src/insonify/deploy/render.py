"""A scan as a video that shows what a network makes of it.

The scan is gone through twice: for the probabilities, which a strip shows before their
frames come, and for the pictures. Frames are never all in memory.

Legend: T frames, B frames of a piece, H rows and W columns of views, C classes, h rows
and w columns of maps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from insonify.deploy.heads import Heads
from insonify.deploy.look import MOST_CLASSES, Layout, Look
from insonify.deploy.movie_file import new_movie
from insonify.deploy.overlay import Overlay
from insonify.deploy.picture import Footer, Painter
from insonify.deploy.scan import Scan
from insonify.deploy.seen import Seen, seen_by
from insonify.deploy.strip import Strip
from insonify.deploy.timeline import Timeline
from insonify.deploy.truth import Truth
from insonify.transfer.examples import Floats

OnProgress = Callable[[str, int, int | None], None]
"""Told what is being done, frames done, and of how many; None: not known yet."""

_USE = "For research use only. Not a medical device."


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """What was drawn."""

    frames: int
    duration_s: float
    shape_HW: tuple[int, int]
    seen: Seen
    hidden: tuple[str, ...]
    """Classes for which there is no row: those least probable in this scan."""


def render(
    scan: Scan,
    heads: Heads,
    out: Path,
    look: Look,
    *,
    truth: Truth | None = None,
    on_progress: OnProgress = lambda *_: None,
) -> Rendered:
    """Draw a scan into an mp4, atomically; one that is there is replaced.

    The first frame comes at once, and all others as long after it as in the scan.

    Args:
        scan: What to draw.
        heads: What to say of it.
        out: The file.
        look: How to draw it.
        truth: What is known of it, to be drawn too.
        on_progress: Called after every few frames.

    Raises:
        IngestError: the source is refused.
        ConfigError: this machine cannot write H.264.
    """
    timeline, table_TC = _first_look(scan, heads, on_progress)
    painter = _painter(
        scan, heads, look, timeline=timeline, table_TC=table_TC, truth=truth
    )
    count = len(timeline.times_s_T)
    rate = 1 / timeline.interval_s
    with new_movie(out, painter.layout.shape_HW, rate) as movie:
        number = 0
        for piece in scan.pieces():
            maps_Bhw = None
            if painter.heat:
                views_BHW = heads.views(piece.frames_BHW, scan.rectangle)
                maps_Bhw = heads.saliency(views_BHW)
            for place, frame_HW in enumerate(piece.frames_BHW):
                points = truth.points_T if truth else None
                picture = painter.paint(
                    number,
                    frame_HW,
                    None if maps_Bhw is None else maps_Bhw[place],
                    points[number] if points else None,
                )
                movie.add(picture, float(piece.times_s_B[place]) - timeline.begin_s)
                number += 1
            on_progress("drawing", number, count)
    return Rendered(
        frames=count,
        duration_s=timeline.end_s - timeline.begin_s,
        shape_HW=painter.layout.shape_HW,
        seen=seen_by(scan, heads.checkpoint, heads.card),
        hidden=tuple(name for name in heads.classes if name not in painter.names),
    )


def _first_look(
    scan: Scan, heads: Heads, on_progress: OnProgress
) -> tuple[Timeline, Floats]:
    """All times and, where there are classes, all probabilities (T, C)."""
    times, tables, done = [], [], 0
    for piece in scan.pieces():
        times.append(piece.times_s_B)
        if heads.classes:
            views_BHW = heads.views(piece.frames_BHW, scan.rectangle)
            tables.append(heads.probabilities(views_BHW))
        done += len(piece.times_s_B)
        on_progress("looking", done, None)
    timeline = Timeline(np.concatenate(times))
    if not tables:
        return timeline, np.zeros((done, 0), np.float32)
    return timeline, np.concatenate(tables)


def _shown(table_TC: Floats) -> list[int]:
    """Classes that get a row: all, or those that are most probable at some time."""
    count = table_TC.shape[1]
    if count <= MOST_CLASSES:
        return list(range(count))
    return sorted(np.argsort(-table_TC.max(0), kind="stable")[:MOST_CLASSES].tolist())


def _painter(
    scan: Scan,
    heads: Heads,
    look: Look,
    *,
    timeline: Timeline,
    table_TC: Floats,
    truth: Truth | None,
) -> Painter:
    shown = _shown(table_TC)
    labels = truth.labels_T if truth else None
    layout = Layout.of(look, scan.shape_HW, len(shown), labels=labels is not None)
    return Painter(
        layout=layout,
        overlay=Overlay(
            frame_HW=scan.shape_HW,
            rectangle=scan.rectangle,
            size=heads.size,
            drawn_HW=(layout.frame.height, layout.frame.width),
            opacity=look.opacity,
        ),
        timeline=timeline,
        strip=Strip(timeline, look.strip_s),
        footer=_footer(heads, seen_by(scan, heads.checkpoint, heads.card)),
        names=tuple(heads.classes[place] for place in shown),
        task=heads.card.options.task or "",
        table_TC=table_TC[:, shown],
        runs=None if labels is None else timeline.runs(labels),
        labels_T=labels,
        heat=heads.has_saliency and look.opacity > 0,
        rings=truth is not None and truth.points_T is not None,
    )


def _footer(heads: Heads, seen: Seen) -> Footer:
    known = heads.checkpoint.provenance
    made = f"insonify render, encoder {known.get('recipe', 'unknown')}"
    return Footer(lines=(f"{_USE}  {made}.", f"{seen}."), warn=not seen.honest)
