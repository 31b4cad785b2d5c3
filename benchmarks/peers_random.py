"""Untrained arms: where ours begins, and where the peers begin.

They differ: ours takes one grey channel, normalised by the training subjects' frames,
and has timm's stem; torchvision's takes three, normalised as photographs are.
"""

from importlib import import_module

import torch
from peers_arms import SIDE, Lesson
from peers_images import ImageNetInput
from peers_ours import ENCODER
from torch import nn

from insonify.model.encoder import Encoder
from insonify.store import Store
from insonify.train.loading import grey_levels


def train(lesson: Lesson, variant: str) -> nn.Module:
    """Fresh weights of ours, or of torchvision."""
    if variant == "insonify":
        store = Store.open(lesson.store)
        roles = store.split(lesson.split).roles(lesson.fold)
        mean, std = grey_levels(store, roles, (SIDE, SIDE))
        return Encoder(ENCODER, mean=mean, std=std, seed=lesson.seed)
    torch.manual_seed(lesson.seed)
    network = import_module("torchvision.models").resnet18(weights=None)
    network.fc = nn.Identity()
    return ImageNetInput(network)
