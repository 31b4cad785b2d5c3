"""A store with labels and gaze, and heads learnt on it by an untrained encoder."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from insonify.core.video import Box, Video
from insonify.deploy.head_options import HeadOptions
from insonify.deploy.heads import Heads
from insonify.model.checkpoint import Card, Checkpoint, save_checkpoint
from insonify.model.encoder import Encoder
from insonify.store import Label, Store, StoreSettings
from insonify.store.gaze import VideoGaze
from insonify.transfer.saliency_options import Decoder

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


def spot_video(seed: int, subject: str) -> tuple[Video, VideoGaze]:
    """A bright spot that jumps about, small or large, and an eye that is on it."""
    generator = np.random.default_rng(seed)
    height, width, reach = 60, 72, (20, 400)[seed % 2]
    rows_H1, columns_W = np.arange(height)[:, None], np.arange(width)
    frames, points = [], []
    for _ in range(FRAMES):
        right, down = generator.uniform(10, width - 10), generator.uniform(10, 50)
        distance_HW = (columns_W + 0.5 - right) ** 2 + (rows_H1 + 0.5 - down) ** 2
        noise_HW = generator.uniform(0, 40, (height, width))
        frames.append(noise_HW + 200 * np.exp(-distance_HW / reach))
        points.append((right, down))
    video = Video(
        frames_THW=np.array(frames).astype(np.uint8),
        times_s_T=TIMES_S,
        segments_T=np.zeros(FRAMES, np.int32),
        motion_T=np.ones(FRAMES, np.float32),
        rectangle=Box(2, 4, height - 2, width - 4),
        spacing_mm=None,
        subject=subject,
        exam=f"e-{seed}",
        video=f"v-{seed:04d}",
    )
    gaze = VideoGaze(
        times_s_G=TIMES_S,
        points_G2=np.array(points),
        sigma_G2=np.full((FRAMES, 2), 6.0),
    )
    return video, gaze


def spot_store(path: Path, *, labels: bool = True, gaze: bool = True) -> Store:
    """Six subjects with two videos each, in three folds ``three``."""
    store = Store.create(path, StoreSettings(codec="png"))
    pairs = [spot_video(number, f"s-{number // 2}") for number in range(12)]
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
