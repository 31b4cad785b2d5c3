"""Loading random clips: how fast, at what cost, and whether they are the right frames.

Two processes for the peers, each with half of the clips and nothing to hand over; two
threads of one process for our loader, which hands its batches over.

Legend: C clips, T frames of a clip, F frames of a video, H rows, W columns.
"""

import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path

import av
import numpy as np
from peers_data import CLIP, Copies, even_clips
from peers_readers import READERS, Frames, build_segments, grey, lance_segments

from insonify.clips.loader import ClipLoader, FrameReader
from insonify.store import Store
from insonify.store.frames import Integers

COLD, WARM = "insonify, nothing kept", "insonify, frames kept in memory"
_WORKERS = 2
_BATCH = 16
_CHECKED = 64
_CACHE_MB = 4096
Task = tuple[Path, list[int]]


def measure(
    who: str, store: Store, copies: Copies, clips: int, seed: int
) -> dict[str, float]:
    """Clips, wall clock, processor seconds, and the share of frames that are wrong."""
    known_CT = even_clips(store)
    drawn = np.random.default_rng(seed).permutation(len(known_CT))
    clips_CT = known_CT[drawn[: min(clips, len(known_CT)) // _BATCH * _BATCH]]
    if who in (COLD, WARM):
        return _ours(store, clips_CT, _CACHE_MB if who == WARM else 0)
    if READERS[who][0] is lance_segments:
        build_segments(copies.movies)
    return _theirs(who, _tasks(store, copies, clips_CT))


def _ours(store: Store, clips_CT: Integers, cache_mb: int) -> dict[str, float]:
    loader = ClipLoader(
        store=store,
        clips_CT=clips_CT,
        options=CLIP,
        source=CLIP.size,
        batch=_BATCH,
        seed=0,
        workers=_WORKERS,
        cache_mb=cache_mb,
    )
    epoch = len(clips_CT) // _BATCH
    for _ in islice(loader.batches(), epoch if cache_mb else 2):
        pass
    wall, cores = time.perf_counter(), time.process_time()
    for _ in islice(loader.batches(epoch), epoch):  # nothing is read ahead
        pass
    found = _spent(len(clips_CT), wall, time.process_time() - cores)
    return found | {"wrong": _wrong_of_ours(store, clips_CT[:_CHECKED])}


def _wrong_of_ours(store: Store, clips_CT: Integers) -> float:
    """Of single clips against their videos read as a whole; both uncropped."""
    reader, index = FrameReader(store, CLIP.size), store.frames()
    ends = np.append(index.starts_V(), len(index))
    wrong = []
    for clip_T in clips_CT:
        first, last = ends[index.video_N[clip_T[0]] + np.arange(2)]
        all_FHW = reader.read(np.arange(first, last)).numpy()
        found_THW = reader.read(clip_T).numpy()
        wrong += _wrong(found_THW, all_FHW, (clip_T - first).tolist())
    return float(np.mean(wrong))


def _tasks(store: Store, copies: Copies, clips_CT: Integers) -> list[Task]:
    index, starts = store.frames(), store.frames().starts_V()
    videos = index.video_N[clips_CT[:, 0]]
    return [
        (copies.movies / f"{video:06d}.mp4", (clip_T - starts[video]).tolist())
        for video, clip_T in zip(videos, clips_CT, strict=True)
    ]


def _theirs(who: str, tasks: list[Task]) -> dict[str, float]:
    reader = READERS[who][0]
    wrong = [
        each
        for movie, frames in tasks[:_CHECKED]
        for each in _wrong(reader(movie, frames), _sequential(movie), frames)
    ]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_WORKERS, context) as pool:
        warm = [pool.submit(_read, who, tasks[:4], 1.0) for _ in range(_WORKERS)]
        for each in warm:
            each.result()
        began = time.perf_counter()
        halves = [
            pool.submit(_read, who, tasks[part::_WORKERS]) for part in range(_WORKERS)
        ]
        cores = sum(half.result() for half in halves)
        found = _spent(len(tasks), began, cores)
    return found | {"wrong": float(np.mean(wrong))}


def _read(who: str, tasks: Sequence[Task], least: float = 0.0) -> float:
    """Processor seconds of reading; stays at it for ``least`` seconds of wall clock."""
    reader, wall, cores = READERS[who][0], time.perf_counter(), time.process_time()
    for movie, frames in tasks:
        reader(movie, frames)
    time.sleep(max(0.0, least - (time.perf_counter() - wall)))
    return time.process_time() - cores


def _spent(clips: int, began: float, cores: float) -> dict[str, float]:
    return {"clips": clips, "wall": time.perf_counter() - began, "cores": cores}


def _sequential(movie: Path) -> Frames:
    """All frames of a movie, from the first on: (F, H, W)."""
    with av.open(str(movie)) as container:
        return np.stack([grey(picture) for picture in container.decode(video=0)])


def _wrong(found_THW: Frames, all_FHW: Frames, due: Sequence[int]) -> list[bool]:
    """Whether each frame is nearer to another frame of its video than to its own."""
    known_FHW = all_FHW.astype(np.float32)
    wrong = []
    for frame_HW, right in zip(found_THW, due, strict=True):
        far_F = np.abs(known_FHW - frame_HW).mean((1, 2))
        wrong.append(bool(far_F.min() < far_F[right]))
    return wrong
