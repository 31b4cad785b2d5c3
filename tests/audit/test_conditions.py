"""Conditions take away what they say, and nothing else."""

import pytest
import torch
from torch import Generator, Tensor

from insonify.audit import conditions
from insonify.audit.conditions import SHOWN, Shown


def images(batch: int = 3, views: int = 4) -> Tensor:
    return torch.rand(batch, views, 32, 40, generator=Generator().manual_seed(1))


def shown(each: Shown, given: Tensor, seed: int = 0) -> Tensor:
    change = each.views or each.clips
    assert change is not None
    return change(given, Generator().manual_seed(seed))


CHANGED = [each for each in SHOWN if each.meaning != "real"]


@pytest.mark.parametrize("each", CHANGED, ids=lambda each: each.name)
def test_every_condition_keeps_shape_and_range_and_the_input(each: Shown) -> None:
    given = images()
    before = given.clone()
    found = shown(each, given)
    assert found.shape == given.shape
    assert found.min() >= 0
    assert found.max() <= 1
    assert not torch.equal(found, given)
    torch.testing.assert_close(given, before, rtol=0, atol=0)


@pytest.mark.parametrize("each", CHANGED, ids=lambda each: each.name)
def test_the_same_seed_scrambles_alike_and_leaves_the_global_one(each: Shown) -> None:
    state = torch.get_rng_state()
    torch.testing.assert_close(shown(each, images()), shown(each, images()))
    assert torch.equal(state, torch.get_rng_state())


def test_the_real_clips_come_first_unchanged() -> None:
    first = SHOWN[0]
    assert (first.meaning, first.clips, first.views) == ("real", None, None)
    assert len({each.name for each in SHOWN}) == len(SHOWN)


def test_shuffled_patches_are_the_same_pixels_elsewhere() -> None:
    given = images()
    found = conditions.patch_shuffled(given, Generator().manual_seed(0))
    same = [part.flatten(2).sort(2).values for part in (given, found)]
    torch.testing.assert_close(*same)
    own = [found[0, view].unfold(0, 8, 8)[0] for view in (0, 1)]
    assert not torch.equal(*own)


def test_scrambled_phases_keep_amplitudes_where_nothing_is_clipped() -> None:
    given = 0.5 + 0.05 * (images() - 0.5)
    found = conditions.phase_scrambled(given, Generator().manual_seed(0))
    amplitudes = [torch.fft.rfft2(part).abs() for part in (given, found)]
    torch.testing.assert_close(*amplitudes, rtol=1e-2, atol=2e-2)


def test_a_border_and_its_mask_share_no_pixel() -> None:
    low, high = torch.zeros(1, 1, 32, 40), torch.ones(1, 1, 32, 40)
    generator = Generator().manual_seed(0)
    high[..., 6:-6, 6:-6] = 0
    assert conditions.border_only(high, generator).min() > 0.9
    low[..., 4:-4, 5:-5] = 1
    assert conditions.border_masked(low, generator).min() == 1


def test_speckle_is_blind_to_brightness_of_regions() -> None:
    step = torch.zeros(1, 1, 32, 40)
    step[..., 20:] = 0.5
    noise = 0.02 * images(1, 1)
    found = conditions.speckle_only(step + noise, Generator().manual_seed(0))
    left, right = found[..., 4:14].mean(), found[..., 26:36].mean()
    assert abs(left - right) < 0.02


def test_levels_keep_every_grey_and_no_place() -> None:
    given = images()
    found = conditions.levels_only(given, Generator().manual_seed(0))
    same = [part.flatten(2).sort(2).values for part in (given, found)]
    torch.testing.assert_close(*same)


def test_levelled_images_of_a_clip_are_equally_bright() -> None:
    given = images() * torch.tensor([0.2, 0.4, 0.6, 0.8])[:, None, None]
    found = conditions.levelled(given, Generator())
    spread = found.mean((2, 3)).std(1) / given.mean((2, 3)).std(1)
    assert spread.max() < 0.2


def test_the_near_field_is_masked_and_the_rest_is_not() -> None:
    given = images()
    found = conditions.near_field_masked(given, Generator())
    assert found[..., :8, :].std((2, 3)).max() < 1e-6
    assert torch.equal(found[..., 8:, :], given[..., 8:, :])


def test_a_still_clip_shows_its_first_frame() -> None:
    given = images()
    found = conditions.still(given, Generator())
    assert torch.equal(found, given[:, :1].expand_as(given))
