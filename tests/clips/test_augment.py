import torch
from torch import Generator

from insonify.clips.augment import Flip, Photometric


def clips() -> torch.Tensor:
    return torch.rand(6, 4, 16, 20, generator=Generator().manual_seed(0))


def test_flip_mirrors_whole_clips_about_as_often_as_told() -> None:
    flip = Flip(probability=0.3)
    drawn_B = flip.sample(4000, Generator().manual_seed(0))
    assert 0.27 < drawn_B.float().mean() < 0.33
    flipped_B = torch.tensor([True, False, True, False, False, True])
    out = flip.apply(clips(), flipped_B)
    assert torch.equal(out[flipped_B], clips()[flipped_B].flip(3))
    assert torch.equal(out[~flipped_B], clips()[~flipped_B])


def test_photometric_changes_are_monotone_in_grey_level_and_stay_in_range() -> None:
    change = Photometric()
    drawn = change.sample(6, 4, Generator().manual_seed(0))
    ramp_W = torch.linspace(0, 1, 20).expand(6, 4, 16, 20)
    out = change.apply(ramp_W, drawn)
    assert out.min() >= 0
    assert out.max() <= 1
    assert (out.diff(dim=3) >= 0).all()


def test_a_draw_of_zero_changes_nothing() -> None:
    out = Photometric().apply(clips(), torch.zeros(6, 4, 3))
    assert torch.allclose(out, clips(), atol=2e-4)


def test_brightness_varies_within_a_clip_only_if_told() -> None:
    flat = torch.full((6, 4, 16, 20), 0.5)
    for per_frame in (True, False):
        change = Photometric(per_frame=per_frame)
        drawn = change.sample(6, 4, Generator().manual_seed(0))
        means_BT = change.apply(flat, drawn).mean((2, 3))
        assert (means_BT.std(1).min() > 0.01) == per_frame
