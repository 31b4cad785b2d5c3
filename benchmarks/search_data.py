"""Stores of many frames whose features are drawn, for benchmarks/search.py.

Legend: T frames of a video, D features.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from insonify.core.video import Box, Video
from insonify.deploy.embedding.about import About
from insonify.deploy.embedding.table import FeatureTable
from insonify.store import Store, StoreSettings
from insonify.transfer.examples import Floats

DIM, FRAMES = 512, 500
_TOGETHER: Final = 20


class Paths:
    """Videos that wander smoothly about a centre each.

    Variances along the axes, shares within and between videos, and the length of what
    all frames share are those of 15 826 frames of the phantom in an encoder that
    `insonify` pretrained; the axes are turned at random.
    """

    def __init__(self, generator: np.random.Generator) -> None:
        self._generator = generator
        spread_D = (np.arange(DIM) + 3.0) ** -2.2
        self._spread_D = np.sqrt(0.15 * spread_D / spread_D.sum())
        self._axes_DD, _ = np.linalg.qr(generator.normal(size=(DIM, DIM)))
        self._shared_D = generator.normal(size=DIM)
        self._shared_D *= 0.92 / np.linalg.norm(self._shared_D)

    def video(self) -> Floats:
        """Features of its frames: (FRAMES, DIM)."""
        draw = self._generator
        centre_D = draw.normal(size=DIM)
        time_T1 = np.linspace(0, 1, FRAMES)[:, None]
        turns_D, begin_D = draw.uniform(0.5, 6, DIM), draw.uniform(0, 2 * np.pi, DIM)
        path_TD = np.sqrt(2) * np.sin(2 * np.pi * time_T1 * turns_D + begin_D)
        jitter_TD = draw.normal(size=(FRAMES, DIM)) * 0.1
        about_TD = (centre_D + path_TD) / np.sqrt(2) + jitter_TD
        features_TD = self._shared_D + about_TD * self._spread_D @ self._axes_DD
        return np.asarray(features_TD, np.float32)


class Noise:
    """Independent normal numbers."""

    def __init__(self, generator: np.random.Generator) -> None:
        self._generator = generator

    def video(self) -> Floats:
        """Features of its frames: (FRAMES, DIM)."""
        return self._generator.normal(size=(FRAMES, DIM)).astype(np.float32)


DATA: Final[dict[str, type[Paths | Noise]]] = {"paths": Paths, "noise": Noise}


def make(folder: Path, kind: str, videos: int) -> Store:
    """A store of videos of 8 x 8 pixels, and their features."""
    store = Store.create(folder, StoreSettings(codec="raw"))
    flat = np.zeros((FRAMES, 8, 8), np.uint8)
    store.commit(
        [
            store.write_video(
                Video(
                    frames_THW=flat,
                    times_s_T=np.arange(FRAMES) / 20,
                    segments_T=np.zeros(FRAMES, np.int32),
                    motion_T=np.zeros(FRAMES, np.float32),
                    rectangle=Box(0, 0, 8, 8),
                    spacing_mm=None,
                    subject=f"s-{number // 4:04d}",
                    exam=f"e-{number:05d}",
                    video=f"v-{number:05d}",
                ),
                f"f-{number:05d}",
            )
            for number in range(videos)
        ]
    )
    about = About(
        encoder="00" * 32, architecture=kind, size=(8, 8), dim=DIM, store=store.id
    )
    table = FeatureTable(store, about)
    for rows in tables(kind, videos, about):
        table.append(rows)
    return store


def tables(kind: str, videos: int, about: About) -> Iterator[pa.Table]:
    """Rows of the table of features, a few videos at a time."""
    videos_like = DATA[kind](np.random.default_rng(0))
    number_T = np.arange(FRAMES)
    for first in range(0, videos, _TOGETHER):
        batches = []
        for number in range(first, min(first + _TOGETHER, videos)):
            half_TD = videos_like.video().astype(np.float16)
            columns = [
                pa.array([f"v-{number:05d}"] * FRAMES),
                pa.array(number_T, pa.int32()),
                pa.array(number_T / 20),
                pa.FixedSizeListArray.from_arrays(pa.array(half_TD.ravel()), DIM),
            ]
            batches.append(pa.Table.from_arrays(columns, schema=about.schema))
        yield pa.concat_tables(batches)
