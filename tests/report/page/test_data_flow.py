"""Counts from files to clips are those of a store."""

from collections import Counter
from pathlib import Path

from insonify.clips.sampling import ClipOptions, find_clips
from insonify.report.page.clip_kinds import kinds_of_clip
from insonify.report.page.data_flow import measure_flow
from insonify.report.page.flow_page import flow_said, flow_shown
from insonify.store import Reject, Store


def test_every_count_is_that_of_the_store(store: Store) -> None:
    refused = [
        Reject(file="f-a", reason="3 of 80 frames could not be decoded"),
        Reject(file="f-b", reason="5 of 9 frames could not be decoded"),
        Reject(file="f-c", reason="the same content as v-0001, which is in the store"),
    ]
    store.commit(rejects=refused)
    store.make_split("three", folds=3, task="texture", seed=0)
    store = Store.open(store.path)
    kind = ClipOptions(frames=3, interval_s=0.1, motion_floor=0.0)
    flow = measure_flow(store, [kind])
    assert (flow.files, flow.videos, flow.subjects) == (15, 12, 6)
    assert list(flow.reasons.items()) == [
        ("… of … frames could not be decoded", 2),
        ("the same content as a video, which is in the store", 1),
    ]
    index = store.frames()
    assert flow.kept == flow.read == len(index) == 480
    assert not flow.dropped
    (task,) = flow.tasks
    assert task.classes == dict(Counter(store.frame_labels("texture").labels))
    assert (task.frames, task.subjects) == (480, 6)
    split = store.split("three")
    for row in flow.roles:
        subjects = getattr(split.roles(row.fold), row.role)
        assert (row.subjects, row.videos) == (len(subjects), 2 * len(subjects))
        assert row.labelled == {"texture": row.frames}
        assert row.clips == (len(find_clips(index, subjects, kind)),)
    assert len(flow.roles) == 9
    assert sum(r.clips[0] for r in flow.roles if r.fold == 0) == flow.clips[0]


def test_a_store_without_clips_or_labels_has_a_flow(
    tmp_path: Path, store: Store
) -> None:
    long = ClipOptions(frames=4, interval_s=60.0)
    assert measure_flow(store, [long]).clips == (0,)
    shown = flow_shown(measure_flow(store))
    titles = [title for title, *_ in shown["charts"]]
    assert titles == ["What became of the files", "What became of the frames"]
    empty = Store.create(tmp_path / "empty", store.settings)
    assert "0 files, 0 refused; 0 videos" in flow_said(measure_flow(empty))
    assert flow_shown(measure_flow(empty))["charts"]


def test_kinds_of_clip_differ_by_what_makes_one() -> None:
    some = {"frames": 4, "interval_s": 0.2, "tolerance": 0.25, "motion_floor": 0.5}
    view = {"size": [32, 40], "crop": [0.5, 1.0], "jitter_px": 0.0}
    options = [{"clips": some | view}, {"clips": some | view | {"jitter_px": 2.0}}]
    kinds = kinds_of_clip([*options, {"clips": some | view | {"frames": 2}}, {}])
    assert [kind.frames for kind in kinds] == [4, 2]
