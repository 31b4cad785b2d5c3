from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from insonify.core.errors import ConfigError, StoreError
from insonify.core.video import Video
from insonify.store import Label, Reject, Store, StoreSettings
from insonify.store.rows import FORMAT

NewVideo = Callable[..., Video]


@pytest.fixture
def raw(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "raw", StoreSettings(codec="raw"))


def test_frames_come_back_as_they_were_written(raw: Store, new_video: NewVideo) -> None:
    videos = [new_video(seed, frames=300 if seed else 7) for seed in (2, 0, 1)]
    for video in videos:
        raw.commit([raw.write_video(video, f"f-{video.video}")])
    store = Store.open(raw.path)
    index = store.frames()
    assert index.video_ids == ("v-0000", "v-0001", "v-0002")
    for number, video in enumerate(sorted(videos, key=lambda one: one.video)):
        positions = np.flatnonzero(index.video_N == number)
        frames_THW = np.stack(store.read_frames(positions))
        assert np.array_equal(frames_THW, video.frames_THW)
        assert np.array_equal(index.time_s_N[positions], video.times_s_T)
        assert np.array_equal(index.motion_N[positions], video.motion_T)
    shuffled = np.random.default_rng(0).integers(0, len(index), 50)
    singly = [store.read_frames(shuffled[n : n + 1])[0] for n in range(50)]
    assert np.array_equal(np.stack(store.read_frames(shuffled)), np.stack(singly))


def test_order_of_writing_does_not_change_the_index(
    tmp_path: Path, new_video: NewVideo
) -> None:
    found = []
    for order in ((0, 1, 2), (2, 0, 1)):
        store = Store.create(tmp_path / str(order), StoreSettings())
        for seed in order:
            store.commit([store.write_video(new_video(seed, frames=5), f"f-{seed}")])
        index = store.frames()
        pixels = np.stack(store.read_frames(np.arange(len(index))))
        found.append((index.video_ids, index.time_s_N.tolist(), pixels.tolist()))
    assert found[0] == found[1]


def test_a_video_is_invisible_until_its_row_is_there(
    raw: Store, new_video: NewVideo
) -> None:
    entry = raw.write_video(new_video(0), "f-0")
    assert len(Store.open(raw.path).frames()) == 0
    raw.commit([entry])
    assert len(Store.open(raw.path).frames()) == 40


def test_a_pinned_version_does_not_see_what_came_later(
    raw: Store, new_video: NewVideo
) -> None:
    raw.commit([raw.write_video(new_video(0), "f-0")])
    versions = Store.open(raw.path).versions
    raw.commit([raw.write_video(new_video(1), "f-1")], [Reject(file="g", reason="r")])
    assert Store.open(raw.path, versions).known_videos() == {"v-0000"}
    assert Store.open(raw.path).known_files() == {"f-0", "f-1", "g"}


def test_a_file_that_is_tried_again_is_refused_once_or_no_more(
    raw: Store, new_video: NewVideo
) -> None:
    raw.commit(rejects=[Reject(file="f-0", reason="a"), Reject(file="f-1", reason="a")])
    again = Store.open(raw.path)
    again.commit(
        [again.write_video(new_video(0), "f-0")], [Reject(file="f-1", reason="b")]
    )
    rows = Store.open(raw.path).rejects().to_pylist()
    assert rows == [{"file": "f-1", "reason": "b"}]


def test_labels_cover_the_frames_between_start_and_end(
    raw: Store, new_video: NewVideo
) -> None:
    labels = [
        Label(video="v-0000", task="plane", label="brain", start_s=0.5, end_s=0.7),
        Label(video="v-0000", task="plane", label="femur", start_s=1.9),
        Label(video="v-0000", task="other", label="x"),
    ]
    raw.commit([raw.write_video(new_video(0), "f-0")], labels=labels)
    found = raw.frame_labels("plane")
    assert found.positions.tolist() == [10, 11, 12, 13, 14, 38, 39]
    assert found.labels == ("brain",) * 5 + ("femur",) * 2
    assert len(raw.frame_labels("other").positions) == 40
    assert raw.tasks() == ["other", "plane"]
    with pytest.raises(StoreError, match=r"no labels of task 'none'.*plane"):
        raw.frame_labels("none")


def test_a_split_is_written_once(store: Store) -> None:
    store.make_split("k", folds=3, task="texture", seed=0)
    store.make_split("k", folds=3, task="texture", seed=0)
    with pytest.raises(StoreError, match="written once"):
        store.make_split("k", folds=2, task="texture", seed=0)
    assert Store.open(store.path).split("k").folds == 3
    with pytest.raises(StoreError, match=r"no split 'j'.*\['k'\]"):
        store.split("j")


def test_splits_that_are_written_at_once_are_all_there(raw: Store) -> None:
    """Eight processes, of which two differ about the same split."""

    def assign(number: int) -> bool:
        parts = {"a": str(number % 2), "b": str(number)}
        name = "same" if number < 2 else f"own-{number}"
        try:
            Store.open(raw.path).assign(name, parts)
        except StoreError:
            return False
        return dict(Store.open(raw.path).split(name).parts) == parts

    with ThreadPoolExecutor(8) as pool:
        wrote = list(pool.map(assign, range(8)))
    assert sorted(wrote[:2]) == [False, True]
    assert all(wrote[2:])
    assert Store.open(raw.path).splits() == [*(f"own-{k}" for k in range(2, 8)), "same"]


def test_opening_what_is_no_store_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="insonify ingest"):
        Store.open(tmp_path)
    with pytest.raises(StoreError, match="insonify ingest"):
        Store.open(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="not empty"):
        Store.create(tmp_path, StoreSettings())


def test_other_settings_and_formats_are_refused(raw: Store) -> None:
    with pytest.raises(StoreError, match="same options or a new store"):
        Store.open_or_create(raw.path, replace(raw.settings, codec="png"))
    head = raw.path / "store.json"
    head.write_text(head.read_text().replace(f'"format": {FORMAT}', '"format": 99'))
    with pytest.raises(StoreError, match="format 99"):
        Store.open(raw.path)


@pytest.mark.parametrize("wrong", [{"quality": 0}, {"size": 3}])
def test_settings_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="must be"):
        StoreSettings(**wrong)  # type: ignore[arg-type]


def test_a_table_is_read_in_parts_as_in_one(raw: Store, new_video: NewVideo) -> None:
    for seed in range(5):
        raw.commit([raw.write_video(new_video(seed, frames=9), f"f-{seed}")])
    tables = Store.open(raw.path)._tables
    columns = ["video", "time_s", "write"]
    parts = list(tables.parts("frames", columns, rows=10))
    assert [len(part) for part in parts] == [18, 18, 9]
    assert pa.concat_tables(parts) == tables.read("frames", columns)
