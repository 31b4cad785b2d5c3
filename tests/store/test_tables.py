"""What a writer keeps in memory of the versions that it left behind."""

from collections.abc import Callable

import numpy as np
import pytest

from insonify.core.video import Video
from insonify.store import Store, tables


def commit(store: Store, video: Video) -> None:
    store.commit([store.write_video(video, f"f-{video.video}")])


def test_a_writer_forgets_what_it_left_once_it_is_much(
    store: Store, new_video: Callable[..., Video], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = store._tables._session
    commit(store, new_video(98))
    assert store._tables._session is first
    monkeypatch.setattr(tables, "_FORGOTTEN", 1)
    commit(store, new_video(99))
    later = store._tables._session
    assert later is not first
    assert later.size_bytes() < first.size_bytes()


def test_whoever_forgets_reads_the_same(
    store: Store, new_video: Callable[..., Video], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_FORGOTTEN", 1)
    commit(store, new_video(99))
    fresh = Store.open(store.path)
    assert store.versions == fresh.versions
    assert store.known_videos() == fresh.known_videos() >= {"v-0099"}
    everything = np.arange(len(fresh.frames()))
    assert store.read_images(everything) == fresh.read_images(everything)
