import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from insonify.core.video import Video
from insonify.store import Label, Reject, Store, StoreSettings, VideoGaze
from insonify.store.tidying import compact_if_many
from insonify.store.writing import fragments_of

RAW = StoreSettings(codec="raw", size=16)
Noise = Callable[..., Video]
LATER_S = 8 * 86400.0


@pytest.fixture
def raw(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "raw", RAW)


def take(store: Store, video: Video) -> None:
    label = Label(video=video.video, task="t", label="x")
    store.commit([store.write_video(video, f"f-{video.video}")], labels=[label])


def gaze(at: float) -> VideoGaze:
    points = np.full((1, 2), at)
    return VideoGaze(times_s_G=np.zeros(1), points_G2=points, sigma_G2=np.ones((1, 2)))


def content(store: Store) -> list[object]:
    index = store.frames()
    frames = [frame.tolist() for frame in store.read_frames(np.arange(len(index)))]
    return [index.video_ids, index.time_s_N.tolist(), frames, store.labels()]


def counts(store: Store) -> dict[str, tuple[int, int]]:
    """Fragments and rows of each table."""
    tables = Store.open(store.path)._tables
    return {
        name: (len(tables[name].get_fragments()), tables[name].count_rows())
        for name in tables.versions
    }


def test_many_small_commits_become_few_fragments(raw: Store, noise: Noise) -> None:
    for seed in range(20):
        take(raw, noise(seed))
        raw.commit(rejects=[Reject(file=f"r-{seed}", reason="no")])
    before, reader = content(raw), Store.open(raw.path)
    assert counts(raw)["frames"] == (20, 60)
    raw.tidy()
    found = counts(raw)
    assert found["frames"] == (1, 60)
    assert found["videos"] == found["labels"] == found["rejects"] == (1, 20)
    assert content(Store.open(raw.path)) == content(raw) == content(reader) == before


def test_few_fragments_stay_as_they_are(raw: Store, noise: Noise) -> None:
    for seed in range(3):
        take(raw, noise(seed))
    versions = raw.versions
    raw.tidy()
    assert raw.versions == Store.open(raw.path).versions == versions


def test_commits_compact_now_and_then(
    raw: Store, noise: Noise, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never more than seven of a size."""
    monkeypatch.setattr("insonify.store.tidying._MANY", 4)
    monkeypatch.setattr("insonify.store.tidying._SIZES", (8, 32, 1000))
    for seed in range(40):
        take(raw, noise(seed))
        tables = Store.open(raw.path)._tables
        rows = [one.physical_rows for one in tables["frames"].get_fragments()]
        assert sum(rows) == 3 * seed + 3
        for low, high in ((0, 8), (8, 32), (32, 1000)):
            assert sum(low <= count < high for count in rows) < 8
        assert len(tables["videos"].get_fragments()) < 24
    assert content(raw) == content(Store.open(raw.path))


def test_frames_of_no_video_go_when_no_writer_can_want_them(
    raw: Store, noise: Noise, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(raw, noise(0))
    late = raw.write_video(noise(1), "f-1")
    raw._tables.append("frames", fragments_of(late))
    raw.tidy()
    assert counts(raw)["frames"][1] == 6
    now = time.time()
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: now + LATER_S)
        Store.open(raw.path).tidy()
        assert counts(raw)["frames"][1] == 3
        take(Store.open(raw.path), noise(1))
        Store.open(raw.path).tidy()
    assert len(Store.open(raw.path).frames()) == 6


def test_many_dead_writes_go_and_nothing_else(
    raw: Store, noise: Noise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("insonify.store.tidying._IN_ONE", 3)
    for seed in range(8):
        dead = raw.write_video(noise(seed), "dead")
        raw._tables.append("frames", fragments_of(dead))
    for seed in range(0, 8, 2):
        take(raw, noise(seed))
    before, now = content(raw), time.time()
    monkeypatch.setattr(time, "time", lambda: now + LATER_S)
    raw.tidy()
    assert counts(raw)["frames"][1] == 12
    assert content(raw) == before


def test_files_of_no_version_go_when_no_writer_can_want_them(
    raw: Store, noise: Noise
) -> None:
    take(raw, noise(0))
    old, young = (raw.write_video(noise(seed), f"f-{seed}") for seed in (1, 2))
    folder, then = raw.path / "frames.lance" / "data", time.time() - LATER_S
    gone = folder / fragments_of(old)[0].files[0].path
    os.utime(gone, (then, then))
    raw.tidy()
    assert not gone.exists()
    raw.commit([young])
    assert Store.open(raw.path).frames().video_ids == ("v-0000", "v-0002")


def test_replaced_gaze_goes(raw: Store, noise: Noise) -> None:
    take(raw, noise(0))
    take(raw, noise(1))
    raw.write_gaze({"v-0000": gaze(1), "v-0001": gaze(2)})
    versions = Store.open(raw.path).versions
    raw.write_gaze({"v-0000": gaze(3)}, overwrite=True)
    assert counts(raw)["gaze"][1] == 3
    raw.tidy()
    assert counts(raw)["gaze"][1] == 2
    for opened, first in (
        (Store.open(raw.path), 3),
        (Store.open(raw.path, versions), 1),
    ):
        points = [one.tolist() for one in opened.frame_gaze(0.02).points]
        assert points == [[[first, first]], [[2, 2]]]


def test_what_was_pinned_can_be_opened_after_its_frames_version_is_dropped(
    raw: Store, noise: Noise
) -> None:
    for seed in range(20):
        take(raw, noise(seed))
    pinned = Store.open(raw.path)
    versions, before = pinned.versions, content(pinned)
    take(raw, noise(99))
    raw.tidy(keep=timedelta(0))
    again = Store.open(raw.path, versions)
    assert again._tables["frames"].version > versions["frames"]
    assert again.versions == versions
    assert content(again) == before


def test_who_compacts_second_gives_way(raw: Store, noise: Noise) -> None:
    for seed in range(20):
        take(raw, noise(seed))
    stale = Store.open(raw.path)
    compact_if_many(raw._tables, "frames", 2)
    compact_if_many(stale._tables, "frames", 2)
    assert counts(raw)["frames"] == (1, 60)
    assert len(Store.open(raw.path).frames()) == 60
