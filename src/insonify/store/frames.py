"""Which frames a store holds, as arrays in one canonical order.

Legend: N frames of the store, V videos.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from insonify.core.video import Box
from insonify.store.ordering import canonical_order
from insonify.store.writes import owners

Integers = npt.NDArray[np.signedinteger]
"""Counts and positions: int32 where there is one a frame, as far as that reaches."""
_ROWS: Final = 2**20
"""Rows that are joined at once."""


@dataclass(frozen=True, kw_only=True)
class FrameIndex:
    """One entry a frame, sorted by video and then by time.

    The order depends on the content only, not on when or by which worker a video was
    written, so that everything drawn from it is the same for the same content.
    """

    row_N: Integers
    """Offset of the frame in the Lance table."""
    video_N: Integers
    """Position of the frame's video in the lists below."""
    time_s_N: npt.NDArray[np.float64]
    """Seconds since the first frame of the source."""
    segment_N: Integers
    """Segment within the video."""
    motion_N: npt.NDArray[np.float32]
    """Change since the previous frame, in grey levels (see ``Video.motion_T``)."""
    video_ids: tuple[str, ...]
    subjects: tuple[str, ...]
    rectangles: tuple[Box, ...]
    shapes_HW: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.row_N)

    def of_subjects(self, subjects: frozenset[str]) -> Integers:
        """Positions of all frames of the given subjects, in order."""
        wanted_V = np.array([subject in subjects for subject in self.subjects], bool)
        return np.flatnonzero(wanted_V[self.video_N])

    def starts_V(self) -> Integers:
        """Position of the first frame of each video."""
        # Of the same type, or searching would copy the column.
        video_V = np.arange(len(self.video_ids), dtype=self.video_N.dtype)
        return np.searchsorted(self.video_N, video_V)


@dataclass(frozen=True, kw_only=True)
class FrameLabels:
    """The frames that carry a label of one task."""

    positions: Integers
    """Positions in the frame index, increasing."""
    labels: tuple[str, ...]
    """The label of each."""


def build_index(frames: pa.Table | Iterable[pa.Table], videos: pa.Table) -> FrameIndex:
    """Join the scanned columns of both tables; frames of no video are left out.

    24 bytes a frame, and 44 at most while it works if ``frames`` comes in parts
    (benchmarks/scale.py).

    Args:
        frames: Columns video, time_s, segment, motion and write: all rows, or parts one
            after the other, which are let go of one by one.
        videos: One row a video.
    """
    videos = videos.sort_by("video")
    video_N, time_s_N, segment_N, motion_N = _joined(frames, videos)
    order_N = canonical_order(video_N, time_s_N)
    # One column after the other, so that one at most is there twice.
    video_N = video_N[order_N]
    time_s_N = time_s_N[order_N]
    segment_N = segment_N[order_N]
    motion_N = motion_N[order_N]
    return FrameIndex(
        row_N=order_N,
        video_N=video_N,
        time_s_N=time_s_N,
        segment_N=segment_N,
        motion_N=motion_N,
        video_ids=tuple(videos["video"].to_pylist()),
        subjects=tuple(videos["subject"].to_pylist()),
        rectangles=tuple(Box(*box) for box in videos["rectangle"].to_pylist()),
        shapes_HW=tuple(
            zip(videos["height"].to_pylist(), videos["width"].to_pylist(), strict=True)
        ),
    )


def _joined(
    frames: pa.Table | Iterable[pa.Table], videos: pa.Table
) -> tuple[np.ndarray, ...]:
    """Video, time, segment and motion of each row, in the order of the table."""
    kinds = (np.int32, np.float64, np.int32, np.float32)
    columns: list[list[np.ndarray]] = [[np.empty(0, kind)] for kind in kinds]
    for part in _parts(frames):
        columns[0].append(owners(part, videos))
        for place, name in enumerate(("time_s", "segment", "motion"), start=1):
            columns[place].append(part[name].to_numpy())
    joined = tuple(np.concatenate(columns.pop(0)) for _ in kinds)
    pa.default_memory_pool().release_unused()  # 1.4 GiB of 1e8 frames
    return joined


def _parts(frames: pa.Table | Iterable[pa.Table]) -> Iterator[pa.Table]:
    if not isinstance(frames, pa.Table):
        yield from frames
        return
    for first in range(0, len(frames), _ROWS):
        yield frames.slice(first, _ROWS)


def label_frames(index: FrameIndex, labels: pa.Table) -> FrameLabels:
    """Find the frames that the rows of ``labels`` (of one task) cover.

    Where stretches overlap the later row wins.
    """
    starts_V = np.append(index.starts_V(), len(index))
    number = {video: position for position, video in enumerate(index.video_ids)}
    row_N = np.full(len(index), -1)
    rows = labels.to_pylist()
    for place, row in enumerate(rows):
        if (video := number.get(row["video"])) is None:
            continue
        first, last = int(starts_V[video]), int(starts_V[video + 1])
        times_T = index.time_s_N[first:last]
        start = -np.inf if row["start_s"] is None else row["start_s"]
        end = np.inf if row["end_s"] is None else row["end_s"]
        if start <= end:
            begin = np.searchsorted(times_T, start)
            stop = np.searchsorted(times_T, end, "right")
            row_N[first + begin : first + stop] = place
    positions = np.flatnonzero(row_N >= 0)
    found = [rows[place]["label"] for place in row_N[positions]]
    return FrameLabels(positions=positions, labels=tuple(found))


def with_frames(index: FrameIndex, rows: pa.Table) -> pa.Table:
    """The stretches that hold a frame at least.

    What is left of a label beside a later one may lie between two frames.

    Args:
        index: The frames.
        rows: Stretches with columns video, start_s and end_s, sorted by video.
    """
    names = pa.array(index.video_ids, pa.string())
    found = pc.index_in(rows["video"], value_set=names)
    rows, video_P = rows.filter(pc.is_valid(found)), found.drop_null().to_numpy()
    start_P = pc.fill_null(rows["start_s"], -np.inf).to_numpy()
    end_P = pc.fill_null(rows["end_s"], np.inf).to_numpy()
    starts_V = np.append(index.starts_V(), len(index))
    filled_P = np.zeros(len(rows), bool)
    for video in np.unique(video_P):
        first, end = np.searchsorted(video_P, [video, video + 1])
        times_T = index.time_s_N[starts_V[video] : starts_V[video + 1]]
        begin_P = np.searchsorted(times_T, start_P[first:end])
        stop_P = np.searchsorted(times_T, end_P[first:end], "right")
        filled_P[first:end] = begin_P < stop_P
    return rows.filter(pa.array(filled_P))


def subject_labels(index: FrameIndex, found: FrameLabels) -> dict[str, str]:
    """The most frequent label of each subject that has one."""
    counts: dict[str, Counter[str]] = {}
    for position, label in zip(found.positions, found.labels, strict=True):
        subject = index.subjects[index.video_N[position]]
        counts.setdefault(subject, Counter())[label] += 1
    return {name: count.most_common(1)[0][0] for name, count in counts.items()}
