"""How doubtful the most doubtful frame of each video is, found in the background.

Legend: T frames of a video, C classes.
"""

from collections.abc import Sequence
from threading import Event, Lock, Thread

import numpy as np

from insonify.deploy.labelling.doubt import margin
from insonify.deploy.review.book import Book, Row
from insonify.deploy.review.catalogue import Catalogue, Entry
from insonify.deploy.review.insight import Insight
from insonify.transfer.examples import Floats


class Doubts:
    """Of each video the doubt of its most doubtful frame that has no label."""

    def __init__(self, insight: Insight, book: Book) -> None:
        self._insight, self._book = insight, book
        self._thread: Thread | None = None
        self._stop, self._lock = Event(), Lock()
        self._seen: tuple[int, Catalogue] | None = None
        self.known: dict[str, float] = {}
        """By video; of the head and the labels as they were lately."""

    def look(self, catalogue: Catalogue) -> None:
        """Begin anew, in the background, if the head or the videos changed."""
        with self._lock:
            wanted = self._insight.version, catalogue
            busy = self._thread is not None and self._thread.is_alive()
            if busy or wanted == self._seen or not self._insight.fitted:
                return
            self._seen = wanted
            self._thread = Thread(
                target=self._run, args=wanted, name="doubts", daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        """Stop, after the video that is looked at."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, version: int, catalogue: Catalogue) -> None:
        labels, found = self._book.spans(), {}
        for entry in catalogue.entries:
            if self._stop.is_set() or self._insight.version != version:
                return
            table_TC = self._insight.planes(entry).table_TC
            if table_TC is not None:
                doubt = _most(entry, table_TC, labels.get(entry.video, ()))
                if doubt is not None:
                    found[entry.video] = doubt
        self.known = found


def _most(entry: Entry, table_TC: Floats, rows: Sequence[Row]) -> float | None:
    """The largest doubt among the frames without a label; None where all have one."""
    open_T = np.ones(entry.frames, bool)
    for row in rows:
        open_T[entry.within(row["start_s"], row["end_s"])] = False
    return float(margin(table_TC[open_T]).max()) if open_T.any() else None
