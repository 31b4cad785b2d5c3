"""Answers as plain values that JSON can hold; times have three decimals.

Legend: T frames of a video, C classes.
"""

from typing import Any, Final

import numpy as np

from insonify.deploy.labelling.curve import CurvePoint
from insonify.deploy.labelling.fitting import Fitted
from insonify.deploy.labelling.labeller import Queued
from insonify.deploy.review.book import Book, marks
from insonify.deploy.review.catalogue import Entry
from insonify.deploy.review.decisions import last_decision, last_undo
from insonify.deploy.review.insight import Planes
from insonify.deploy.review.planes import best_frames
from insonify.deploy.search.hits import Hit

Plain = dict[str, Any]
_POINT: Final = ("labels", "stretches", "macro_f1", "low", "high", "subjects")


def plain_scan(entry: Entry) -> Plain:
    """What never changes of a video."""
    height, width = entry.shape_HW
    return {
        "video": entry.video,
        "subject": entry.subject,
        "exam": entry.exam,
        "frames": entry.frames,
        "height": height,
        "width": width,
        "times_s": np.round(entry.times_s_T, 3).tolist(),
        "segments": entry.segments_T.tolist(),
        "mm_per_pixel": entry.mm_per_pixel,
    }


def plain_planes(entry: Entry, found: Planes) -> Plain:
    """Probabilities, a list a class with three decimals, and the best frames."""
    table_TC = found.table_TC
    return {
        "classes": list(found.classes),
        "probabilities": None
        if table_TC is None
        else np.round(table_TC.T.astype(np.float64), 3).tolist(),
        "why": found.why,
        "best": best_of_each(entry, found),
        "version": found.version,
    }


def best_of_each(entry: Entry, found: Planes) -> dict[str, int]:
    """The best frame of each class that is probable anywhere."""
    if found.table_TC is None:
        return {}
    best = zip(found.classes, best_frames(entry, found.table_TC), strict=True)
    known = dict(zip(found.classes, found.table_TC.max(0).tolist(), strict=True))
    return {name: i for name, i in best if known[name] > 0}


def plain_labels(entry: Entry, book: Book, author: str) -> Plain:
    """What holds of a video, and what its author can do about it."""
    log = book.log(entry)
    return {
        "task": book.task,
        "stretches": marks(entry, book.stretches(entry)),
        "can_undo": last_decision(log, author) is not None,
        "can_redo": last_undo(log, author) is not None,
    }


def plain_hit(hit: Hit, labels: list[str]) -> Plain:
    """A frame that looks alike, with its labels."""
    return {
        "video": hit.video,
        "frame": hit.frame,
        "subject": hit.subject,
        "time_s": round(hit.time_s, 3),
        "similarity": round(hit.similarity, 4),
        "labels": labels,
    }


def plain_queued(one: Queued) -> Plain:
    """A frame that is worth a label."""
    return {
        "video": one.video,
        "frame": one.frame,
        "time_s": round(one.time_s, 3),
        "subject": one.subject,
        "doubt": round(one.doubt, 3),
        "guess": {name: round(p, 3) for name, p in one.guess.items()},
    }


def plain_point(point: CurvePoint) -> Plain:
    """A point of the curve."""
    return {name: getattr(point, name) for name in _POINT}


def plain_fit(fitted: Fitted, version: int) -> Plain:
    """What a fit gave."""
    return {
        "version": version,
        "seconds": round(fitted.seconds, 3),
        "labels": fitted.labels,
        "macro_f1": None if fitted.point is None else fitted.point.macro_f1,
    }
