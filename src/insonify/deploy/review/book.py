"""Labels as reviewers see them, read from the store once for each of its versions."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict
from typing import Any, Final, NamedTuple, TypeVar, cast

import pyarrow.compute as pc

from insonify.deploy.review.archive import Archive
from insonify.deploy.review.catalogue import Entry
from insonify.store import Store, Stretch
from insonify.store.folding import taken_back

T = TypeVar("T")
Row = dict[str, Any]
_TABLES: Final = ("videos", "labels", "reviews")


class Log(NamedTuple):
    """Decisions about a video, oldest first."""

    rows: list[Row]
    gone: frozenset[str]
    """Events that were taken back and do not stand."""

    @property
    def latest_ms(self) -> int:
        """When the last one was made; 0 where there is none."""
        return max((row["unix_ms"] for row in self.rows), default=0)


class Book:
    """What holds of one task, and what anyone said about it."""

    def __init__(self, archive: Archive, task: str) -> None:
        self._archive = archive
        self.task = task
        self._versions: tuple[int, ...] = ()
        self._kept: dict[Hashable, object] = {}

    def stretches(self, entry: Entry) -> list[Stretch]:
        """What holds of a video, by start."""
        return self._once(
            ("stretches", entry.video),
            lambda store: store.stretches(entry.video, self.task),
        )

    def log(self, entry: Entry) -> Log:
        """All decisions about a video."""
        return self._once(("log", entry.video), lambda store: self._log(store, entry))

    def spans(self) -> dict[str, list[Row]]:
        """Labels of all videos that have some: rows with label, start_s and end_s."""
        return self._once(("spans",), self._spans)

    @property
    def revision(self) -> int:
        """Grows whenever labels or videos change, whoever changed them."""
        return sum(self._archive.versions(*_TABLES))

    def classes(self) -> list[str]:
        """Names that the store has labels of, sorted."""
        return sorted({row["label"] for rows in self.spans().values() for row in rows})

    def labels_at(self, entry: Entry, i: int) -> list[str]:
        """Labels of a frame; more than one only if ingest brought them so."""
        time_s = entry.times_s_T[i]
        return [
            stretch.label
            for stretch in self.stretches(entry)
            if (stretch.start_s is None or stretch.start_s <= time_s)
            and (stretch.end_s is None or time_s <= stretch.end_s)
        ]

    def _log(self, store: Store, entry: Entry) -> Log:
        table = store.reviews(entry.video)
        table = table.filter(pc.equal(table["task"], self.task))
        return Log(table.to_pylist(), frozenset(taken_back(table)))

    def _spans(self, store: Store) -> dict[str, list[Row]]:
        table = store.labels()
        rows = table.filter(pc.equal(table["task"], self.task)).to_pylist()
        found: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            found[row["video"]].append(row)
        return dict(found)

    def _once(self, key: Hashable, make: Callable[[Store], T]) -> T:
        """What is kept from the current version of the store, or made now."""
        with self._archive.lock:
            versions = self._archive.versions(*_TABLES)
            if versions != self._versions:
                self._versions, self._kept = versions, {}
            if key not in self._kept:
                self._kept[key] = make(self._archive.store)
            return cast(T, self._kept[key])


def span(
    entry: Entry, start_s: float | None, end_s: float | None
) -> tuple[float, float]:
    """An interval with its bounds named: the first and the last frame's if None."""
    first, last = float(entry.times_s_T[0]), float(entry.times_s_T[-1])
    return first if start_s is None else start_s, last if end_s is None else end_s


def labelled_s(entry: Entry, rows: Sequence[Row]) -> float:
    """Seconds of a video that carry a label; where two overlap they count once."""
    first, last = span(entry, None, None)
    total, reached = 0.0, first
    for begin, end in sorted(span(entry, row["start_s"], row["end_s"]) for row in rows):
        over = min(end, last) + entry.interval_s
        total += max(over - max(begin, reached), 0.0)
        reached = max(reached, over)
    return total


def marks(entry: Entry, stretches: Sequence[Stretch]) -> list[Row]:
    """Stretches as the first and the last frame in each; those without one left out.

    A frame that is labelled lies between its stretch's times although both have three
    decimals only, since the frame's time is rounded alike.
    """
    found = []
    for stretch in stretches:
        inside = entry.within(stretch.start_s, stretch.end_s)
        if len(inside):
            first, last = entry.times_s_T[inside[[0, -1]]].round(3).tolist()
            found.append({**asdict(stretch), "start_s": first, "end_s": last})
    return found
