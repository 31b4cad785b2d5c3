from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage

from insonify.core.video import Frames
from insonify.ingest.triage.overlay import _around, overlay, paint_over

Screen = Callable[..., Frames]


def found(frames: Frames, least_s: float = 5.0) -> np.ndarray | None:
    kept, times = np.arange(len(frames)), np.arange(len(frames)) / 10
    mask_HW = np.ones(frames.shape[1:], bool)
    return overlay(frames, kept, times, mask_HW, least_s)


def with_mark(frames: Frames, first: int = 0) -> tuple[Frames, np.ndarray]:
    """A cross that is drawn on top, half as opaque as it would be at full size."""
    mark_HW = np.zeros(frames.shape[1:], bool)
    mark_HW[80, 90:101] = mark_HW[75:86, 95] = True
    drawn = frames.copy()
    mixed = (frames[first:, mark_HW].astype(int) + 255) // 2
    drawn[first:, mark_HW] = mixed
    return drawn, mark_HW


def test_a_cross_is_found_and_little_beside_it(screen: Screen) -> None:
    frames, mark_HW = with_mark(screen(60) // 2)
    mask_HW = found(frames)
    assert mask_HW is not None
    assert mask_HW[mark_HW].all()
    assert mask_HW.sum() < 6 * mark_HW.sum()
    assert found(frames, least_s=0) is None
    assert found(frames, least_s=7) is None


def test_a_cross_that_is_set_later_is_found(screen: Screen) -> None:
    frames, mark_HW = with_mark(screen(130) // 2, first=52)
    mask_HW = found(frames)
    assert mask_HW is not None
    assert mask_HW[mark_HW].mean() > 0.9


def test_tissue_that_rests_is_no_overlay(screen: Screen) -> None:
    live = screen(60) // 2
    assert found(live) is None
    line = live.copy()
    line[:, 80, :] = 250  # a bright layer from side to side, still
    assert found(line) is None
    still, _ = with_mark(live[:1].repeat(60, 0))
    assert found(still) is None


@pytest.mark.parametrize("frames", [0, 1, 23])
def test_too_few_frames_say_nothing(screen: Screen, frames: int) -> None:
    assert found(with_mark(screen(23))[0][:frames], least_s=0.1) is None


def test_what_is_drawn_on_top_is_painted_over(screen: Screen) -> None:
    frames, mark_HW = with_mark(screen(60) // 2)
    overlay_HW = found(frames)
    assert overlay_HW is not None
    area_HW = np.ones(mark_HW.shape, bool)
    area_HW[:80] = False
    painted = frames.copy()
    paint_over(painted, overlay_HW & area_HW, area_HW)
    kept_HW = ~(overlay_HW & area_HW)
    assert np.array_equal(painted[:, kept_HW], frames[:, kept_HW])
    hidden = painted[:, mark_HW & area_HW]
    assert hidden.max() <= (screen(60) // 2).max() < frames[:, mark_HW].min() + 60
    assert hidden.std(0).min() > 0.5 * frames[:, 100:120, 80:120].std(0).mean()


@pytest.mark.parametrize("shape", [(30, 41), (31, 40)])
def test_what_is_usual_around_is_the_median_of_every_second_pixel(
    shape: tuple[int, int],
) -> None:
    generator = np.random.default_rng(0)
    deviation_HW = generator.random(shape, np.float32)
    asked_HW = generator.random(shape) < 0.2
    slow = ndimage.median_filter(deviation_HW[::2, ::2], size=9)
    slow = slow.repeat(2, 0).repeat(2, 1)[: shape[0], : shape[1]]
    found_HW = _around(deviation_HW, asked_HW)
    assert np.array_equal(found_HW[asked_HW], slow[asked_HW])
    assert not found_HW[~asked_HW].any()
