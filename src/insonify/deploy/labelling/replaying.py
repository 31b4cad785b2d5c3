"""When labels came in, so that a curve can be drawn once more.

Legend: N labelled frames, T frames of a video.
"""

import numpy as np

from insonify.deploy.labelling.labelled import Labelled
from insonify.store import Store
from insonify.transfer.examples import Integers


def dated(store: Store, task: str, labelled: Labelled) -> Integers:
    """Milliseconds since 1970 at which each label was decided; 0 if with ingest: (N,).

    Raises:
        StoreError: the log cannot be read.
    """
    index = store.frames()
    given_ms = np.zeros(len(index), np.int64)
    starts_V = np.append(index.starts_V(), len(index)).tolist()
    reviewed = set(store.reviews()["video"].to_pylist())
    for number, video in enumerate(index.video_ids):
        if video not in reviewed:
            continue
        times_s_T = index.time_s_N[starts_V[number] : starts_V[number + 1]]
        given_ms_T = given_ms[starts_V[number] : starts_V[number + 1]]
        for stretch in store.stretches(video, task):
            start = -np.inf if stretch.start_s is None else stretch.start_s
            end = np.inf if stretch.end_s is None else stretch.end_s
            inside_T = (times_s_T >= start) & (times_s_T <= end)
            given_ms_T[inside_T] = stretch.unix_ms or 0
    return given_ms[labelled.positions_N]


def moments(given_ms_N: Integers, batch: int, points: int) -> list[int]:
    """Moments at which a curve is drawn: after every so many decisions, and the last.

    Args:
        given_ms_N: When each label was decided.
        batch: Decisions between two moments.
        points: At most so many moments, evenly spaced.
    """
    ends = np.unique(given_ms_N)[::-batch][::-1]
    places = np.linspace(0, len(ends) - 1, min(points, len(ends))).round()
    chosen: list[int] = ends[places.astype(np.int64)].tolist()
    return chosen
