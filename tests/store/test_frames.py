from dataclasses import fields

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insonify.store.frames import FrameIndex, build_index
from insonify.store.rows import FRAMES, VIDEOS

ROWS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(0, 2), st.integers(0, 5)),
    max_size=25,
)
"""Video, write and time of rows in the order of a table."""


def frames_of(rows: list[tuple[str, int, int]]) -> pa.Table:
    columns = ["video", "time_s", "segment", "motion", "write"]
    schema = pa.schema([FRAMES.field(name) for name in columns])
    table = [
        {"video": v, "time_s": t / 8, "segment": t // 3, "motion": n / 2, "write": w}
        for n, (v, w, t) in enumerate(rows)
    ]
    return pa.Table.from_pylist(table, schema=schema)


def videos_of(names: str) -> pa.Table:
    rows = [
        {
            "video": name,
            "subject": f"s-{'abcd'.index(name) // 2}",
            "height": 8,
            "width": 9,
            "rectangle": [0, 0, 8, 9],
            "write": 1,
        }
        for name in names
    ]
    return pa.Table.from_pylist(rows, schema=VIDEOS)


def one_by_one(
    rows: list[tuple[str, int, int]], names: str
) -> list[tuple[object, ...]]:
    """Row, video, time, segment and motion of each frame of the index."""
    found = sorted(
        (video, time, row)
        for row, (video, write, time) in enumerate(rows)
        if video in names and write == 1
    )
    there = sorted(names)
    return [(r, there.index(v), t / 8, t // 3, r / 2) for v, t, r in found]


def as_rows(index: FrameIndex) -> list[tuple[object, ...]]:
    columns = (index.row_N, index.video_N, index.time_s_N, index.segment_N)
    return list(zip(*(c.tolist() for c in (*columns, index.motion_N)), strict=True))


@settings(deadline=None, derandomize=True, max_examples=150)
@given(
    rows=ROWS, names=st.sampled_from(["", "a", "db", "cadb"]), size=st.integers(1, 9)
)
def test_an_index_is_what_rows_say_one_by_one(
    rows: list[tuple[str, int, int]], names: str, size: int
) -> None:
    """Unsorted tables, frames of no video or write, videos of one frame and of none."""
    frames, videos = frames_of(rows), videos_of(names)
    index = build_index(frames, videos)
    assert as_rows(index) == one_by_one(rows, names)
    assert index.video_ids == tuple(sorted(names))
    video = index.video_N.tolist()
    assert index.starts_V().tolist() == [
        sum(other < number for other in video) for number in range(len(names))
    ]
    theirs = [p for p, number in enumerate(video) if index.subjects[number] == "s-0"]
    assert index.of_subjects(frozenset({"s-0"})).tolist() == theirs
    parts = [frames.slice(first, size) for first in range(0, len(rows), size)]
    again = build_index(iter(parts), videos)
    for field in fields(index):
        assert np.array_equal(getattr(again, field.name), getattr(index, field.name))


@pytest.mark.parametrize("rows", [[], [("a", 1, n) for n in range(50)]])
def test_a_frame_takes_24_bytes(rows: list[tuple[str, int, int]]) -> None:
    index = build_index(frames_of(rows), videos_of("a"))
    columns = (index.row_N, index.video_N, index.time_s_N, index.segment_N)
    assert sum(c.nbytes for c in (*columns, index.motion_N)) == 24 * len(rows)
