"""What all tests share: small videos and stores, and where real data lies."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from scipy import ndimage

from insonify.core.video import Box, Video
from insonify.store import Label, Store, StoreSettings

settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")
os.environ.pop("COLUMNS", None)  # Tables are as wide as where nobody set a width.


def drifting_video(
    seed: int,
    *,
    subject: str = "s-0",
    frames: int = 40,
    shape: tuple[int, int] = (96, 128),
    texture: float = 3.0,
) -> Video:
    """A texture that drifts across the picture at 20 frames a second."""
    generator = np.random.default_rng(seed)
    height, width = shape
    field = ndimage.gaussian_filter(
        generator.normal(size=(height * 2, width * 2)), texture, mode="wrap"
    )
    field = 128 + 60 * field / field.std()
    step = generator.choice([-1, 1], 2) * generator.integers(1, 3, 2)
    rolled = [
        np.roll(field, tuple(step * time), axis=(0, 1))[:height, :width]
        for time in range(frames)
    ]
    frames_THW = np.clip(rolled, 0, 255).astype(np.uint8)
    blocks = frames_THW.reshape(frames, height // 8, 8, width // 8, 8).mean((2, 4))
    motion_T = np.zeros(frames, np.float32)
    motion_T[1:] = np.abs(np.diff(blocks, axis=0)).mean((1, 2))
    return Video(
        frames_THW=frames_THW,
        times_s_T=np.arange(frames) / 20,
        segments_T=np.zeros(frames, np.int32),
        motion_T=motion_T,
        rectangle=Box(0, 0, height, width),
        spacing_mm=(0.5, 0.5),
        subject=subject,
        exam=f"e-{seed}",
        video=f"v-{seed:04d}",
    )


def fill_store(
    path: Path, *, subjects: int = 6, settings: StoreSettings | None = None
) -> Store:
    """A store with a coarse and a fine texture for each subject, labelled."""
    store = Store.create(path, settings or StoreSettings())
    entries, labels = [], []
    for number in range(2 * subjects):
        kind, texture = (("coarse", 6.0), ("fine", 2.0))[number % 2]
        video = drifting_video(number, subject=f"s-{number // 2}", texture=texture)
        entries.append(store.write_video(video, f"f-{number}"))
        labels.append(Label(video=video.video, task="texture", label=kind))
    store.commit(entries, labels=labels)
    return store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Six subjects, two videos each, with labels of task ``texture``."""
    return fill_store(tmp_path / "store")


@pytest.fixture
def new_video() -> Callable[..., Video]:
    """Makes drifting videos."""
    return drifting_video


@pytest.fixture
def shared_data() -> Path:
    """The folder of real ultrasound; the test is skipped where there is none."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("INSONIFY_SHARED_DATA", default))
    if not folder.is_dir():
        pytest.skip("no real ultrasound here; set INSONIFY_SHARED_DATA to its folder")
    return folder
