from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from insonify.clips.cache import FrameCache
from insonify.store import Store


@pytest.mark.parametrize("megabytes", [0, 1, 100])
def test_frames_are_those_of_the_store_however_little_is_kept(
    store: Store, megabytes: int
) -> None:
    cache = FrameCache(store, megabytes)
    generator = np.random.default_rng(0)
    draws = [generator.integers(0, len(store.frames()), 40) for _ in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(cache.read, draws))
    for draw, frames in zip(draws, found, strict=True):
        assert np.array_equal(np.stack(frames), np.stack(store.read_frames(draw)))
    kept = sum(frame_HW.nbytes for frame_HW in cache._kept.values())
    assert kept <= megabytes * 1_000_000
    assert kept == 1_000_000 * megabytes - cache._room


def test_what_is_kept_is_not_read_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = FrameCache(store, 100)
    first = cache.read(np.array([3, 5, 3]))
    assert np.array_equal(first[0], first[2])
    monkeypatch.setattr(Store, "read_frames", None)
    again = cache.read(np.array([5, 3]))
    assert np.array_equal(again[0], first[1])
