from collections.abc import Callable

import numpy as np
import pytest

from insonify.core.video import Frames
from insonify.ingest.triage.split_screen import split_frames

Screen = Callable[..., Frames]


def count(frames: Frames, most: float = 16.0) -> int:
    mask_HW = np.ones(frames.shape[1:], bool)
    return split_frames(frames, np.arange(len(frames)), mask_HW, most)


def side_by_side(frames: Frames, gap: int) -> Frames:
    between = np.full((len(frames), frames.shape[1], gap), 6, np.uint8)
    return np.concatenate([frames, between, frames[:, :, ::-1]], 2)


@pytest.mark.parametrize("gap", [4, 40])
def test_two_images_with_a_gap_between_them(screen: Screen, gap: int) -> None:
    frames = side_by_side(screen(70)[:, 20:, 40:160], gap)
    assert count(frames) == 64  # whole windows of 32
    assert count(frames, most=0) == 0
    assert count(frames, most=5) == 0


def test_one_image_is_not_split(screen: Screen) -> None:
    frames = screen(64)[:, 20:, 40:160]
    assert count(frames) == 0
    shadow = frames.copy()
    shadow[:, 60:, 55:65] = 2  # below a rib; the skin above it is lit
    assert count(shadow) == 0
    half = side_by_side(frames, 8)
    half[:, :, 128:] = 2  # nothing on the right
    assert count(half) == 0
    assert count(side_by_side(frames, 8)[:31]) == 0
