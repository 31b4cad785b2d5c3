"""Which videos and frames there are: one picture of the store, which never changes.

Legend: N frames of the store, V videos, T frames of a video.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from insonify.core.video import Box
from insonify.deploy.review.refusals import Absent
from insonify.store import FrameIndex, Store
from insonify.store.frames import Integers

_NUMBER: Final = re.compile(r"\d{1,9}")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One video, and where its frames are in the store."""

    video: str
    subject: str
    exam: str
    first: int
    """Position of its first frame in ``store.frames()``."""
    rows_T: Integers
    """Offsets of its frames in the table of frames."""
    times_s_T: npt.NDArray[np.float64]
    segments_T: Integers
    shape_HW: tuple[int, int]
    rectangle: Box
    mm_per_pixel: list[float] | None
    """Downwards and to the right."""

    @property
    def frames(self) -> int:
        """How many there are; at least one."""
        return len(self.rows_T)

    @cached_property
    def interval_s(self) -> float:
        """What lies between two frames, as a rule; 0 where there is one only."""
        gaps = np.diff(self.times_s_T)
        return float(np.median(gaps)) if len(gaps) else 0.0

    @property
    def duration_s(self) -> float:
        """Seconds from the first frame to the end of the last."""
        return float(self.times_s_T[-1] - self.times_s_T[0]) + self.interval_s

    def number(self, i: int) -> int:
        """The frame number, if there is such a frame.

        Raises:
            Absent: there is none.
        """
        if not 0 <= i < self.frames:
            raise Absent(f"no such frame; this video has frames 0 to {self.frames - 1}")
        return i

    def within(self, start_s: float | None, end_s: float | None) -> Integers:
        """Numbers of the frames of an interval, both ends included."""
        start = -np.inf if start_s is None else start_s
        end = np.inf if end_s is None else end_s
        first = np.searchsorted(self.times_s_T, start, "left")
        return np.arange(first, np.searchsorted(self.times_s_T, end, "right"))


@dataclass(frozen=True)
class Catalogue:
    """All videos of a store, at one version."""

    index: FrameIndex
    entries: Sequence[Entry]
    """In the order of the index."""

    @classmethod
    def of(cls, store: Store) -> "Catalogue":
        """What a store holds now."""
        index = store.frames()
        rows = {row["video"]: row for row in store.videos().to_pylist()}
        bounds = np.append(index.starts_V(), len(index)).tolist()
        return cls(
            index,
            [
                _entry(index, number, rows[video], bounds[number : number + 2])
                for number, video in enumerate(index.video_ids)
                if bounds[number + 1] > bounds[number]
            ],
        )

    @cached_property
    def subjects(self) -> int:
        """How many there are."""
        return len({entry.subject for entry in self.entries})

    def __getitem__(self, video: str) -> Entry:
        """A video by its name.

        Raises:
            Absent: there is none.
        """
        try:
            return self._by_name[video]
        except KeyError:
            raise Absent("no such video in this store") from None

    def __contains__(self, video: str) -> bool:
        return video in self._by_name

    def at(self, position: int) -> tuple[Entry, int]:
        """Video and frame number of a position in ``store.frames()``."""
        entry = self._by_name[self.index.video_ids[self.index.video_N[position]]]
        return entry, position - entry.first

    @cached_property
    def _by_name(self) -> dict[str, Entry]:
        return {entry.video: entry for entry in self.entries}


def parsed_number(text: str) -> int:
    """A frame number as it stands in an address.

    Raises:
        Absent: it is none.
    """
    if not _NUMBER.fullmatch(text) or not text.isascii():
        raise Absent("no such frame; frames are numbered 0, 1, 2 and so on")
    return int(text)


def _entry(
    index: FrameIndex, number: int, row: dict[str, Any], bounds: list[int]
) -> Entry:
    part = slice(*bounds)
    return Entry(
        video=row["video"],
        subject=row["subject"],
        exam=row["exam"],
        first=bounds[0],
        rows_T=index.row_N[part],
        times_s_T=index.time_s_N[part],
        segments_T=index.segment_N[part],
        shape_HW=index.shapes_HW[number],
        rectangle=index.rectangles[number],
        mm_per_pixel=row["spacing_mm"],
    )
