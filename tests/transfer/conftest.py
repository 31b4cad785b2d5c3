"""Small encoders, and a store in which somebody looks at a bright spot."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from insonify.core.saliency import Floats
from insonify.core.video import Box, Video
from insonify.model.checkpoint import Card, Checkpoint
from insonify.model.encoder import Encoder
from insonify.store import Store, StoreSettings
from insonify.store.gaze import VideoGaze
from insonify.transfer.arms import Trial
from insonify.transfer.plan import Job

SIZE = (32, 40)
ARCHITECTURE = "resnet10_half"
FRAMES = 12


def small_checkpoint(
    seed: int = 7, size: tuple[int, int] = SIZE, **provenance: Any
) -> Checkpoint:
    """An encoder as another hospital might have pretrained it."""
    known = {
        "recipe": "siamese",
        "seed": seed,
        "store": "elsewhere",
        "split": None,
        "fold": None,
        "subjects": [],
    }
    return Checkpoint(
        encoder=Encoder(ARCHITECTURE, seed=seed).eval(),
        card=Card(architecture=ARCHITECTURE, size=size, provenance=known | provenance),
    )


def spot_video(
    seed: int, subject: str, *, reach: float = 40, times_s_T: Floats | None = None
) -> tuple[Video, VideoGaze]:
    """A bright spot that jumps about, and an eye that is always on it."""
    times_s_T = np.arange(FRAMES) / 4 if times_s_T is None else times_s_T
    count = len(times_s_T)
    generator = np.random.default_rng(seed)
    height, width = 60, 72
    rows_H1, columns_W = np.arange(height)[:, None], np.arange(width)
    frames, points = [], []
    for _ in range(count):
        right, down = generator.uniform(8, width - 8), generator.uniform(8, height - 8)
        distance_HW = (columns_W + 0.5 - right) ** 2 + (rows_H1 + 0.5 - down) ** 2
        noise_HW = generator.uniform(0, 40, (height, width))
        frames.append(noise_HW + 200 * np.exp(-distance_HW / reach))
        points.append((right, down))
    video = Video(
        frames_THW=np.array(frames).astype(np.uint8),
        times_s_T=times_s_T,
        segments_T=np.zeros(count, np.int32),
        motion_T=np.ones(count, np.float32),
        rectangle=Box(2, 4, height - 2, width - 4),
        spacing_mm=None,
        subject=subject,
        exam=f"e-{seed}",
        video=f"v-{seed:04d}",
    )
    gaze = VideoGaze(
        times_s_G=times_s_T,
        points_G2=np.array(points),
        sigma_G2=np.full((count, 2), 6.0),
    )
    return video, gaze


@pytest.fixture
def new_checkpoint() -> Callable[..., Checkpoint]:
    """Makes small encoders."""
    return small_checkpoint


@pytest.fixture
def new_job() -> Callable[..., Job]:
    """Makes jobs of one untrained encoder; options of the trial go to the trial."""
    checkpoint = small_checkpoint()

    def make(**options: Any) -> Job:
        trial: dict[str, Any] = {"arm": "a", "fold": 0, "seed": 0, "untrained": False}
        trial |= {name: options.pop(name) for name in trial if name in options}
        trial["supervised"] = options.pop("supervised", False)
        known: dict[str, Any] = {"protocol": "linear", "fraction": 1.0}
        known["split"] = "three"
        return Job(trial=Trial(checkpoint=checkpoint, **trial), **(known | options))

    return make


@pytest.fixture
def gaze_store(tmp_path: Path) -> Store:
    """Six subjects with a video each, in three folds ``three``."""
    store = Store.create(tmp_path / "gaze", StoreSettings(codec="png"))
    pairs = [spot_video(number, f"s-{number}") for number in range(6)]
    store.commit([store.write_video(video, f"f-{video.video}") for video, _ in pairs])
    store.write_gaze({video.video: gaze for video, gaze in pairs})
    store.make_split("three", folds=3, task=None, seed=0)
    return store
