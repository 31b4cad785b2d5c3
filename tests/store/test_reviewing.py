"""Decisions of people in a store: many writers, kills, versions, object stores."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import lance
import numpy as np
import pytest

from insonify.core.errors import StoreError
from insonify.core.video import Video
from insonify.store import Label, Review, Store, StoreSettings, Stretch
from insonify.store.place import Folder
from insonify.store.tables import Tables

RAW = StoreSettings(codec="raw", size=16)
Noise = Callable[..., Video]
V, W = "v-0000", "v-0001"


def fill(path: Path, noise: Noise) -> Store:
    """Two videos of six frames at 20 a second; the first is ``old`` of task ``t``."""
    store = Store.create(path, RAW)
    entries = [store.write_video(noise(seed, frames=6), f"f-{seed}") for seed in (0, 1)]
    labels = [Label(video=V, task="t", label="old")]
    labels += [Label(video=W, task="u", label="other", start_s=0.1)]
    store.commit(entries, labels=labels)
    return store


@pytest.fixture
def filled(tmp_path: Path, noise: Noise) -> Store:
    return fill(tmp_path / "filled", noise)


def say(label: str | None, start_s: float | None = None, **rest: Any) -> Review:
    words = {"video": V, "task": "t", "author": "Ann", "end_s": start_s}
    return Review.new(label=label, start_s=start_s, **words | rest)


def undo(review: Review) -> Review:
    return say(None, undoes=review.event, video=review.video, task=review.task)


def labels_of(store: Store, task: str = "t") -> dict[int, str]:
    found = store.frame_labels(task)
    return dict(zip(found.positions.tolist(), found.labels, strict=True))


def test_what_is_said_replaces_what_was(filled: Store) -> None:
    new = say("new", 0.1, end_s=0.2)
    filled.review([new])
    for store in (filled, Store.open(filled.path)):
        labels = ["old", "old", "new", "new", "new", "old"]
        assert labels_of(store) == dict(enumerate(labels))
        assert store.tasks() == ["t", "u"]
        assert labels_of(store, "u") == {
            8: "other",
            9: "other",
            10: "other",
            11: "other",
        }
        about: dict[str, Any] = {
            "author": "Ann",
            "unix_ms": new.unix_ms,
            "event": new.event,
        }
        assert store.stretches(V, "t") == [
            Stretch(label="old", start_s=None, end_s=np.nextafter(0.1, 0)),
            Stretch(label="new", start_s=0.1, end_s=0.2, **about),
            Stretch(label="old", start_s=np.nextafter(0.2, 1), end_s=None),
        ]
        assert store.stretches(V, "none") == store.stretches("v'", "t") == []


def test_undo_and_redo(filled: Store) -> None:
    before = filled.labels()
    new = say("new", 0.1)
    back = undo(new)
    filled.review([new, back])
    assert filled.labels().equals(before)
    filled.review([undo(back)])
    assert labels_of(filled)[2] == "new"
    assert filled.reviews()["event"].to_pylist()[:2] == [new.event, back.event]
    assert (len(filled.reviews(V)), len(filled.reviews(W))) == (3, 0)


def test_a_stretch_without_a_frame_is_none(filled: Store) -> None:
    """Frames are at 0, 0.05, ... 0.25 s."""
    filled.review([say("a", 0.0, end_s=0.1), say("b", 0.15, end_s=0.25)])
    assert [stretch.label for stretch in filled.stretches(V, "t")] == ["a", "b"]
    assert filled.labels()["label"].to_pylist() == ["other", "a", "b"]
    filled.review([say(None, 0.0, end_s=0.25), say("c", 7.0, video=W)])
    assert filled.stretches(V, "t") == []
    assert filled.tasks() == ["u"]


def test_removing_a_label(filled: Store) -> None:
    filled.review([say(None)])
    assert filled.tasks() == ["u"]
    assert filled.stretches(V, "t") == []
    with pytest.raises(StoreError, match="no labels of task 't'; the store has"):
        filled.frame_labels("t")


def test_a_task_that_only_reviews_have(filled: Store) -> None:
    filled.review([say("x", 0.0, video=W, task="z")])
    assert filled.tasks() == ["t", "u", "z"]
    assert labels_of(filled, "z") == {6: "x"}


def test_videos_and_events_that_are_not_there_are_refused(
    filled: Store, noise: Noise
) -> None:
    there = say("x", video=W)
    filled.review([there])
    before = filled.versions
    with pytest.raises(StoreError, match="v-9: no such video in the store; ingest"):
        filled.review([say("x"), say("x", video="v-9")])
    for wrong in (say("never written"), there):
        with pytest.raises(StoreError, match=r"no decision .* to take back; refresh"):
            filled.review([say("x"), say(None, undoes=wrong.event)])
    late = say("x")
    with pytest.raises(StoreError, match="no decision"):
        filled.review([undo(late), late])
    filled.review([])
    assert Store.open(filled.path).versions == before
    other = Store.open(filled.path)
    other.commit([other.write_video(noise(2), "f-2")])
    filled.review([say("x", video="v-0002", task="z")])
    assert labels_of(filled, "z") == {12: "x", 13: "x", 14: "x"}


def test_a_store_without_reviews_is_as_it_was(filled: Store) -> None:
    assert "reviews" not in filled.versions
    assert not (filled.path / "reviews.lance").exists()
    assert filled.labels().column_names == [
        "video",
        "task",
        "label",
        "start_s",
        "end_s",
    ]
    assert filled.labels()["label"].to_pylist() == ["old", "other"]
    assert (len(filled.reviews()), filled.reviews().column_names[0]) == (0, "video")
    (stretch,) = filled.stretches(V, "t")
    assert stretch == Stretch(label="old", start_s=None, end_s=None)


def test_whoever_is_pinned_sees_what_it_saw(filled: Store) -> None:
    first = filled.versions
    filled.review([say("one", 0.1)])
    second = filled.versions
    filled.review([say("two", 0.1)])
    filled.tidy()
    seen = [Store.open(filled.path, versions) for versions in (first, second, None)]
    assert [labels_of(store)[2] for store in seen] == ["old", "one", "two"]
    assert [len(store.reviews()) for store in seen] == [0, 1, 2]
    assert [store.versions for store in seen[:2]] == [first, second]
    assert [store.refresh() for store in seen] == [True, True, False]
    assert [labels_of(store)[2] for store in seen] == ["two"] * 3


def test_a_store_from_before_reviews(old_store: Folder) -> None:
    store = Store.open(old_store.path)
    review = say("new", 0.1, video="v-old")
    store.review([review])
    assert labels_of(Store.open(old_store.path)) == {0: "x", 1: "new"}
    with pytest.raises(StoreError, match="no such video"):
        store.review([say("new")])


def test_half_a_table_is_made_whole(filled: Store) -> None:
    """Killed between the folder and the first version."""
    (filled.path / "reviews.lance" / "_versions").mkdir(parents=True)
    store = Store.open(filled.path)
    assert len(store.reviews()) == 0
    store.review([say("new")])
    assert len(Store.open(filled.path).reviews()) == 1


def test_a_damaged_table_is_not_taken_for_none(filled: Store) -> None:
    filled.review([say("new")])
    for file in (filled.path / "reviews.lance" / "_versions").iterdir():
        file.write_bytes(b"damaged" * 99)
    with pytest.raises(StoreError, match="cannot be read or written"):
        Store.open(filled.path)


def test_refresh_goes_on_to_what_others_wrote(filled: Store, noise: Noise) -> None:
    other, index = Store.open(filled.path), filled.frames()
    assert not filled.refresh()
    other.review([say("new", 0.1)])
    assert labels_of(filled)[2] == "old"
    assert filled.refresh()
    assert labels_of(filled)[2] == "new"
    assert filled.frames() is index
    other.commit([other.write_video(noise(2), "f-2")])
    assert filled.refresh()
    assert len(filled.frames()) == len(index) + 3
    assert not filled.refresh()
    assert filled.versions == Store.open(filled.path).versions


def test_reading_goes_on_while_another_thread_refreshes(filled: Store) -> None:
    filled.review([say("new")])
    over = threading.Event()

    def read() -> int:
        rounds = 0
        while not over.is_set():
            assert filled.stretches(V, "t")[0].label == "new"
            rounds += 1
        return rounds

    other = Store.open(filled.path)
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(read)
        for _ in range(30):
            other.review([say("new")])
            filled.refresh()
        over.set()
        assert reader.result() > 0


WRITER = """
import sys
from pathlib import Path
from insonify.store import Review, Store
path, author, count = sys.argv[1:]
store = Store.open(Path(path))
for number in range(int(count)):
    review = Review.new(
        video="v-0000", task="t", label="x", start_s=number / 100, author=author
    )
    store.review([review])
    print(review.event, flush=True)
"""


def writer(store: Store, author: str, count: int) -> subprocess.Popen[str]:
    """A process that prints each event when it is written."""
    words = [sys.executable, "-c", WRITER, str(store.path), author, str(count)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def test_two_processes_lose_nothing(filled: Store) -> None:
    """Each makes the table if it is there first, and compacts now and then."""
    names = ("Ann", "Bob")
    processes = [writer(filled, name, 50) for name in names]
    said = {
        name: process.communicate()[0].split()
        for name, process in zip(names, processes, strict=True)
    }
    assert [process.returncode for process in processes] == [0, 0]
    log = Store.open(filled.path).reviews().to_pylist()
    for name in names:
        mine = [row for row in log if row["author"] == name]
        assert [row["event"] for row in mine] == said[name]
        assert [row["start_s"] for row in mine] == [k / 100 for k in range(50)]
    assert filled.refresh()
    assert len(filled.reviews()) == 100


def test_threads_that_make_the_table_at_once_lose_nothing(filled: Store) -> None:
    start = threading.Barrier(4)

    def work() -> None:
        store = Store.open(filled.path)
        start.wait()
        store.review([say("x")])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Store.open(filled.path).reviews()) == 4


@pytest.mark.parametrize("acknowledged", [1, 40])
def test_what_was_acknowledged_survives_a_kill(
    filled: Store, acknowledged: int
) -> None:
    with writer(filled, "Ann", 100_000) as process:
        assert process.stdout is not None
        events = [process.stdout.readline().strip() for _ in range(acknowledged)]
        # Not right behind an answer, but somewhere within the next writes.
        time.sleep(0.007)
        process.kill()
        events += process.stdout.read().split()
    store = Store.open(filled.path)
    found = store.reviews()["event"].to_pylist()
    assert len(found) - len(events) in {0, 1}
    assert found[: len(events)] == events
    store.review([say("new")])
    assert len(Store.open(filled.path).reviews()) == len(found) + 1


@pytest.mark.parametrize("step", ["write", "append"])
def test_what_was_interrupted_is_there_whole_or_not_at_all(
    filled: Store, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    filled.review([say("one")])
    done = getattr(Tables, step)

    def die(*arguments: Any, **options: Any) -> None:
        done(*arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(Tables, step, die)
    with pytest.raises(KeyboardInterrupt):
        filled.review([say("two"), say("three")])
    monkeypatch.undo()
    found = Store.open(filled.path).reviews()["label"].to_pylist()
    assert found == (["one", "two", "three"] if step == "append" else ["one"])


def test_reviews_are_compacted_now_and_then_and_at_the_end(filled: Store) -> None:
    for number in range(70):
        filled.review([say(f"x{number}", 0.1)])
        assert len(filled._tables["reviews"].get_fragments()) < 48
    before = filled.reviews()
    filled.tidy()
    assert len(filled._tables["reviews"].get_fragments()) < 16
    assert filled.reviews().equals(before)
    assert labels_of(Store.open(filled.path))[2] == "x69"


def test_reviews_of_videos_that_are_not_seen_yet_are_not_seen(
    filled: Store, noise: Noise
) -> None:
    before = filled.versions
    filled.commit([filled.write_video(noise(2), "f-2")])
    filled.review([say("new", video="v-0002")])
    mixed = Store.open(filled.path, before | {"reviews": filled.versions["reviews"]})
    assert len(mixed.reviews()) == 0
    assert set(mixed.labels()["video"].to_pylist()) == {V, W}


@pytest.mark.usefixtures("s3")
def test_a_bucket_holds_reviews_too(tmp_path: Path, noise: Noise) -> None:
    found = []
    new, more = say("new", 0.1), say(None, 0.25)
    for path in (Path("s3://scans/reviewed"), tmp_path / "store"):
        store, other = fill(path, noise), Store.open(path)
        assert len(store.reviews()) == 0
        versions = store.versions
        store.review([new])
        assert other.refresh()
        other.review([more, undo(new)])
        assert store.refresh()
        store.tidy()
        assert len(Store.open(path, versions).reviews()) == 0
        log = Store.open(path).reviews().drop_columns(["unix_ms", "event"])
        found.append(
            [log.to_pylist(), store.labels().to_pylist(), store.stretches(V, "t")]
        )
    assert found[0] == found[1]
    assert [stretch.label for stretch in found[0][2]] == ["old"]  # nothing lies behind


def test_a_lost_head_is_written_again_beside_reviews_and_features(
    filled: Store,
) -> None:
    filled.review([say("x")])
    lance.write_dataset(
        filled.reviews(), str(filled.path / "features-0123456789ab.lance")
    )
    (filled.path / "store.json").unlink()
    assert Store.open_or_create(filled.path, RAW).id == filled.id
