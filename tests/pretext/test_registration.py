"""Registration finds warps of textures without learning."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Generator

from insonify.pretext import AffineTransform
from insonify.pretext.registration import register
from insonify.pretext.task import source_size
from insonify.pretext.warp import PARAMETERS

TASK = AffineTransform(size=(64, 80), frames=1)


@pytest.mark.parametrize(("grain", "least"), [(1.5, 0.9), (3.0, 0.9)])
def test_all_but_shear_is_found_on_textures(grain: float, least: float) -> None:
    generator = np.random.default_rng(0)
    shape = source_size(TASK.size, TASK.margin)
    fields = [
        ndimage.gaussian_filter(generator.normal(size=shape), grain) for _ in range(64)
    ]
    clips = torch.tensor(np.stack(fields), dtype=torch.float32)[:, None]
    answer = TASK.sample(64, Generator().manual_seed(0))
    before, after = TASK.apply(clips / clips.std(), answer).unbind(1)
    found, truth = register(before, after, TASK), answer["parameters"]
    error = (found - truth).square().sum(0)
    r2 = 1 - error / (truth - truth.mean(0)).square().sum(0)
    for name, value in zip(PARAMETERS, r2.tolist(), strict=True):
        assert name == "shear" or value > least


def test_nothing_is_found_where_nothing_was_done() -> None:
    views = torch.rand(4, 64, 80, generator=Generator().manual_seed(0))
    assert register(views, views, TASK).abs().max() == 0


def test_ranges_of_nothing_give_nothing() -> None:
    still = AffineTransform(
        size=(64, 80), rotation=0, scale=1, translation=0, shear=0, frames=1
    )
    views = torch.rand(2, 4, 64, 80, generator=Generator().manual_seed(0))
    found = register(views[0], views[1], still)
    assert torch.isfinite(found).all()
