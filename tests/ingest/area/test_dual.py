from collections.abc import Callable

import numpy as np
import pytest

from insonify.core.video import Box, Frames
from insonify.ingest.area.dual import moving_views, views_of
from insonify.ingest.area.moving import Spread
from insonify.ingest.recording import Region

Screen = Callable[..., Frames]


def region(*box: int, exact: bool = True) -> Region:
    return Region(box=Box(*box), spacing_mm=None, exact=exact)


def split(frames_THW: Frames) -> bool:
    whole = Box(0, 0, *frames_THW.shape[1:])
    return moving_views(Spread.of(frames_THW), whole) is not None


def test_regions_side_by_side_are_views() -> None:
    left, right = region(20, 0, 300, 400), region(30, 400, 310, 790)
    assert views_of((right, left)) == (left, right)
    assert views_of((left,)) == (left,)
    assert views_of(()) == ()


@pytest.mark.parametrize(
    "other",
    [
        region(100, 100, 200, 200),  # a colour box within
        region(20, 390, 300, 790),  # overlaps
        region(320, 400, 600, 790),  # below
        region(20, 400, 120, 790),  # a strip
        region(20, 400, 300, 790, exact=False),
    ],
)
def test_other_regions_are_not(other: Region) -> None:
    first = region(20, 0, 300, 400)
    assert views_of((first, other)) == (first,)


def side_by_side(screen: Screen, gap: int) -> Frames:
    between = np.zeros((24, 176, gap), np.uint8)
    return np.concatenate([screen(seed=1), between, screen(seed=2)], axis=2)


@pytest.mark.parametrize("gap", [0, 6, 40])
def test_two_fans_are_two_views(screen: Screen, gap: int) -> None:
    frames = side_by_side(screen, gap)  # the fans themselves keep 10 columns clear
    views = moving_views(Spread.of(frames), Box(0, 0, *frames.shape[1:]))
    assert views is not None
    for view, first, last in ((views[0], 0, 200), (views[1], 200 + gap, 400 + gap)):
        assert view.outlined_HW is not None
        columns = np.flatnonzero(view.outlined_HW.any(0))
        assert first <= columns[0] < columns[-1] < last


def test_a_digit_that_changes_between_them_joins_them_only_if_it_is_large(
    screen: Screen,
) -> None:
    frames = side_by_side(screen, 40)
    frames[::2, 150:153, 215:225] = 220
    assert split(frames)
    frames[::2, 40:160, 180:260] = 220
    assert not split(frames)


def test_one_image_that_a_shadow_parts_is_one(screen: Screen) -> None:
    frames = screen(24)
    assert not split(frames)
    frames[:, :, 92:108] = 0
    assert not split(frames)


def test_an_image_beside_something_small_that_moves_is_one(screen: Screen) -> None:
    frames = np.concatenate([screen(24), np.zeros((24, 176, 90), np.uint8)], axis=2)
    bars = np.random.default_rng(0).integers(0, 255, (24, 140, 40), np.uint8)
    frames[:, 20:160, 230:270] = bars
    assert not split(frames)
