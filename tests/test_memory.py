"""Nothing grows with steps or files, and what is kept stays within its limit.

What is counted is exact, so that a leak of a few bytes a step is seen: memory that
Python handed out, and that of tensors. Resident memory, with what libraries keep, is
for benchmarks/memory.py.
"""

import gc
import tracemalloc
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from insonify.clips.cache import FrameCache
from insonify.core.video import Frames
from insonify.ingest.build import ingest
from insonify.ingest.clean import CleanOptions
from insonify.ingest.handling import FileResult
from insonify.ingest.options import IngestOptions
from insonify.recipes import RECIPES, with_size
from insonify.store import Store
from insonify.train.pretrain import pretrain
from insonify.train.watch import Progress

OF_STEPS = 40_000
"""Bytes that may be left of 90 steps: what the last look at held-out subjects told is
14,000, and a report that is kept of each step 80,000."""
OF_A_FILE = 1_500
"""Bytes that may be left of a file while others are taken: 220 of a thousand are, as
pseudonyms are kept for the end; a result that is kept is 14,000."""


@contextmanager
def counting() -> Iterator[None]:
    """Note what Python hands out."""
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def held() -> int:
    """Bytes that Python has handed out, and those of all tensors."""
    gc.collect()
    with warnings.catch_warnings(action="ignore"):  # Of old names in old modules.
        tensors = [each for each in gc.get_objects() if isinstance(each, torch.Tensor)]
        storages = {
            each.untyped_storage().data_ptr(): each.untyped_storage().nbytes()
            for each in tensors
        }
    return tracemalloc.get_traced_memory()[0] + sum(storages.values())


@dataclass(kw_only=True)
class Growth:
    """What is held, by how much is done; to be called after each step or file."""

    looks: tuple[int, int]
    leak: Callable[[Any], None] = lambda _: None
    """What is done with what is told; keeps it, where a leak is planted."""
    done: int = 0
    held: list[int] = field(default_factory=list)

    def __call__(self, told: Any, *_: object) -> None:
        self.leak(told)
        self.done += 1
        if self.done in self.looks:
            self.held.append(held())

    @property
    def bytes(self) -> int:
        """How much more was held at the last look than at the first."""
        first, last = self.held
        return last - first


def grown_by_steps(store: Store, run: Path, leak: Callable[[Progress], None]) -> int:
    """Bytes that are left of the last 90 steps of a tiny run."""
    growth = Growth(looks=(29, 119), leak=leak)
    options = replace(
        with_size(RECIPES["order_only"](), (32, 40)),
        steps=120,
        batch=2,
        cache_mb=0,
        checkpoint_every=15,
        probe_every=15,
    )
    with counting():
        pretrain(store, run, options, growth)
    return growth.bytes


def test_training_keeps_nothing_of_a_step(store: Store, tmp_path: Path) -> None:
    assert grown_by_steps(store, tmp_path / "run", lambda _: None) < OF_STEPS


def test_what_is_kept_of_every_step_would_be_seen(store: Store, tmp_path: Path) -> None:
    kept: list[Progress] = []
    assert grown_by_steps(store, tmp_path / "run", kept.append) > OF_STEPS


def grown_by_files(folder: Path, files: int, leak: Callable[[FileResult], None]) -> int:
    """Bytes that are left of each of the last three quarters of tiny files."""
    archive = folder / "archive"
    archive.mkdir(parents=True)
    for number in range(files):
        frames_THW = np.random.default_rng(number).integers(0, 255, (2, 32, 40))
        np.save(archive / f"{number}.npy", frames_THW.astype(np.uint8))
    growth = Growth(looks=(files // 4, files - 1), leak=leak)
    options = IngestOptions(
        clean=CleanOptions(area="full", size=32),
        subjects_from="file",
        key=folder / "keys" / "site.key",
        workers=0,
    )
    with counting():
        ingest(archive, folder / "store", options, growth)
    assert len(Store.open(folder / "store").videos()) == files
    return round(growth.bytes / (files - 1 - files // 4))


def test_ingest_keeps_next_to_nothing_of_a_file(tmp_path: Path) -> None:
    assert grown_by_files(tmp_path, 80, lambda _: None) < OF_A_FILE


@pytest.mark.slow
def test_ingest_keeps_next_to_nothing_of_a_thousand_files(tmp_path: Path) -> None:
    assert grown_by_files(tmp_path, 1_000, lambda _: None) < OF_A_FILE


def test_a_result_that_is_kept_of_every_file_would_be_seen(tmp_path: Path) -> None:
    kept: list[FileResult] = []
    assert grown_by_files(tmp_path, 80, kept.append) > OF_A_FILE


def test_the_cache_holds_no_more_than_it_is_allowed_to(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted by what is still alive of all that the store ever gave it."""
    given: list[weakref.ref[Frames]] = []
    read = store.read_frames

    def noted(positions: npt.NDArray[np.int64]) -> list[Frames]:
        frames = read(positions)
        given.extend(map(weakref.ref, frames))
        return frames

    monkeypatch.setattr(Store, "read_frames", lambda _, positions: noted(positions))
    cache, generator = FrameCache(store, 2), np.random.default_rng(0)
    most = 0
    for _ in range(60):
        cache.read(generator.integers(0, len(store.frames()), 20))
        alive = [frame_HW for each in given if (frame_HW := each()) is not None]
        most = max(most, sum(map(whole_of, alive)))
        del alive
    assert 1_900_000 < most <= 2_000_000


def whole_of(frame_HW: Frames) -> int:
    """Bytes that a frame keeps alive, were it a view into something larger."""
    base: Any = frame_HW.base
    while isinstance(base, np.ndarray) and base.base is not None:
        base = base.base
    return max(frame_HW.nbytes, 0 if base is None else memoryview(base).nbytes)
