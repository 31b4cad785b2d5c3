"""Commits that are killed, that meet, and that are repeated.

``Tables.append`` is the only step that changes what readers see: a kill before or after
any call of it is a kill at every moment that matters.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import insonify
from insonify.core.errors import StoreError
from insonify.core.video import Video
from insonify.store import Label, Reject, Store, StoreSettings
from insonify.store.tables import Tables

RAW = StoreSettings(codec="raw", size=16)
Noise = Callable[..., Video]


def take(store: Store, videos: Sequence[Video], files: str = "f") -> frozenset[str]:
    """Write and commit videos, each with a label."""
    entries = [store.write_video(video, f"{files}-{video.video}") for video in videos]
    labels = [Label(video=video.video, task="t", label="x") for video in videos]
    return store.commit(entries, labels=labels)


def check(path: Path, videos: Sequence[Video]) -> None:
    """Every video is there exactly once, whole, with one label."""
    store = Store.open(path)
    index, labels = store.frames(), store.labels()["video"].to_pylist()
    ids = [video.video for video in videos]
    assert sorted(store.videos()["video"].to_pylist()) == ids
    assert index.video_ids == tuple(ids)
    assert sorted(labels) == ids
    assert len(index) == sum(len(video.frames_THW) for video in videos)
    pixels = np.stack(store.read_frames(np.arange(len(index))))
    assert np.array_equal(pixels, np.concatenate([v.frames_THW for v in videos]))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["frames", "labels", "videos", "rejects"])
def test_a_kill_at_any_step_costs_nothing_but_a_repetition(
    tmp_path: Path,
    noise: Noise,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    when: str,
) -> None:
    store = Store.create(tmp_path, RAW)
    take(store, [noise(0)])
    append = Tables.append

    def die(tables: Tables, name: str, fragments: Sequence[Any]) -> None:
        if name == step and when == "before":
            raise KeyboardInterrupt
        append(tables, name, fragments)
        if name == step:
            raise KeyboardInterrupt

    videos, rejects = [noise(1), noise(2)], [Reject(file="r", reason="no")]
    entries = [store.write_video(video, f"f-{video.video}") for video in videos]
    labels = [Label(video=video.video, task="t", label="x") for video in videos]
    monkeypatch.setattr(Tables, "append", die)
    with pytest.raises(KeyboardInterrupt):
        store.commit(entries, rejects, labels)
    monkeypatch.undo()

    done = step == "rejects" or (step, when) == ("videos", "after")
    seen = [noise(0), *videos] if done else [noise(0)]
    check(tmp_path, seen)
    again = Store.open_or_create(tmp_path, RAW)
    check(tmp_path, seen)
    assert take(again, [noise(0), *videos]) == {video.video for video in seen}
    again.commit(rejects=rejects)
    check(tmp_path, [noise(0), *videos])
    assert Store.open(tmp_path).rejects().to_pylist() == [{"file": "r", "reason": "no"}]
    assert len(Store.open(tmp_path).known_files()) == 4


def test_the_second_writer_of_a_video_is_told_so(tmp_path: Path, noise: Noise) -> None:
    one, two = Store.create(tmp_path, RAW), Store.open(tmp_path)
    mine, other = noise(0), noise(0, frames=7)
    entry = two.write_video(other, "f-other")
    assert take(one, [mine]) == frozenset()
    label = Label(video="v-0000", task="t", label="y")
    assert two.commit([entry], labels=[label]) == {"v-0000"}
    check(tmp_path, [mine])
    (reject,) = Store.open(tmp_path).rejects().to_pylist()
    assert reject["file"] == "f-other"
    assert "same content as v-0000" in reject["reason"]
    assert take(two, [mine]) == {"v-0000"}
    assert len(Store.open(tmp_path).rejects()) == 1


@pytest.mark.parametrize("quicker", ["older", "younger"])
def test_of_two_writes_at_the_same_moment_one_counts(
    tmp_path: Path, noise: Noise, monkeypatch: pytest.MonkeyPatch, quicker: str
) -> None:
    """The other commits when this one has just found that the video is new."""
    one, two = Store.create(tmp_path, RAW), Store.open(tmp_path)
    videos = {"older": noise(0, frames=4), "younger": noise(0, frames=7)}
    entries = {name: one.write_video(video, name) for name, video in videos.items()}
    slower = "younger" if quicker == "older" else "older"
    label = Label(video="v-0000", task="t", label="x")
    append = Tables.append
    met: list[frozenset[str]] = []

    def meet(tables: Tables, name: str, fragments: Sequence[Any]) -> None:
        if name == "videos" and not met:
            met.append(frozenset())
            met[0] = two.commit([entries[quicker]], labels=[label])
        append(tables, name, fragments)

    monkeypatch.setattr(Tables, "append", meet)
    late = one.commit([entries[slower]], labels=[label])
    monkeypatch.undo()
    assert met == [frozenset()]
    assert late == ({"v-0000"} if quicker == "older" else frozenset())
    check(tmp_path, [videos["older"]])
    assert Store.open(tmp_path).videos()["file"].to_pylist() == ["older"]
    assert Store.open(tmp_path).known_files() == {"older", "younger"}


def test_an_entry_that_is_committed_again_changes_nothing(
    tmp_path: Path, noise: Noise
) -> None:
    store = Store.create(tmp_path, RAW)
    entry = store.write_video(noise(0), "f")
    label = Label(video="v-0000", task="t", label="x")
    for _ in range(2):
        assert store.commit([entry], labels=[label]) == frozenset()
    check(tmp_path, [noise(0)])
    assert len(store.rejects()) == 0


def test_labels_may_come_later_but_not_of_nothing(tmp_path: Path, noise: Noise) -> None:
    store = Store.create(tmp_path, RAW)
    take(store, [noise(0)])
    store.commit(labels=[Label(video="v-0000", task="u", label="late")])
    assert Store.open(tmp_path).frame_labels("u").labels == ("late",) * 3
    with pytest.raises(StoreError, match="v-0001: no such video"):
        store.commit(labels=[Label(video="v-0001", task="u", label="x")])


def test_a_video_that_is_entered_twice_is_there_once(
    tmp_path: Path, noise: Noise
) -> None:
    store = Store.create(tmp_path, RAW)
    assert take(store, [noise(1), noise(1), noise(0)]) == {"v-0001"}
    check(tmp_path, [noise(0), noise(1)])


def test_threads_that_write_the_same_videos_write_each_once(
    tmp_path: Path, noise: Noise
) -> None:
    videos = [noise(seed, frames=1 + seed % 4) for seed in range(24)]

    def work(number: int) -> None:
        store = Store.open_or_create(tmp_path, RAW)
        for first in range(0, 24, 3):
            start = (first + 9 * number) % 24
            take(store, videos[start : start + 3], str(number))
        store.tidy()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    check(tmp_path, videos)
    store = Store.open(tmp_path)
    files = {f"{number}-{video.video}" for number in range(3) for video in videos}
    taken, refused = store.videos()["file"].to_pylist(), store.rejects()["file"]
    assert set(taken).isdisjoint(refused.to_pylist())
    assert len(refused) == len(set(refused.to_pylist()))
    assert store.known_files() == files


WRITER = """
import os, signal, sys, types
from pathlib import Path
sys.modules["insonify"] = types.ModuleType("insonify")  # Its front door imports torch.
sys.modules["insonify"].__path__ = [sys.argv[4]]
import numpy as np
from insonify.core.video import Box, Video
from insonify.store import Label, Store, StoreSettings
from insonify.store.tables import Tables

path, number, step, times = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], 0
append = Tables.append
def die(tables, name, fragments):
    global times
    append(tables, name, fragments)
    times += name == step
    if times == 3:
        os.kill(os.getpid(), signal.SIGKILL)
Tables.append = die
store = Store.open_or_create(path, StoreSettings(codec="raw", size=16))
for turn in range(12):
    seed = (turn + 4 * number) % 24
    frames = np.random.default_rng(seed).integers(0, 255, (3, 16, 16), np.uint8)
    video = Video(
        frames_THW=frames, times_s_T=np.arange(3) / 20, video=f"v-{seed:04d}",
        segments_T=np.arange(3, dtype=np.int32) // 2, exam="e", subject="s",
        motion_T=np.zeros(3, np.float32), rectangle=Box(0, 0, 16, 16), spacing_mm=None,
    )
    entry = store.write_video(video, f"{number}-{seed}")
    store.commit([entry], labels=[Label(video=video.video, task="t", label="x")])
store.tidy()
"""


def test_killed_processes_that_are_run_again_lose_and_repeat_nothing(
    tmp_path: Path, noise: Noise
) -> None:
    """Four processes of twelve videos that overlap; three are killed midway."""
    (package,) = insonify.__path__
    for steps in (("frames", "labels", "videos", "none"), ("none",) * 3):
        lines = [
            [sys.executable, "-c", WRITER, str(tmp_path), str(number), step, package]
            for number, step in enumerate(steps)
        ]
        running = [subprocess.Popen(line) for line in lines]
        ends = [process.wait() for process in running]
        assert ends == [0 if step == "none" else -9 for step in steps]
    videos = [noise(seed) for seed in range(24)]
    check(tmp_path, videos)
    known = {f"{n}-{(k + 4 * n) % 24}" for n in range(4) for k in range(12)}
    assert Store.open(tmp_path).known_files() == known
