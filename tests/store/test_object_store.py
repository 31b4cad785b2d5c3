"""The whole round trip on an S3 server of this machine."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from insonify.cli.main import run
from insonify.core.errors import StoreError
from insonify.core.video import Video
from insonify.store import Label, Reject, Store, StoreSettings, VideoGaze
from tests.ingest.conftest import screen, write_movie

RAW = StoreSettings(codec="raw", size=16)
Noise = Callable[..., Video]


def filled(path: Path, noise: Noise, cut: Callable[..., Iterator[Video]]) -> Store:
    store = Store.open_or_create(path, RAW)
    entries = [store.write_video(noise(seed), f"f-{seed}") for seed in range(4)]
    entries.append(store.write_video(cut(noise(4, frames=9), 2, 5), "f-4"))
    labels = [Label(video=f"v-{k:04d}", task="t", label="ab"[k % 2]) for k in range(5)]
    assert not store.commit(entries, [Reject(file="f-5", reason="r")], labels)
    return store


def said(store: Store) -> list[Any]:
    """Everything a store holds."""
    index = store.frames()
    pixels = np.stack(store.read_frames(np.arange(len(index)))).tolist()
    gaze = store.frame_gaze(0.1)
    return [
        *(table.to_pylist() for table in (store.videos(), store.rejects())),
        [index.video_ids, index.time_s_N.tolist(), index.segment_N.tolist(), pixels],
        [store.frame_labels("t").labels, store.frame_labels("t").positions.tolist()],
        [gaze.positions.tolist(), [points.tolist() for points in gaze.points]],
        store.split("k").parts,
    ]


@pytest.mark.usefixtures("s3")
def test_a_bucket_holds_what_a_folder_holds(
    tmp_path: Path, noise: Noise, cut: Callable[..., Iterator[Video]]
) -> None:
    gaze = VideoGaze(
        times_s_G=np.array([0.0, 0.1]),
        points_G2=np.array([[1.0, 2.0], [3.0, 4.0]]),
        sigma_G2=np.ones((2, 2)),
    )
    found = []
    for path in (Path("s3://scans/deep/store"), tmp_path / "store"):
        store = filled(path, noise, cut)
        versions = store.versions
        store.make_split("k", folds=2, task="t", seed=0)
        store.write_gaze({"v-0001": gaze})
        store.commit([store.write_video(noise(9), "f-9")])
        assert Store.open(path, versions).splits() == []
        assert len(Store.open(path, versions).frames()) == 21
        Store.open(path).tidy()
        found.append(said(Store.open(path)))
    assert found[0] == found[1]


@pytest.mark.usefixtures("s3")
def test_writers_of_one_bucket_write_each_video_once(noise: Noise) -> None:
    path = Path("s3://scans/shared")

    def work(number: int) -> None:
        store = Store.open_or_create(path, RAW)
        for seed in range(6):
            video = noise((seed + 2 * number) % 6)
            label = Label(video=video.video, task="t", label="x")
            store.commit([store.write_video(video, f"{number}-{seed}")], labels=[label])

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    store = Store.open(path)
    assert store.frames().video_ids == tuple(f"v-{seed:04d}" for seed in range(6))
    assert (len(store.frames()), len(store.labels())) == (18, 6)
    assert len(store.videos()) == 6
    assert len(store.known_files()) == 18


@pytest.mark.usefixtures("s3")
def test_a_store_in_a_bucket_is_not_made_twice() -> None:
    path = Path("s3://scans/twice")
    first = Store.create(path, RAW)
    with pytest.raises(StoreError, match=r"s3://scans/twice: not empty"):
        Store.create(path, RAW)
    assert Store.open_or_create(path, RAW).id == first.id
    with pytest.raises(StoreError, match="same options or a new store"):
        Store.open_or_create(path, replace(RAW, size=32))
    with pytest.raises(StoreError, match=r"s3://scans: not empty and not a store"):
        Store.create(Path("s3://scans"), RAW)


def test_what_is_wrong_with_a_bucket_is_said(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreError, match=r"s3://scans/none: no store.*insonify ingest"):
        Store.open(Path("s3://scans/none"))
    for act in (Store.open, lambda path: Store.open_or_create(path, RAW)):
        with pytest.raises(StoreError, match=r"no such bucket; create it"):
            act(Path("s3://nowhere/store"))
    s3.check_credentials(after=0)
    try:
        with pytest.raises(StoreError, match=r"credentials; check AWS_ACCESS_KEY_ID"):
            Store.open(Path("s3://scans/none"))
    finally:
        s3.check_credentials(after=10**9)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StoreError, match="cannot be reached; check the network"):
        Store.open(Path("s3://scans/none"))


@pytest.mark.usefixtures("s3")
def test_ingest_writes_to_a_bucket(tmp_path: Path) -> None:
    for number in range(3):
        write_movie(tmp_path / "in" / f"{number}.avi", screen(20, number))
    (tmp_path / "in" / "bad.avi").write_bytes(b"no video")
    words = ["ingest", str(tmp_path / "in"), "s3://scans/ingested", "--workers", "2"]
    words += ["--key", str(tmp_path / "site" / "key"), "--subjects-from", "file"]
    for _ in range(2):
        assert run(words) == 0
        store = Store.open(Path("s3://scans/ingested"))
        assert (len(store.videos()), len(store.rejects())) == (3, 1)
        assert len(store.frames()) == 60
    store.write_file("terms/set.json", b"{}")
    assert {path.name for path in tmp_path.iterdir()} == {"in", "site"}
