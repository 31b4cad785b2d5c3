"""Masking: how much is hidden, that it is hidden, and what is asked of it."""

import pytest
import torch
from torch import Generator

from insonify.core.errors import ConfigError
from insonify.pretext import MaskedFrame

TASK = MaskedFrame(size=(32, 40), patch=8)
CLIPS = torch.rand(3, 2, 36, 44, generator=Generator().manual_seed(0))
ANSWER = TASK.sample(3, Generator().manual_seed(1))


def cells(view_HW: torch.Tensor) -> torch.Tensor:
    """Patches row by row: (20, 8, 8)."""
    bands = torch.split(view_HW, 8)
    return torch.stack([cell for band in bands for cell in torch.split(band, 8, 1)])


def test_hidden_patches_hold_one_level_and_others_are_as_they_were() -> None:
    assert ANSWER["hidden"].shape == (3, 12)
    views = TASK.apply(CLIPS, ANSWER)
    for clip, view, hidden in zip(CLIPS, views[:, 0], ANSWER["hidden"], strict=True):
        before, after = cells(clip[0, 2:-2, 2:-2]), cells(view)
        seen = sorted(set(range(20)) - set(hidden.tolist()))
        assert torch.equal(after[seen], before[seen])
        assert torch.allclose(after[hidden], before[seen].mean(), atol=1e-6)


def test_asked_for_are_the_hidden_pixels_of_the_frame_each_patch_normalised() -> None:
    pixels = TASK.told(CLIPS, ANSWER)["pixels"]
    for clip, hidden, wanted in zip(CLIPS, ANSWER["hidden"], pixels, strict=True):
        before = cells(clip[0, 2:-2, 2:-2])[hidden].flatten(1)
        rest = before - before.mean(1, keepdim=True)
        unit = rest / (rest.square().mean(1, keepdim=True) + 1e-4).sqrt()
        assert torch.allclose(wanted, unit, atol=1e-5)


def test_what_is_said_of_patches_that_are_seen_does_not_matter() -> None:
    told = TASK.told(CLIPS, ANSWER)
    guess = torch.randn(3, 20, 64, generator=Generator().manual_seed(2))
    loss = TASK.loss(guess, told)
    for row, hidden in zip(guess, ANSWER["hidden"], strict=True):
        row[sorted(set(range(20)) - set(hidden.tolist()))] = 9.0
    assert TASK.loss(guess, told) == loss


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"patch": 7}, "does not divide"),
        ({"hidden": 0.0}, "leave and hide"),
        ({"hidden": 1.0}, "leave and hide"),
    ],
)
def test_masks_that_hide_all_or_nothing_are_refused(
    changes: dict[str, float], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        MaskedFrame(size=(32, 40), **changes)  # type: ignore[arg-type]
