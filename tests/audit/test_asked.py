"""What needs no network answers what it is asked."""

from dataclasses import replace

import numpy as np
import torch
from scipy import ndimage
from torch import Generator, Tensor

from insonify.audit import asked
from insonify.pretext import JointEmbedding, RelativeTransform
from insonify.pretext.task import source_size
from insonify.pretext.warp import Warp

WARP = Warp(size=(64, 80))


def textures(clips: int, margin: float) -> Tensor:
    """Still clips of four frames, no two alike."""
    generator = np.random.default_rng(0)
    shape = source_size(WARP.size, margin)
    fields = [
        ndimage.gaussian_filter(generator.normal(size=shape), 2.0) for _ in range(clips)
    ]
    stacked_BHW = torch.tensor(np.stack(fields), dtype=torch.float32)
    return stacked_BHW[:, None].expand(-1, 4, -1, -1) / stacked_BHW.std()


def test_registration_finds_how_two_views_lie_that_are_not_sheared() -> None:
    task = RelativeTransform(warp=replace(WARP, shear=0))
    answer = task.sample(64, Generator().manual_seed(0))
    views = task.apply(textures(64, task.margin), answer)
    question = asked.relative(task, slice(None))
    found, truth = question.baselines[0].rule(views), question.truth(answer)
    error = (found - truth).square().sum(0)
    r2 = 1 - error / (truth - truth.mean(0)).square().sum(0)
    assert r2[:4].min() > 0.9


def test_likest_pixels_find_the_clip_until_they_are_noise() -> None:
    slight = replace(WARP, rotation=2, scale=1.02, translation=0.01, shear=0)
    task = JointEmbedding(warp=slight)
    answer = task.sample(64, Generator().manual_seed(0))
    views = task.apply(textures(64, task.margin), answer)
    question = asked.retrieval(task, 64)
    rule, truth = question.baselines[0].rule, question.truth(answer)
    assert (rule(views) == truth).float().mean() > 0.9
    noise = torch.rand(views.shape, generator=Generator().manual_seed(1))
    assert (rule(noise) == truth).float().mean() < 0.1
