"""Folding against a replay of the log, frame by frame."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insonify.core.video import Box
from insonify.store.folding import folded, holding, in_order, taken_back
from insonify.store.frames import FrameIndex, label_frames, with_frames
from insonify.store.reviews import Review
from insonify.store.rows import LABELS, REVIEWS

VIDEOS, TASKS = ("v-0", "v-1", "v-2"), ("plane", "zone")
TIMES = np.arange(8) / 3
IMPORTED = pa.schema([field for field in LABELS if field.name != "write"])
BOUNDS = st.none() | st.sampled_from([*TIMES.tolist(), -1.0, 0.5, 0.7, 9.0])


@st.composite
def logs(draw: st.DrawFn) -> list[Review]:
    """Decisions and undos in any order of time, each undo of something before it."""
    log: list[Review] = []
    for number in range(draw(st.integers(0, 12))):
        same: dict[str, Any] = {"author": "a", "event": f"{number * 7 % 13:016x}"}
        same |= {"unix_ms": draw(st.integers(0, 4))}
        if draw(st.booleans()) and log:
            old = draw(st.sampled_from(log))
            same |= {"video": old.video, "task": old.task, "undoes": old.event}
            log.append(Review(**same, label=None, start_s=None, end_s=None))
        else:
            label = draw(st.sampled_from(["head", "heart", None]))
            log.append(Review(**same | draw(places()), label=label))
    return log


@st.composite
def places(draw: st.DrawFn) -> dict[str, Any]:
    start, end = draw(BOUNDS), draw(BOUNDS)
    if start is not None and end is not None:
        start, end = min(start, end), max(start, end)
    video, task = draw(st.sampled_from(VIDEOS)), draw(st.sampled_from(TASKS))
    return {"video": video, "task": task, "start_s": start, "end_s": end}


ROWS = st.lists(places(), max_size=6).map(
    lambda rows: [row | {"label": f"old-{k}"} for k, row in enumerate(rows)]
)


def table(rows: list[Any], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=schema)


def log_of(log: list[Review]) -> pa.Table:
    return in_order(table([asdict(one) for one in log], REVIEWS))


def stands(log: list[Review], event: str) -> bool:
    return not any(stands(log, one.event) for one in log if one.undoes == event)


def covers(row: dict[str, Any], time_s: float) -> bool:
    after = row["start_s"] is None or row["start_s"] <= time_s
    return after and (row["end_s"] is None or time_s <= row["end_s"])


def replayed(imported: list[Any], log: list[Review], task: str) -> dict[int, str]:
    """Label by position, each frame on its own."""
    ordered = sorted(log, key=lambda one: (one.unix_ms, one.event))
    said = [asdict(one) for one in ordered if not one.undoes and stands(log, one.event)]
    found = {}
    for number, video in enumerate(VIDEOS):
        for place, time_s in enumerate(TIMES):
            label = None
            for row in [*imported, *said]:
                about = (row["video"], row["task"]) == (video, task)
                if about and covers(row, time_s):
                    label = row["label"]
            if label is not None:
                found[number * len(TIMES) + place] = label
    return found


@pytest.fixture(scope="module")
def index() -> FrameIndex:
    count = len(VIDEOS) * len(TIMES)
    return FrameIndex(
        row_N=np.arange(count),
        video_N=np.repeat(np.arange(len(VIDEOS)), len(TIMES)),
        time_s_N=np.tile(TIMES, len(VIDEOS)),
        segment_N=np.zeros(count, np.int64),
        motion_N=np.zeros(count, np.float32),
        video_ids=VIDEOS,
        subjects=VIDEOS,
        rectangles=(Box(0, 0, 1, 1),) * len(VIDEOS),
        shapes_HW=((1, 1),) * len(VIDEOS),
    )


@given(imported=ROWS, log=logs())
def test_frames_have_the_label_that_a_replay_gives_them(
    index: FrameIndex, imported: list[Any], log: list[Review]
) -> None:
    others, changed = folded(table(imported, IMPORTED), log_of(log))
    assert others.schema == changed.schema == IMPORTED
    changed = with_frames(index, changed)
    labels = pa.concat_tables([others, changed])
    assert all(any(covers(row, at) for at in TIMES) for row in changed.to_pylist())
    for task in TASKS:
        found = label_frames(index, labels.filter(pc.equal(labels["task"], task)))
        pairs = dict(zip(found.positions.tolist(), found.labels, strict=True))
        assert pairs == replayed(imported, log, task)


@given(imported=ROWS, log=logs())
def test_what_holds_is_disjoint_sorted_and_says_where_it_comes_from(
    imported: list[Any], log: list[Review]
) -> None:
    found = holding(table(imported, IMPORTED), log_of(log)).to_pylist()
    events = {one.event: one for one in log}
    before: tuple[str, str, float] = ("", "", -np.inf)
    for row in found:
        start = -np.inf if row["start_s"] is None else row["start_s"]
        end = np.inf if row["end_s"] is None else row["end_s"]
        assert before[:2] != (row["video"], row["task"]) or before[2] < start
        assert before[:2] <= (row["video"], row["task"])
        assert start <= end
        before = (row["video"], row["task"], end)
        if row["event"] is None:
            assert row["label"].startswith("old-")
            assert row["author"] is row["unix_ms"] is None
        else:
            said = events[row["event"]]
            assert (row["label"], row["unix_ms"]) == (said.label, said.unix_ms)
            assert (row["video"], row["task"]) == (said.video, said.task)


@given(log=logs())
def test_what_is_taken_back(log: list[Review]) -> None:
    gone = {one.event for one in log if not stands(log, one.event)}
    assert taken_back(log_of(log)) == gone


@given(imported=ROWS, log=logs())
def test_a_log_that_is_all_taken_back_changes_nothing(
    imported: list[Any], log: list[Review]
) -> None:
    said = [one for one in log if one.undoes is None]
    undone = [
        replace(
            one,
            label=None,
            start_s=None,
            end_s=None,
            event=f"f{one.event[1:]}",
            undoes=one.event,
        )
        for one in said
    ]
    labels = table(imported, IMPORTED)
    others, changed = folded(labels, log_of([*said, *undone]))
    assert others.equals(labels)
    assert not len(changed)


def test_a_cut_leaves_no_frame_on_its_edges_to_the_earlier_one() -> None:
    place: dict[str, Any] = {"video": "v-0", "task": "plane"}
    imported = table([place | {"label": "old"}], IMPORTED)
    review = Review.new(**place, label="new", author="a", start_s=1.0, end_s=2.0)
    _, rows = folded(imported, log_of([review]))
    rows = rows.select(["label", "start_s", "end_s"])
    assert [tuple(row.values()) for row in rows.to_pylist()] == [
        ("old", None, np.nextafter(1, 0)),
        ("new", 1.0, 2.0),
        ("old", np.nextafter(2, 3), None),
    ]


def test_labels_of_ingest_that_cover_nothing_are_left_out_where_there_are_reviews() -> (
    None
):
    place: dict[str, Any] = {"video": "v-0", "task": "plane", "label": "old"}
    nan, inf = float("nan"), float("inf")
    bounds = [(2.0, 1.0), (nan, 1.0), (0.0, nan), (inf, None), (None, -inf)]
    rows = [place | {"start_s": start, "end_s": end} for start, end in bounds]
    review = Review.new(**place | {"label": "new"}, author="a", start_s=5.0)
    _, found = folded(table(rows, IMPORTED), log_of([review]))
    assert found.to_pylist() == [
        {"video": "v-0", "task": "plane", "label": "new", "start_s": 5.0, "end_s": None}
    ]


def test_an_event_that_is_there_twice_counts_once() -> None:
    review = Review.new(video="v-0", task="t", label="x", author="a")
    assert len(log_of([review, review])) == 1
    assert len(log_of([])) == 0


def test_going_back_and_forth_two_thousand_times() -> None:
    place: dict[str, Any] = {"video": "v-0", "task": "t", "author": "a"}
    log = [Review.new(**place, label="x")]
    for _ in range(2000):
        log.append(Review.new(**place, label=None, undoes=log[-1].event))
    assert log[0].event not in taken_back(log_of(log))
    assert log[0].event in taken_back(log_of(log[:-1]))


def test_a_circle_of_undos_ends() -> None:
    rest: dict[str, Any] = {
        "label": None,
        "start_s": None,
        "end_s": None,
        "author": "a",
        "unix_ms": 1,
    }
    rest |= {"video": "v", "task": "t"}
    names = "0" * 16, "1" * 16
    log = [Review(**rest, event=names[k], undoes=names[1 - k]) for k in (0, 1)]
    assert taken_back(log_of(log)) == set()


def test_stretches_that_cover_no_frame(index: FrameIndex) -> None:
    nan = float("nan")
    place: dict[str, Any] = {"video": "v-0", "task": "t", "label": "x"}
    bounds = [(2.0, 1.0), (9.0, None), (0.1, 0.2)]
    rows = [place | {"start_s": start, "end_s": end} for start, end in bounds]
    bare = place | {"start_s": None, "end_s": None}
    rows = [bare | {"video": "a"}, *rows, bare | {"video": "x"}]
    assert not len(with_frames(index, table(rows, IMPORTED)))
    assert len(with_frames(index, table([*rows[:-1], bare], IMPORTED))) == 1
    rows += [bare | {"start_s": nan}, bare | {"end_s": nan}]
    assert not len(label_frames(index, table(rows, IMPORTED)).positions)
