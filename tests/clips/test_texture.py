"""Texture changes sharpness and speckle, and nothing where it is off."""

import pytest
import torch
from scipy import ndimage
from torch import Generator

from insonify.clips.texture import Texture, blurred
from insonify.core.errors import ConfigError


def views() -> torch.Tensor:
    return torch.rand(3, 4, 24, 30, generator=Generator().manual_seed(0))


def changed(texture: Texture, seed: int = 0) -> torch.Tensor:
    generator = Generator().manual_seed(seed)
    return texture.apply(views(), texture.sample(3, 4, generator))


def test_off_changes_nothing() -> None:
    assert not Texture().on
    assert torch.equal(changed(Texture()), views())


def test_a_seed_gives_the_same_and_leaves_the_global_one() -> None:
    state = torch.get_rng_state()
    texture = Texture(blur=1.0, speckle=0.3)
    assert torch.equal(changed(texture), changed(texture))
    assert not torch.equal(changed(texture), changed(texture, 1))
    assert torch.equal(state, torch.get_rng_state())


def test_a_clip_is_changed_alike_whichever_others_there_are() -> None:
    texture = Texture(blur=1.0, speckle=0.3)
    drawn = texture.sample(3, 4, Generator().manual_seed(0))
    some = {name: drawn_B[1:] for name, drawn_B in drawn.items()}
    whole, part = texture.apply(views(), drawn), texture.apply(views()[1:], some)
    torch.testing.assert_close(part, whole[1:])


def test_blur_is_that_of_scipy() -> None:
    images = views().flatten(0, 1)
    down, right = torch.rand(2, 12, generator=Generator().manual_seed(3))
    found = blurred(images, torch.stack([down, right], 1))
    for image, one, other, mine in zip(images, down, right, found, strict=True):
        sigma = (one.item(), other.item())
        wanted = ndimage.gaussian_filter(image, sigma, radius=3, mode="nearest")
        torch.testing.assert_close(mine, torch.from_numpy(wanted), atol=2e-5, rtol=0)


def test_views_differ_in_sharpness_along_and_across() -> None:
    found = changed(Texture(blur=1.0))
    along, across = found.diff(dim=2).std((2, 3)), found.diff(dim=3).std((2, 3))
    assert (along / across).std() > 0.1


def test_speckle_keeps_the_mean_and_stays_in_range() -> None:
    found = changed(Texture(speckle=0.3))
    assert found.min() >= 0
    assert found.max() <= 1
    assert (found.mean((2, 3)) - views().mean((2, 3))).abs().max() < 0.05


@pytest.mark.parametrize("wrong", [{"blur": 2.0}, {"blur": -1.0}, {"speckle": -0.1}])
def test_wrong_ranges_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="texture"):
        Texture(**wrong)
