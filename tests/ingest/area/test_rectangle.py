import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from insonify.core.video import Box
from insonify.ingest.area.rectangle import largest_rectangle


def slow_area(mask_HW: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> int:
    height, width = mask_HW.shape
    return max(
        (
            (bottom - top) * (right - left)
            for top in range(height)
            for bottom in range(top + 1, height + 1)
            for left in range(width)
            for right in range(left + 1, width + 1)
            if mask_HW[top:bottom, left:right].all()
        ),
        default=0,
    )


@settings(deadline=None, derandomize=True, max_examples=60)
@given(arrays(bool, st.tuples(st.integers(1, 8), st.integers(1, 8))))
def test_as_large_as_the_largest_of_all(
    mask_HW: np.ndarray[tuple[int, int], np.dtype[np.bool_]],
) -> None:
    box = largest_rectangle(mask_HW)
    assert box.height * box.width == slow_area(mask_HW)
    assert mask_HW[box.top : box.bottom, box.left : box.right].all()


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.integers(161, 700), st.integers(161, 700), st.integers(20, 300))
def test_large_masks_are_reduced_and_the_rectangle_stays_inside(
    height: int, width: int, radius: int
) -> None:
    rows_HW, columns_HW = np.ogrid[:height, :width]
    mask_HW = np.hypot(rows_HW - height / 2, columns_HW - width / 2) < radius
    box = largest_rectangle(mask_HW)
    assert mask_HW[box.top : box.bottom, box.left : box.right].all()
    # The square in a circle has 2 r² pixels; a cell is lost at each side at most.
    side = min(height, width, np.sqrt(2) * radius)
    lost = 2 * np.ceil(max(height, width) / 160)
    assert box.height * box.width >= (side - lost - 2) ** 2


@settings(deadline=None, derandomize=True, max_examples=60)
@given(arrays(bool, st.tuples(st.integers(1, 8), st.integers(1, 8))))
def test_of_equals_it_is_the_uppermost_then_the_leftmost_then_the_tallest(
    mask_HW: np.ndarray[tuple[int, int], np.dtype[np.bool_]],
) -> None:
    box = largest_rectangle(mask_HW)
    height, width = mask_HW.shape
    largest = box.height * box.width
    equals = [
        Box(top, left, bottom, right)
        for top in range(height)
        for bottom in range(top + 1, height + 1)
        for left in range(width)
        for right in range(left + 1, width + 1)
        if (bottom - top) * (right - left) == largest
        and mask_HW[top:bottom, left:right].all()
    ]
    if equals:
        assert box == min(equals, key=lambda one: (one.bottom, one.right, one.top))


def test_an_empty_mask_has_an_empty_rectangle() -> None:
    assert largest_rectangle(np.zeros((5, 7), bool)) == Box(0, 0, 0, 0)


def test_a_large_mask_without_a_gap_is_its_own_rectangle() -> None:
    assert largest_rectangle(np.ones((256, 331), bool)) == Box(0, 0, 256, 331)
