import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insonify.core.errors import ConfigError
from insonify.core.video import Box
from insonify.ingest.area.shapes import Polygon, Sector, bounds, outline_mask


def slowly(sector: Sector, height: int, width: int) -> list[list[bool]]:
    """Pixel by pixel, by rotating the sides instead of measuring the angle."""

    def within(row: int, column: int) -> bool:
        down, across = row - sector.apex[0], column - sector.apex[1]
        left, right = (math.radians(angle) for angle in sector.angles)
        right_of_left = across * math.cos(left) - down * math.sin(left) >= 0
        left_of_right = across * math.cos(right) - down * math.sin(right) <= 0
        radius = math.sqrt(down * down + across * across)
        return (
            right_of_left
            and left_of_right
            and sector.radii[0] <= radius <= sector.radii[1]
        )

    return [[within(row, column) for column in range(width)] for row in range(height)]


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    st.floats(-30.5, 5.5),
    st.floats(5.5, 25.5),
    st.tuples(st.floats(0, 20), st.floats(1, 40)),
    st.tuples(st.floats(-80, -1), st.floats(1, 80)),
)
def test_a_sector_is_the_pixels_between_two_sides_and_two_arcs(
    row: float, column: float, ring: tuple[float, float], angles: tuple[float, float]
) -> None:
    inner, depth = ring
    sector = Sector(apex=(row, column), radii=(inner, inner + depth), angles=angles)
    found_HW = sector.mask((24, 32))
    # Pixels on a border may fall on either side by rounding.
    assert (found_HW != np.array(slowly(sector, 24, 32))).sum() <= 2


def test_boxes_and_polygons_cover_their_pixels() -> None:
    box_HW = outline_mask(Box(2, 3, 7, 9), (10, 12))
    assert box_HW.sum() == 30
    assert bounds(box_HW) == Box(2, 3, 7, 9)
    corners = ((2.0, 3.0), (2.0, 8.0), (6.0, 8.0), (6.0, 3.0))
    polygon_HW = outline_mask(Polygon(corners=corners), (10, 12))
    assert np.array_equal(polygon_HW, box_HW)


def test_a_shape_may_reach_beyond_the_picture() -> None:
    beyond = Polygon(corners=((-5.0, -5.0), (-5.0, 50.0), (50.0, 50.0), (50.0, -5.0)))
    assert beyond.mask((10, 12)).all()
    above = Sector(apex=(-40.0, 6.0), radii=(10.0, 90.0), angles=(-60.0, 60.0))
    assert above.mask((10, 12)).all()


@pytest.mark.parametrize(
    "fault",
    [
        {"radii": (50.0, 50.0)},
        {"radii": (-1.0, 50.0)},
        {"angles": (10.0, -10.0)},
        {"angles": (-91.0, 10.0)},
        {"apex": (float("nan"), 0.0)},
        {"radii": (0.0, float("inf"))},
    ],
)
def test_an_impossible_sector_is_refused(fault: dict[str, tuple[float, float]]) -> None:
    right = {"apex": (0.0, 9.0), "radii": (5.0, 50.0), "angles": (-20.0, 20.0)}
    assert Sector(**right).mask((60, 20)).any()
    with pytest.raises(ConfigError, match=next(iter(fault))):
        Sector(**{**right, **fault})


def test_two_corners_are_no_polygon() -> None:
    with pytest.raises(ConfigError, match="three corners"):
        Polygon(corners=((0.0, 0.0), (5.0, 5.0)))
    with pytest.raises(ConfigError, match="numbers"):
        Polygon(corners=((0.0, 0.0), (5.0, 5.0), (float("inf"), 1.0)))
