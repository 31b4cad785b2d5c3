import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from insonify.deploy.labelling.thinning import evenly, thin
from insonify.transfer.examples import Integers

groups = st.lists(st.integers(0, 6), min_size=1, max_size=60).map(np.array)


@given(groups, st.integers(1, 70))
def test_as_many_of_each_group_as_there_is_room_for(
    groups_N: Integers, most: int
) -> None:
    kept = thin(groups_N, most)
    assert np.array_equal(kept, np.unique(kept))
    assert len(kept) <= most
    counts = {group: np.sum(groups_N == group) for group in np.unique(groups_N)}
    taken = {group: np.sum(groups_N[kept] == group) for group in counts}
    if len(groups_N) <= most:
        assert taken == counts
    elif len(counts) <= most:
        # Whoever gave frames away has as many as anybody.
        highest = max(taken.values())
        assert all(taken[g] in (counts[g], highest) for g in counts)
        assert sum(min(counts[g], highest + 1) for g in counts) > most
    else:
        assert len(kept) == most
        assert max(taken.values()) == 1


def test_frames_of_a_group_are_spaced_evenly() -> None:
    kept = thin(np.repeat([5, 3], [100, 10]), 20)
    assert kept.tolist() == [*range(5, 100, 10), *range(100, 110)]


@given(st.integers(1, 50), st.integers(1, 50))
def test_places_are_the_middles_of_equal_parts(count: int, kept: int) -> None:
    kept = min(count, kept)
    places = evenly(count, kept)
    bounds = np.arange(kept + 1) * count / kept
    assert np.all((places >= np.floor(bounds[:-1])) & (places < np.ceil(bounds[1:])))
    assert len(np.unique(places)) == kept
