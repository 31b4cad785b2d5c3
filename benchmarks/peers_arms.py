"""The arms of the comparison: who pretrains what, and by which module."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from torch import nn

SIDE = 112
"""Rows and columns of every image."""
VIEWS = 192
"""Images of full size that the encoder sees in a step, whoever trains it."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What an arm is given.

    Attributes:
        store: The store that ours reads.
        split: Split of it, and
        fold: fold, whose training subjects are learnt from.
        images: Folder of the same subjects' frames, POSITION.jpg each.
        out: Empty folder for whatever the arm writes.
        steps: Steps of ``VIEWS`` images.
        seed: Seed of weights and order.
    """

    store: Path
    split: str
    fold: int
    images: Path
    out: Path
    steps: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class Arm:
    """Who is measured.

    Attributes:
        module: Module here whose ``train(lesson, variant)`` pretrains, and returns what
            turns uint8 frames (B, H, W) into features (B, D).
        variant: Which of the module's.
        packages: What it needs; the first is the peer itself.
        setting: How it is run, in words.
        trains: Whether it does; if not, it is what learning is measured against.
    """

    module: str
    variant: str
    packages: tuple[str, ...]
    setting: str
    trains: bool = True

    def train(self, lesson: Lesson) -> nn.Module:
        """Pretrain; returns the encoder with its own normalisation."""
        train: Callable[[Lesson, str], nn.Module] = import_module(self.module).train
        return train(lesson, self.variant)


OURS = "insonify"

ARMS = {
    OURS: Arm(
        module="peers_ours",
        variant="insonify",
        packages=("insonify",),
        setting="48 clips x 4 frames, as it comes",
    ),
    "insonify, simclr": Arm(
        module="peers_ours",
        variant="simclr",
        packages=("insonify",),
        setting="96 clips x 2 frames, as it comes",
    ),
    "lightly-train, SimCLR": Arm(
        module="peers_lightly",
        variant="simclr",
        packages=("lightly-train", "torchvision"),
        setting="96 images x 2 views, bf16, workers auto",
    ),
    "lightly-train, DINO": Arm(
        module="peers_lightly",
        variant="dino",
        packages=("lightly-train", "torchvision"),
        setting="as SimCLR; and 6 views of 48 px, not counted",
    ),
    "stable-pretraining, SimCLR": Arm(
        module="peers_stable",
        variant="simclr",
        packages=("stable-pretraining", "torchvision"),
        setting="README's, 96 images x 2 views, bf16, 2 workers",
    ),
    "VCOP, plain PyTorch": Arm(
        module="peers_vcop",
        variant="",
        packages=("torch", "torchvision"),
        setting="64 clips x 3 frames, fp32, NCHW, 2 workers",
    ),
    "VideoMAE, ViT-tiny": Arm(
        module="peers_videomae",
        variant="",
        packages=("transformers",),
        setting="12 clips x 16 frames, 90 % masked, bf16, 2 workers",
    ),
    "random weights, insonify": Arm(
        module="peers_random",
        variant="insonify",
        packages=("insonify",),
        setting="ResNet-18 as ours begins",
        trains=False,
    ),
    "random weights, torchvision": Arm(
        module="peers_random",
        variant="torchvision",
        packages=("torchvision",),
        setting="ResNet-18 as the peers' begin",
        trains=False,
    ),
}
