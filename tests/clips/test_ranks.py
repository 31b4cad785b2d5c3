from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from insonify.clips.loader import ClipLoader
from insonify.clips.sampling import ClipOptions
from insonify.core.video import Box
from insonify.store import FrameIndex
from insonify.store.frames import Integers


class Frames:
    """As much of a store as saying what comes next needs."""

    def __init__(self, videos: int, each: int) -> None:
        count = videos * each
        self._index = FrameIndex(
            row_N=np.arange(count),
            video_N=np.repeat(np.arange(videos), each),
            time_s_N=np.tile(np.arange(each, dtype=float), videos),
            segment_N=np.zeros(count, np.int32),
            motion_N=np.ones(count, np.float32),
            video_ids=tuple(f"v-{n:03d}" for n in range(videos)),
            subjects=tuple(f"s-{n // 2}" for n in range(videos)),
            rectangles=(Box(0, 0, 8, 8),) * videos,
            shapes_HW=((8, 8),) * videos,
        )

    def frames(self) -> FrameIndex:
        return self._index


def starts(loader: ClipLoader, first: int, end: int) -> Integers:
    return np.concatenate([loader.positions(n)[:, 0] for n in range(first, end)])


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    videos=st.integers(1, 7),
    each=st.integers(2, 12),
    world=st.sampled_from([1, 2, 3, 8]),
    share=st.integers(1, 4),
    together=st.sampled_from([None, 2, 5]),
    seed=st.integers(0, 9),
)
def test_ranks_see_every_clip_once_an_epoch_whatever_their_number(
    *,
    videos: int,
    each: int,
    world: int,
    share: int,
    together: int | None,
    seed: int,
) -> None:
    """Over as many epochs as end with a batch; none of the ranks knows of another."""
    store: Any = Frames(videos, each)
    clips = videos * (each - 1)
    clips_CT = np.flatnonzero(np.arange(videos * each) % each < each - 1)[:, None]
    batch = world * share

    def loader(rank: int, world: int) -> ClipLoader:
        return ClipLoader(
            store=store,
            clips_CT=clips_CT + np.arange(2),
            options=ClipOptions(frames=2),
            source=(16, 16),
            batch=batch,
            seed=seed,
            together=together,
            rank=rank,
            world=world,
        )

    batches = int(np.lcm(clips, batch)) // batch
    epochs = batches * batch // clips
    parts = [starts(loader(rank, world), 0, batches) for rank in range(world)]
    assert {len(part) for part in parts} == {batches * share}
    seen, times = np.unique(np.concatenate(parts), return_counts=True)
    assert np.array_equal(seen, clips_CT[:, 0])
    assert (times == epochs).all()
    whole_NB = starts(loader(0, 1), 0, batches).reshape(batches, batch)
    dealt_NB = np.stack([part.reshape(batches, share) for part in parts], axis=2)
    assert np.array_equal(dealt_NB.reshape(batches, batch), whole_NB)
    firsts = whole_NB.ravel()[: epochs * clips].reshape(epochs, clips)
    assert (np.sort(firsts, axis=1) == clips_CT[:, 0]).all()


def test_starting_in_a_later_epoch_is_the_same() -> None:
    store: Any = Frames(5, 9)
    clips_CT = np.arange(40)[:, None] + np.arange(2)
    loaders = [
        ClipLoader(
            store=store,
            clips_CT=clips_CT,
            options=ClipOptions(frames=2),
            source=(16, 16),
            batch=6,
            seed=3,
        )
        for _ in range(2)
    ]
    everything = starts(loaders[0], 0, 60)
    assert np.array_equal(starts(loaders[1], 41, 60), everything[41 * 6 :])
