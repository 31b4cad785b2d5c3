"""What the store itself knows of a scan: labels, and where somebody looked.

Legend: T frames, P points, 2 right and down.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from insonify.core.errors import ConfigError
from insonify.core.saliency import Floats
from insonify.deploy.scan import Scan
from insonify.store import Store
from insonify.store.frames import Integers

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Labels and gaze of every frame of a scan."""

    labels_T: tuple[str | None, ...] | None
    """None where the store has none of the task for this scan."""
    points_T: tuple[Floats | None, ...] | None
    """Points (P, 2) in pixels of the stored frame; None where it has no gaze."""

    @classmethod
    def of(cls, store: Store, scan: Scan, task: str | None, window_s: float) -> "Truth":
        """Look up a scan.

        Args:
            store: The store that it is of.
            scan: The scan.
            task: Whose labels; None for none.
            window_s: Seconds around a frame whose gaze counts for it.

        Raises:
            ConfigError: the scan is a file.
        """
        if scan.positions is None:
            raise ConfigError(
                "--truth needs a scan of a store, whose labels and gaze it shows; "
                "name it STORE::VIDEO"
            )
        labels = points = None
        if task in store.tasks():
            found = store.frame_labels(str(task))
            labels = _at(scan.positions, found.positions, found.labels)
        if store.gaze_videos():
            gaze = store.frame_gaze(window_s)
            points = _at(scan.positions, gaze.positions, gaze.points)
        return cls(labels_T=labels, points_T=points)


def _at(
    wanted_T: Integers, known: Integers, values: tuple[T, ...]
) -> tuple[T | None, ...] | None:
    """The value of each wanted position; None in all where there is none."""
    places_T = np.searchsorted(known, wanted_T)
    found = [
        values[place] if place < len(known) and known[place] == position else None
        for place, position in zip(places_T.tolist(), wanted_T.tolist(), strict=True)
    ]
    return tuple(found) if any(value is not None for value in found) else None
