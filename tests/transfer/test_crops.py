"""Points go where the picture goes."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from insonify.clips.augment import Flip
from insonify.transfer.crops import centre_crop, random_crop

SOURCE, SIZE = (20, 26), (16, 20)


@given(seed=st.integers(0, 10_000), row=st.integers(0, 19), column=st.integers(0, 25))
@settings(derandomize=True, deadline=None)
def test_a_marked_pixel_and_its_point_move_together(
    seed: int, row: int, column: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    crop = random_crop(3, SOURCE, SIZE, Flip(), generator)
    frames_BHW = torch.zeros(3, *SOURCE, dtype=torch.uint8)
    frames_BHW[:, row, column] = 255
    for place, view_HW in enumerate(crop.views(frames_BHW)):
        found = view_HW.nonzero().tolist()
        moved_P2 = crop.points(place, np.array([(column + 0.5, row + 0.5)]))
        pixels = np.floor(moved_P2 * (SIZE[1], SIZE[0])).astype(int)
        assert found == pixels[:, ::-1].tolist()


def test_crops_reach_every_corner_and_stay_inside() -> None:
    crop = random_crop(2000, SOURCE, SIZE, Flip(), torch.Generator().manual_seed(0))
    assert set(crop.top_B.tolist()) == set(range(5))
    assert set(crop.left_B.tolist()) == set(range(7))
    assert 0.4 < crop.flipped_B.float().mean() < 0.6


def test_the_central_crop_is_central() -> None:
    frames_BHW = torch.arange(20 * 26).reshape(1, 20, 26)
    view_HW = centre_crop(1, SOURCE, SIZE).views(frames_BHW)[0]
    assert torch.equal(view_HW, frames_BHW[0, 2:18, 3:23])


def test_points_at_the_border_stay_in_the_half_open_range() -> None:
    crop = random_crop(1, SIZE, SIZE, Flip(probability=1), torch.Generator())
    moved_P2 = crop.points(0, np.array([(0.0, 0.0), (20.0, 0.0), (19.999, 15.999)]))
    assert len(moved_P2) == 2
    assert (moved_P2 >= 0).all()
    assert (moved_P2 < 1).all()


def test_one_view_is_moved_to_the_centre_where_it_is_wanted() -> None:
    crop = random_crop(4, SOURCE, SIZE, Flip(), torch.Generator().manual_seed(3))
    moved = crop.centred_where(torch.tensor([True, False, False, True]), SOURCE)
    assert moved.top_B[[0, 3]].tolist() == [2, 2]
    assert moved.left_B[[0, 3]].tolist() == [3, 3]
    assert torch.equal(moved.top_B[1:3], crop.top_B[1:3])
    assert torch.equal(moved.flipped_B, crop.flipped_B)


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_flips_are_as_likely_as_asked(probability: float) -> None:
    flip = Flip(probability=probability)
    crop = random_crop(9, SOURCE, SIZE, flip, torch.Generator().manual_seed(0))
    assert (crop.flipped_B == bool(probability)).all()
