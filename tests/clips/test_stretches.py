import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insonify.clips.stretches import stretches
from insonify.core.video import Box
from insonify.store import FrameIndex


def random_index(seed: int, videos: int) -> FrameIndex:
    """Videos of 1 to 40 frames, of uneven times with gaps, still here and there."""
    generator = np.random.default_rng(seed)
    counts = generator.integers(1, 40, videos)
    total = int(counts.sum())
    times = [
        np.cumsum(generator.choice([0.1, 0.1, 0.13, 0.9], count)) for count in counts
    ]
    segments = [np.cumsum(generator.random(count) < 0.05) for count in counts]
    motion_N = generator.gamma(1.0, 1.0, total).astype(np.float32)
    motion_N[generator.random(total) < 0.3] = 0
    return FrameIndex(
        row_N=np.arange(total),
        video_N=np.repeat(np.arange(videos, dtype=np.int32), counts),
        time_s_N=np.concatenate(times),
        segment_N=np.concatenate(segments),
        motion_N=motion_N,
        video_ids=tuple(f"v-{number}" for number in range(videos)),
        subjects=tuple(f"s-{number // 2}" for number in range(videos)),
        rectangles=(Box(0, 0, 8, 8),) * videos,
        shapes_HW=((8, 8),) * videos,
    )


@settings(deadline=None, derandomize=True, max_examples=40)
@given(seed=st.integers(0, 99), videos=st.integers(1, 12), frames=st.integers(1, 90))
def test_numbers_do_not_depend_on_where_a_stretch_ends(
    seed: int, videos: int, frames: int
) -> None:
    """Bit for bit: what is on the edge of a tolerance must fall to the same side."""
    index = random_index(seed, videos)
    (whole,) = stretches(index, frames=len(index))
    found = list(stretches(index, frames))
    assert [part.first for part in found[1:]] == np.cumsum(
        [len(part.video_N) for part in found[:-1]]
    ).tolist()
    assert sum(len(part.video_N) for part in found) == len(index)
    for part in found:
        end = min(part.first + len(part.video_N) + 1, len(index))
        for name in ("key_N", "run_N", "path_N"):
            expected_N = getattr(whole, name)[part.first : end]
            assert np.array_equal(getattr(part, name), expected_N)


@pytest.mark.parametrize("frames", [1, 25, 10_000])
def test_no_video_is_divided(frames: int) -> None:
    index = random_index(0, 9)
    videos = [set(part.video_N.tolist()) for part in stretches(index, frames)]
    assert len(set().union(*videos)) == sum(map(len, videos)) == 9
    assert len(videos) == {1: 9, 10_000: 1}.get(frames, len(videos))


def test_keys_increase_and_paths_grow() -> None:
    index = random_index(1, 9)
    (whole,) = stretches(index)
    assert (np.diff(whole.key_N) > 0).all()
    assert whole.path_N[-1] == pytest.approx(index.motion_N.astype(float).sum())
    assert whole.run_N[0] == 0
    pairs = np.stack([index.video_N, index.segment_N], axis=1)
    assert whole.run_N[-1] + 1 == len(np.unique(pairs, axis=0))
