"""Embedding a store: interrupted, killed, grown, by two processes, in a bucket."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from insonify.core.errors import CheckpointError, ConfigError, StoreError
from insonify.deploy.embedding.features import Features
from insonify.deploy.embedding.run import EmbedOptions, Progress, embed_store
from insonify.deploy.heads_folder import fingerprint
from insonify.model.checkpoint import Checkpoint
from insonify.store import Store, StoreSettings
from tests.deploy.conftest import FRAMES, TIMES_S, save_small, small_checkpoint
from tests.store.conftest import _moto, s3  # noqa: F401 (fixtures)
from tests.transfer.conftest import spot_video

OFTEN = EmbedOptions(batch=10, commit_s=0)
_KILLED = """
import os, signal, sys
from pathlib import Path
from insonify.deploy.embedding.run import EmbedOptions, embed_store
from insonify.model.checkpoint import load_checkpoint
from insonify.store import Store

def die(step):
    if step.done >= 50:
        os.kill(os.getpid(), signal.SIGKILL)

options = EmbedOptions(batch=10, commit_s=float(sys.argv[3]))
checkpoint = load_checkpoint(Path(sys.argv[2]))
embed_store(Store.open(Path(sys.argv[1])), checkpoint, options, die)
"""


def same(found: Features, expected: Features) -> bool:
    """Whether all frames have the very same features."""
    every = np.arange(len(found.store.frames()))
    np.testing.assert_array_equal(found.positions_N, every)
    np.testing.assert_allclose(found.read(every), expected.read(every), rtol=2e-3)
    return True


def test_an_interrupted_one_goes_on(mine: Store, embedded: Features) -> None:
    def stop(step: Progress) -> None:
        assert step.total == 144
        if step.done == 30:
            raise KeyboardInterrupt

    patient = EmbedOptions(batch=10, commit_s=1000)
    with pytest.raises(KeyboardInterrupt):
        embed_store(mine, small_checkpoint(), patient, stop)
    assert len(Features.open(mine)) == 30  # nothing that was made is lost
    steps: list[Progress] = []
    found = embed_store(mine, small_checkpoint(), patient, steps.append)
    assert found.added == 114
    assert [step.done for step in steps] == [*range(0, 111, 10), 114]
    assert same(found.features, embedded)
    again = embed_store(mine, small_checkpoint())
    assert again.added == 0
    assert again.features.dataset.count_rows() == 144


def test_a_killed_one_goes_on(mine: Store, embedded: Features, tmp_path: Path) -> None:
    run = save_small(tmp_path / "run", small_checkpoint())
    command = [sys.executable, "-c", _KILLED, str(mine.path), str(run), "0"]
    killed = subprocess.run(command, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    there = len(Features.open(mine))
    assert there >= 40
    found = embed_store(mine, small_checkpoint())
    assert found.added == 144 - there
    assert same(found.features, embedded)


def test_a_store_that_grew(writable: Features) -> None:
    path = writable.store.path
    store = Store.open_or_create(path, StoreSettings(codec="png"))
    names = ("v-0000a", "v-9999")  # one moves the positions of those after it
    for number, name in enumerate(names):
        video, _ = spot_video(20 + number, "s-9", times_s_T=TIMES_S)
        video = type(video)(**{**vars(video), "video": name})
        store.commit([store.write_video(video, f"f-{name}")])
    before = Features.open(Store.open(path))
    assert len(before) == 144
    np.testing.assert_array_equal(
        before.of_video("v-0007")[1], writable.of_video("v-0007")[1]
    )
    found = embed_store(Store.open(path), small_checkpoint())
    assert found.added == 2 * FRAMES
    assert len(found.features) == 144 + 2 * FRAMES
    # Who opened the store before sees what that store holds.
    assert len(Features.open(writable.store)) == 144


def test_two_at_once_keep_one_of_each(mine: Store, embedded: Features) -> None:
    barrier = Barrier(2)

    def work(checkpoint: Checkpoint) -> int:
        store = Store.open(mine.path)
        first = True

        def wait(_: Progress) -> None:
            nonlocal first
            if first:
                barrier.wait(60)
            first = False

        return embed_store(store, checkpoint, OFTEN, wait).added

    with ThreadPoolExecutor(2) as pool:
        twins = [small_checkpoint() for _ in range(2)]
        assert list(pool.map(work, twins)) == [144, 144]
    found = embed_store(mine, small_checkpoint())
    assert found.added == 0
    assert found.features.dataset.count_rows() == 144
    assert same(found.features, embedded)


def test_many_small_appends_are_merged(mine: Store, embedded: Features) -> None:
    options = EmbedOptions(batch=8, commit_s=0)
    found = embed_store(mine, small_checkpoint(), options).features
    assert len(found.dataset.get_fragments()) == 1
    assert same(found, embedded)


def test_the_store_is_as_it_was(mine: Store) -> None:
    before = Store.open(mine.path).versions
    embed_store(mine, small_checkpoint())
    assert Store.open(mine.path).versions == before
    store = Store.open_or_create(mine.path, StoreSettings(codec="png"))
    store.tidy()
    assert len(Features.open(store)) == len(store.frames()) == 144


def test_features_that_are_not_numbers_are_refused(mine: Store) -> None:
    checkpoint = small_checkpoint()
    checkpoint.encoder.std.fill_(0)
    with pytest.raises(CheckpointError, match="not finite"):
        embed_store(mine, checkpoint)
    assert not len(Features.open(mine, fingerprint(checkpoint)))


def test_a_frame_that_cannot_be_read_is_told(
    mine: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(rows: np.ndarray) -> None:
        raise OSError(f"no {len(rows)} rows")

    monkeypatch.setattr(mine, "read_images", fail)
    with pytest.raises(StoreError, match=r"cannot be read or written \(no 64 rows"):
        embed_store(mine, small_checkpoint())


def test_options_out_of_range() -> None:
    for options in ({"batch": 0}, {"workers": 0}, {"commit_s": -1}):
        with pytest.raises(ConfigError, match="at least"):
            EmbedOptions(**options)


@pytest.mark.usefixtures("s3")
def test_a_bucket_holds_features_too(embedded: Features) -> None:
    store = Store.create(Path("s3://scans/spots"), StoreSettings(codec="png"))
    videos = [
        spot_video(number, f"s-{number // 2}", reach=(20, 400)[number % 2])[0]
        for number in range(2)
    ]
    store.commit([store.write_video(video, video.video) for video in videos])
    options = EmbedOptions(batch=10, commit_s=0)
    embed_store(store, small_checkpoint(), options)
    store = Store.open(Path("s3://scans/spots"))
    found = Features.open(store)
    for video in ("v-0000", "v-0001"):
        numbers, found_TD = found.of_video(video)
        assert numbers.tolist() == list(range(FRAMES))
        expected_TD = embedded.of_video(video)[1]
        np.testing.assert_allclose(found_TD, expected_TD, rtol=2e-3)
