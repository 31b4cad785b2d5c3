import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insonify.store.ordering import Positions, canonical_order

ROWS = st.tuples(st.integers(-1, 3), st.integers(0, 4))


def at_once(video_N: Positions, time_s_N: np.ndarray) -> list[int]:
    """The definition: sort all rows, leave out those of no video."""
    order = np.lexsort((time_s_N, video_N))
    return [int(row) for row in order if video_N[row] >= 0]


@settings(deadline=None, derandomize=True, max_examples=300)
@given(rows=st.lists(ROWS, max_size=30), sort=st.booleans())
def test_any_table_is_ordered_as_by_sorting_all_of_it(
    rows: list[tuple[int, int]], sort: bool
) -> None:
    rows = sorted(rows, reverse=sort) if sort else rows
    video_N = np.array([video for video, _ in rows], np.int32)
    time_s_N = np.array([time for _, time in rows], np.float64)
    order = canonical_order(video_N, time_s_N)
    assert order.tolist() == at_once(video_N, time_s_N)
    assert order.dtype == np.int32


@pytest.mark.parametrize("mixed", [0, 1, 5])
def test_videos_that_stand_together_and_videos_that_do_not(mixed: int) -> None:
    """Whole videos in any order, and rows of some of them anywhere."""
    generator = np.random.default_rng(mixed)
    counts = generator.integers(4, 16, 40)
    videos = generator.permutation(40)
    video_N = np.repeat(videos, counts)
    time_s_N = np.concatenate([np.sort(generator.random(n).round(1)) for n in counts])
    where = np.flatnonzero(np.isin(video_N, videos[:mixed]))
    swapped = generator.permutation(where)
    video_N[where], time_s_N[where] = video_N[swapped], time_s_N[swapped]
    order = canonical_order(video_N, time_s_N)
    assert order.tolist() == at_once(video_N, time_s_N)
