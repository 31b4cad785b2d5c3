import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lance
import numpy as np
import pytest

from insonify.core.errors import StoreError
from insonify.core.video import Video
from insonify.store import Label, Store, StoreSettings, VideoGaze
from insonify.store.place import Folder
from insonify.store.rows import SCHEMAS

RAW = StoreSettings(codec="raw", size=16)


@pytest.mark.parametrize("made", range(len(SCHEMAS) + 1))
def test_half_a_store_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: int
) -> None:
    """Killed after any number of tables, or before the last file."""
    left, commit = [made], lance.LanceDataset.commit

    def die(*arguments: Any, **options: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        commit(*arguments, **options)

    monkeypatch.setattr(lance.LanceDataset, "commit", die)
    if made == len(SCHEMAS):
        monkeypatch.setattr(Folder, "write", die)
    path = tmp_path / "new"
    with pytest.raises(KeyboardInterrupt):
        Store.open_or_create(path, RAW)
    monkeypatch.undo()
    with pytest.raises(StoreError, match="no store here"):
        Store.open(path)
    store = Store.open_or_create(path, RAW)
    assert Store.open(path).id == store.id
    assert len(store.frames()) == 0


def test_who_makes_the_same_store_at_once_gets_the_same(tmp_path: Path) -> None:
    found: list[str] = []
    start = threading.Barrier(4)

    def make() -> None:
        start.wait()
        found.append(Store.open_or_create(tmp_path, RAW).id)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert set(found) == {Store.open(tmp_path).id}


def test_a_lost_head_is_written_again_if_the_tables_know_it(
    tmp_path: Path, old_store: Folder
) -> None:
    store = Store.create(tmp_path / "new", RAW)
    (store.path / "store.json").unlink()
    with pytest.raises(StoreError, match="same options or a new store"):
        Store.open_or_create(store.path, StoreSettings())
    assert Store.open_or_create(store.path, RAW).id == store.id
    (old_store.path / "store.json").unlink()
    with pytest.raises(StoreError, match=r"without its store\.json"):
        Store.open_or_create(old_store.path, RAW)


def test_a_store_from_before_writes_is_read_and_written(
    old_store: Folder, noise: Callable[..., Video]
) -> None:
    path = old_store.path
    before = Store.open(path)
    assert len(before.frames()) == 2
    assert before.frame_labels("t").labels == ("x", "x")
    assert "write" not in before.videos().column_names

    store = Store.open_or_create(path, RAW)
    label = Label(video="v-0001", task="t", label="y")
    store.commit([store.write_video(noise(1), "f-1")], labels=[label])
    store.commit(labels=[Label(video="v-old", task="u", label="z")])
    gaze = VideoGaze(
        times_s_G=np.zeros(1), points_G2=np.ones((1, 2)), sigma_G2=np.ones((1, 2))
    )
    Store.open(path).write_gaze({"v-old": gaze})
    Store.open(path).tidy()
    now = Store.open(path)
    assert now.frames().video_ids == ("v-0001", "v-old")
    assert now.frame_labels("t").labels == ("y", "y", "y", "x", "x")
    assert now.frame_labels("u").positions.tolist() == [3, 4]
    assert now.frame_gaze(0.02).positions.tolist() == [3]
    assert len(Store.open(path, before.versions).frames()) == 2


def test_what_old_writers_left_behind_stays_out_of_sight(old_store: Folder) -> None:
    videos = lance.dataset(f"{old_store.root}/videos.lance")
    videos.delete("true")
    store = Store.open_or_create(old_store.path, RAW)
    assert (len(store.frames()), len(store.labels())) == (0, 0)
    store.tidy()
    for name in ("frames", "labels"):
        assert lance.dataset(f"{old_store.root}/{name}.lance").count_rows() == 0
