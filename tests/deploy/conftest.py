"""A store with labels and gaze, and heads learnt on it by an untrained encoder."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from insonify.deploy.head_options import HeadOptions
from insonify.deploy.heads import Heads
from insonify.model.checkpoint import Card, Checkpoint, save_checkpoint
from insonify.model.encoder import Encoder
from insonify.store import Label, Store, StoreSettings
from insonify.transfer.saliency_options import Decoder
from tests.transfer.conftest import spot_video

SIZE = (32, 40)
FRAMES = 12
STEPS_S = [0.5, 0.04, 0.04, 0.1, 0.04, 0.04, 0.04, 0.04, 1.3, 0.04, 0.04, 0.2]
TIMES_S = np.cumsum(STEPS_S)
"""Irregular, as after triage, and not from 0 on."""


def small_checkpoint(seed: int = 7, **provenance: Any) -> Checkpoint:
    """An encoder as another hospital might have pretrained it."""
    known = {"recipe": "siamese", "store": "elsewhere", "subjects": []}
    return Checkpoint(
        encoder=Encoder("resnet10_half", seed=seed).eval(),
        card=Card(
            architecture="resnet10_half", size=SIZE, provenance=known | provenance
        ),
    )


def save_small(path: Path, checkpoint: Checkpoint) -> Path:
    """The checkpoint on disk."""
    state = checkpoint.encoder.state_dict()
    tensors = {f"encoder.{name}": tensor for name, tensor in state.items()}
    save_checkpoint(path, tensors, checkpoint.card)
    return path


def spot_store(path: Path, *, labels: bool = True, gaze: bool = True) -> Store:
    """Six subjects with two videos each, in three folds ``three``."""
    store = Store.create(path, StoreSettings(codec="png"))
    pairs = [
        spot_video(
            number,
            f"s-{number // 2}",
            reach=(20, 400)[number % 2],
            times_s_T=TIMES_S,
        )
        for number in range(12)
    ]
    kinds = [
        Label(video=video.video, task="spot", label=("small", "large")[number % 2])
        for number, (video, _) in enumerate(pairs)
    ]
    store.commit(
        [store.write_video(video, f"f-{video.video}") for video, _ in pairs],
        labels=kinds if labels else [],
    )
    if gaze:
        store.write_gaze({video.video: one for video, one in pairs})
    store.make_split("three", folds=3, task=None, seed=0)
    return store


def quick(**options: Any) -> HeadOptions:
    """Options that learn in no time."""
    decoder = Decoder(steps=40, batch=8, looks=2)
    return HeadOptions(decoder=decoder, window_s=0.02, **options)


@pytest.fixture(scope="session")
def spots(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Videos of spots with labels and gaze; read it only."""
    return spot_store(tmp_path_factory.mktemp("spots") / "store")


@pytest.fixture(scope="session")
def heads(spots: Store) -> Heads:
    """Heads on an untrained encoder."""
    return Heads.fit(spots, small_checkpoint(), quick())
