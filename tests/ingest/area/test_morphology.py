import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from insonify.ingest.area.morphology import (
    closed,
    hull,
    largest_part,
    opened,
    widened,
    without_specks,
)
from insonify.ingest.area.shapes import Mask

masks = arrays(bool, st.tuples(st.integers(1, 14), st.integers(1, 14)))


def disc(radius: float) -> Mask:
    reach = np.arange(-int(radius) - 1, int(radius) + 2)
    return np.asarray(np.hypot(reach[:, None], reach) <= radius)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(masks, st.sampled_from([1.0, 1.5, 2.3, 4.0]))
def test_opening_and_closing_are_those_with_a_disc(
    mask_HW: Mask, radius: float
) -> None:
    margin = int(radius) + 1
    inside = (slice(margin, -margin), slice(margin, -margin))
    padded = np.pad(mask_HW, margin, mode="edge")
    slow = ndimage.binary_opening(np.pad(padded, margin, mode="edge"), disc(radius))
    assert np.array_equal(opened(mask_HW, radius), slow[inside][inside] & mask_HW)
    apart = np.pad(mask_HW, 4 * margin)
    slow = ndimage.binary_closing(apart, disc(radius))
    wide = slice(4 * margin, -4 * margin)
    assert np.array_equal(closed(mask_HW, radius), slow[wide, wide])


@settings(deadline=None, derandomize=True, max_examples=60)
@given(masks)
def test_crosses_are_those_of_scipy(mask_HW: Mask) -> None:
    wide_HW = ndimage.binary_dilation(mask_HW, iterations=3)
    assert np.array_equal(widened(mask_HW, 3), wide_HW)
    assert np.array_equal(without_specks(mask_HW), ndimage.binary_opening(mask_HW))


def test_the_largest_part_is_kept() -> None:
    mask_HW = np.zeros((20, 20), bool)
    mask_HW[2:5, 2:5] = mask_HW[8:15, 8:15] = True
    assert largest_part(mask_HW).sum() == 49
    assert not largest_part(np.zeros((4, 4), bool)).any()


@settings(deadline=None, derandomize=True, max_examples=60)
@given(masks.filter(np.any))
def test_a_hull_holds_the_mask_and_has_no_dent(mask_HW: Mask) -> None:
    hull_HW = hull(mask_HW)
    assert hull_HW[mask_HW].all()
    rows, columns = np.nonzero(hull_HW)
    for angle in np.linspace(0, np.pi, 7):
        reach = np.argwhere(mask_HW) @ (np.sin(angle), np.cos(angle))
        found = rows * np.sin(angle) + columns * np.cos(angle)
        # No farther than half a pixel of rounding beyond the mask.
        assert found.max() <= reach.max() + 0.75
        assert found.min() >= reach.min() - 0.75


@pytest.mark.parametrize("shape", [(1, 9), (9, 1), (1, 1)])
def test_a_line_is_its_own_hull(shape: tuple[int, int]) -> None:
    assert hull(np.ones(shape, bool)).all()
