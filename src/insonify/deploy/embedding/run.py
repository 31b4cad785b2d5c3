"""Features of all frames of a store that have none yet.

Legend: B frames, D features.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from torch import Tensor

from insonify.clips.loader import FrameReader
from insonify.core.errors import ConfigError
from insonify.deploy.embedding.about import About
from insonify.deploy.embedding.embed import BATCH, on_device
from insonify.deploy.embedding.features import Features
from insonify.deploy.embedding.pending import Pending
from insonify.deploy.embedding.table import FeatureTable
from insonify.model.checkpoint import Checkpoint
from insonify.store import Store
from insonify.store.frames import Integers
from insonify.store.place import place_of, reached
from insonify.train.monitor import encode

_MOST_READERS: Final = 16


@dataclass(frozen=True, kw_only=True)
class EmbedOptions:
    """How a store is embedded; nothing here changes a feature."""

    batch: int = BATCH
    """Frames read and encoded at a time."""
    workers: int | None = None
    """Threads that read and decode ahead; None: one for each processor, 16 at most."""
    commit_s: float = 20.0
    """Seconds between writes of what is encoded, which is what a kill loses. A write
    waits for the end of a video, but no more than three times as long."""

    def __post_init__(self) -> None:
        workers = 1 if self.workers is None else self.workers
        if self.batch < 1 or workers < 1 or self.commit_s < 0:
            raise ConfigError(
                "batch and workers must be at least 1, commit_s at least 0"
            )


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far it is; what had features before is not counted."""

    done: int
    """Frames encoded."""
    total: int
    """Frames to encode."""
    seconds: float
    """Since the first frame was asked for."""

    @property
    def rate(self) -> float:
        """Frames a second."""
        return self.done / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """What became of a store."""

    features: Features
    """All of them, opened at the end."""
    added: int
    """Frames that were encoded now."""
    seconds: float
    """What that took."""

    @property
    def rate(self) -> float:
        """Frames a second."""
        return self.added / self.seconds if self.seconds > 0 else 0.0


def embed_store(
    store: Store,
    checkpoint: Checkpoint,
    options: EmbedOptions | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Embedded:
    """Encode every frame of a store that has no feature yet, and keep the features.

    Killed at any moment it goes on when it is called again. Two processes may do the
    same at once; the work is then done twice, and kept once.

    Args:
        store: The frames; the table goes beside them.
        checkpoint: The encoder; it moves to the GPU, if there is one.
        options: How; None: as they are by default.
        on_progress: Told at the beginning and after each batch.

    Raises:
        CheckpointError: features are not finite.
        StoreError: a frame cannot be read, or the store cannot be written.
    """
    options = options or EmbedOptions()
    table = FeatureTable(store, About.of(checkpoint, store.id))
    known_N = Features.at(store, table.dataset).positions_N
    missing_N = np.setdiff1d(np.arange(len(store.frames())), known_N)
    on_device(checkpoint)
    began, done = time.monotonic(), 0
    on_progress(Progress(done=0, total=len(missing_N), seconds=0.0))
    with Pending(table, options.commit_s) as pending:
        for positions_B, frames_BHW in _read(
            store, checkpoint.size, missing_N, options
        ):
            features_BD = encode(checkpoint.encoder, frames_BHW, options.batch)
            pending.add(positions_B, features_BD.numpy())
            done += len(positions_B)
            seconds = time.monotonic() - began
            on_progress(Progress(done=done, total=len(missing_N), seconds=seconds))
    table.tidy()
    return Embedded(
        features=Features.at(store, table.dataset),
        added=done,
        seconds=time.monotonic() - began,
    )


def _read(
    store: Store, size: tuple[int, int], positions_N: Integers, options: EmbedOptions
) -> Iterator[tuple[Integers, Tensor]]:
    """Positions and views of frames, batch by batch; threads are some batches ahead."""
    reader = FrameReader(store, size)
    workers = options.workers or _readers()
    ahead: deque[tuple[Integers, Future[Tensor]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for first in range(0, len(positions_N), options.batch):
                part_B = positions_N[first : first + options.batch]
                ahead.append((part_B, pool.submit(reader.read, part_B)))
                if len(ahead) > workers + 1:
                    yield _taken(store, ahead)
            while ahead:
                yield _taken(store, ahead)
        finally:
            for _, waiting in ahead:
                waiting.cancel()


def _taken(
    store: Store, ahead: deque[tuple[Integers, Future[Tensor]]]
) -> tuple[Integers, Tensor]:
    part_B, future = ahead.popleft()
    with reached(place_of(store.path)):
        return part_B, future.result()


def _readers() -> int:
    """Threads that read ahead; where the encoder is slow they wait for it."""
    return min(os.cpu_count() or 1, _MOST_READERS)
