import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insonify.core.saliency import cells, target_map

share = st.floats(0, 0.999)


@settings(deadline=None, derandomize=True)
@given(
    points=st.lists(st.tuples(share, share), min_size=1, max_size=5),
    sigma=st.tuples(st.floats(1e-3, 1), st.floats(1e-3, 1)),
)
def test_a_target_is_a_mean_of_bells_that_each_weigh_the_same(
    points: list[tuple[float, float]], sigma: tuple[float, float]
) -> None:
    found = target_map(points, sigma, (6, 9))
    assert found.sum() == pytest.approx(1)
    assert found.min() >= 0
    alone = [target_map([point], sigma, (6, 9)) for point in points]
    np.testing.assert_allclose(found, np.mean(alone, axis=0), atol=1e-12)


def test_a_bell_is_as_wide_as_asked_along_each_axis() -> None:
    found = target_map([(0.5, 0.5)], (0.1, 0.05), (101, 101))
    place = (np.arange(101) + 0.5) / 101 - 0.5
    assert np.sqrt(found.sum(0) @ place**2) == pytest.approx(0.1, rel=1e-3)
    assert np.sqrt(found.sum(1) @ place**2) == pytest.approx(0.05, rel=1e-3)


def test_the_peak_lies_in_the_cell_of_the_point() -> None:
    for point in [(0.07, 0.93), (0.5, 0.31), (0.999, 0.0)]:
        found = target_map([point], (0.02, 0.02), (8, 12))
        peak = np.unravel_index(found.argmax(), found.shape)
        assert tuple(cells([point], (8, 12))[0]) == peak
