"""Class probabilities along a video, and its best frames.

Legend: T frames of a video, C classes.
"""

from typing import Final

import numpy as np
from scipy import ndimage

from insonify.deploy.review.catalogue import Entry
from insonify.transfer.examples import Floats

_SMOOTH_S: Final = 0.5
"""Seconds over which probabilities are averaged before the best frame is chosen: a
plane that is held beats one that flashes by."""


def best_frames(entry: Entry, table_TC: Floats) -> list[int]:
    """Of every class the frame whose smoothed probability is highest."""
    return [int(i) for i in smoothed(entry, table_TC).argmax(0)]


def smoothed(entry: Entry, table_TC: Floats) -> Floats:
    """Probabilities averaged over half a second, never across a cut: (T, C)."""
    frames = round(_SMOOTH_S / entry.interval_s) if entry.interval_s else 1
    window = max(frames - (frames + 1) % 2, 1)  # odd, so that it has a middle
    bounds = np.flatnonzero(np.diff(entry.segments_T)) + 1
    parts = np.split(np.asarray(table_TC, np.float64), bounds)
    return np.concatenate(
        [ndimage.uniform_filter1d(part, window, 0, mode="nearest") for part in parts]
    )
