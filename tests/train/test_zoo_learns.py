"""Each method of the zoo teaches a small encoder something of a toy with rings.

A ring of one of three sizes drifts to the right, in haze that fades with depth. Nobody
is told the sizes; the nearest neighbours of features tell whether they are seen.
"""

from dataclasses import replace
from typing import Any, cast

import pytest
import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from insonify.clips.augment import Flip
from insonify.model.encoder import Encoder
from insonify.pretext.task import source_size
from insonify.recipes import RECIPES, with_size
from insonify.train.building import new_model
from insonify.train.joint_loss import JointLoss

SIZE, BATCH = (32, 40), 32
RADII = torch.tensor([3.0, 6.0, 9.0])


def rings(sizes_B: Tensor, frames: int, shape: tuple[int, int], seed: int) -> Tensor:
    """Clips of rings, uint8 (B, T, H, W)."""
    draw = Generator().manual_seed(seed)
    batch, (height, width) = len(sizes_B), shape
    down_H1 = torch.arange(height)[:, None] - height / 2
    right_W = torch.arange(width) - width / 2
    place_B2 = (torch.rand(batch, 2, generator=draw) * 2 - 1) * torch.tensor([8, 10])
    y_B111, x_B111 = (place[:, None, None, None] for place in place_B2.unbind(1))
    time_T11 = torch.arange(frames)[:, None, None] - (frames - 1) / 2
    far = torch.hypot(down_H1 - y_B111, right_W - x_B111 - 3 * time_T11)
    ring = torch.exp(-(((far - RADII[sizes_B][:, None, None, None]) / 1.5) ** 2))
    haze = torch.rand(batch, 1, height + 8, width + 8, generator=draw)
    haze = ((F.avg_pool2d(haze, 9, 1) - 0.5) * 3 + 0.4).clamp(0, 1)
    gain = 0.3 + 0.7 * torch.rand(batch, 1, 1, 1, generator=draw)
    noise = 0.03 * torch.randn(batch, frames, height, width, generator=draw)
    fade_H1 = torch.linspace(1, 0.3, height)[:, None]
    seen = (gain * (0.7 * ring + 0.3 * haze) + noise) * fade_H1
    return (seen.clamp(0, 1) * 255).byte()


class Eye(nn.Module):
    """Three convolutions; means over the cells of a grid. Trains in seconds."""

    channels = 1
    feature_info = tuple({"num_chs": dim} for dim in (16, 32, 64))

    def __init__(self, grid: tuple[int, int]) -> None:
        super().__init__()
        self.dim = 64 * grid[0] * grid[1]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.layers = nn.Sequential(
                *(self._layer(*sides) for sides in ((1, 16), (16, 32), (32, 64))),
                nn.AdaptiveAvgPool2d(grid),
                nn.Flatten(),
            )

    @property
    def backbone(self) -> "Eye":
        return self

    def forward(self, frames_BHW: Tensor) -> Tensor:
        features_BD: Tensor = self.layers(self.prepare(frames_BHW))
        return features_BD

    def prepare(self, frames_BHW: Tensor) -> Tensor:
        grey = frames_BHW / 255 if frames_BHW.dtype == torch.uint8 else frames_BHW
        return (grey[:, None] - 0.25) / 0.2

    def forward_intermediates(
        self, given_B1HW: Tensor, *, intermediates_only: bool
    ) -> list[Tensor]:
        assert intermediates_only
        maps = [given_B1HW]
        for layer in list(self.layers)[:3]:
            maps.append(layer(maps[-1]))
        return maps[1:]

    @staticmethod
    def _layer(before: int, after: int) -> nn.Module:
        filters = nn.Conv2d(before, after, 3, 2, 1, bias=False)
        return nn.Sequential(filters, nn.BatchNorm2d(after), nn.ReLU())


def neighbours(eye: Eye) -> float:
    """How often the five nearest frames have the size of a frame's own ring."""
    sizes = torch.arange(180) % len(RADII)
    with torch.inference_mode():
        features = eye.eval()(rings(sizes, 1, SIZE, 5)[:, 0])
    unit = F.normalize(features, dim=1)
    alike = unit @ unit.T - 9 * torch.eye(180)
    found = sizes[alike.topk(5, 1).indices].mode(1).values
    return (found == sizes).float().mean().item()


def train(name: str, eye: Eye, *, steps: int, rate: float) -> tuple[float, float]:
    """Mean loss of the first and of the last quarter of the steps."""
    options = with_size(RECIPES[name](), SIZE)
    options = replace(options, batch=BATCH, flip=Flip(probability=0.0))
    model: Any = new_model(cast("Encoder", eye), options).train()
    learnt = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(learnt, lr=rate)
    margin = max(task.margin for task in options.tasks.values())
    losses = []
    for step in range(steps):
        draw = Generator().manual_seed(step)
        sizes = torch.randint(len(RADII), (BATCH,), generator=draw)
        kinds = (lambda _, told=sizes: told) if name == "awcl" else None
        source = source_size(SIZE, margin)
        clips = rings(sizes, options.clips.frames, source, 1000 + step)
        loss, _ = JointLoss(options, kinds)(model, clips, step)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    few = steps // 4
    return sum(losses[:few]) / few, sum(losses[-few:]) / few


EMBEDDINGS = ("simclr", "hico", "mocov3", "byol", "simsiam", "barlow", "vicreg", "uscl")


@pytest.mark.parametrize("name", EMBEDDINGS)
def test_an_embedding_brings_rings_of_one_size_together(name: str) -> None:
    eye = Eye((1, 1))
    before = neighbours(eye)
    first, last = train(name, eye, steps=80, rate=3e-3)
    assert last < first
    assert neighbours(eye) > before + 0.05


def test_labels_bring_rings_of_one_size_together_faster() -> None:
    found = {}
    for name in ("simclr", "awcl"):
        eye = Eye((1, 1))
        train(name, eye, steps=80, rate=3e-3)
        found[name] = neighbours(eye)
    assert found["awcl"] > found["simclr"] + 0.02


def test_dino_does_so_though_its_targets_grow_harder() -> None:
    """Its outputs begin alike and are centred apart, so that the loss first rises."""
    eye = Eye((1, 1))
    before = neighbours(eye)
    train("dino", eye, steps=100, rate=1e-3)
    assert neighbours(eye) > before + 0.05


@pytest.mark.parametrize("name", ["verification", "vcop", "pace", "jigsaw"])
def test_a_puzzle_is_learnt_and_teaches_sizes(name: str) -> None:
    eye = Eye((2, 3))
    before = neighbours(eye)
    first, last = train(name, eye, steps=150, rate=3e-3)
    assert last < 0.85 * first
    assert neighbours(eye) > before + 0.05


def test_what_is_masked_is_guessed_but_for_its_noise_and_teaches_sizes() -> None:
    eye = Eye((2, 3))
    before = neighbours(eye)
    first, last = train("mae", eye, steps=150, rate=3e-3)
    assert last < 0.95 * first
    assert neighbours(eye) > before + 0.05


def test_rotation_is_learnt_from_depth_which_needs_no_sizes() -> None:
    first, last = train("rotation", Eye((2, 3)), steps=60, rate=3e-3)
    assert last < 0.5 * first
