"""A store of any number of frames, in seconds: all columns real, images tiny.

Legend: R rows of a part.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import lance
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from insonify.store import Store, StoreSettings
from insonify.store.rows import FRAMES, VIDEOS

SCAN: Final = 1000
"""Frames of a scan, which is one exam of one subject."""
VIDEO: Final = 250
"""Frames of a video; a scan has four."""
_RATE: Final = 30
_CUT: Final = 150
"""Where a video's second segment begins."""
_SIDE: Final = 8
_FRAGMENT: Final = 32_768
"""Rows of a fragment, as ``store.tidy`` leaves them."""
_VIDEOS_A_PART: Final = 4_000


def make_store(path: Path, frames: int) -> None:
    """Write a store of ``frames`` frames, a multiple of 1000.

    Names of videos are random, as keyed hashes are, so that the index must reorder the
    table; within a video rows are in order, as ingest writes them. A tenth of the
    frames are still.
    """
    Store.create(path, StoreSettings(codec="raw", size=16))
    count = frames // VIDEO
    generator = np.random.default_rng(0)
    names = generator.integers(0, 2**63, count, np.int64)
    for name, schema, parts in (
        ("frames", FRAMES, _frames(names, generator)),
        ("videos", VIDEOS, _videos(names)),
    ):
        lance.write_dataset(
            pa.RecordBatchReader.from_batches(schema, parts),
            path / f"{name}.lance",
            mode="append",
            max_rows_per_file=_FRAGMENT,
        )


def _frames(
    names: npt.NDArray[np.int64], generator: np.random.Generator
) -> Iterator[pa.RecordBatch]:
    for first in range(0, len(names), _VIDEOS_A_PART):
        ids = _ids(names[first : first + _VIDEOS_A_PART])
        video_R = np.repeat(np.arange(len(ids)), VIDEO)
        number_R = np.tile(np.arange(VIDEO, dtype=np.int32), len(ids))
        motion_R = generator.gamma(2.0, 1.0, len(video_R)).astype(np.float32)
        motion_R[generator.random(len(video_R)) < 0.1] = 0
        columns = {
            "video": ids.take(pa.array(video_R)),
            "index": number_R,
            "time_s": number_R / _RATE,
            "segment": (number_R >= _CUT).astype(np.int32),
            "motion": motion_R,
            "image": _images(len(video_R), generator),
            "write": first + video_R + 1,
        }
        arrays = [pa.array(columns[field.name], field.type) for field in FRAMES]
        yield pa.record_batch(arrays, schema=FRAMES)


def _images(count: int, generator: np.random.Generator) -> pa.Array:
    size = _SIDE**2
    ends = np.arange(count + 1) * size
    pixels = generator.bytes(count * size)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(pixels)]
    return pa.Array.from_buffers(pa.large_binary(), count, buffers)


def _videos(names: npt.NDArray[np.int64]) -> Iterator[pa.RecordBatch]:
    ids, count = _ids(names), len(names)
    scan = np.arange(count) // (SCAN // VIDEO)
    subjects = _ids(scan, "s")
    columns = {
        "video": ids,
        "file": _ids(names, "f"),
        "subject": subjects,
        "exam": subjects,
        "frames": [VIDEO] * count,
        "height": [_SIDE] * count,
        "width": [_SIDE] * count,
        "rectangle": [[0, 0, _SIDE, _SIDE]] * count,
        "spacing_mm": [None] * count,
        "source_shape": [[_SIDE, _SIDE]] * count,
        "crop": [[0, 0, _SIDE, _SIDE]] * count,
        "duration_s": [VIDEO / _RATE] * count,
        "facts": ["{}"] * count,
        "write": np.arange(count) + 1,
    }
    arrays = [pa.array(columns[field.name], field.type) for field in VIDEOS]
    yield pa.record_batch(arrays, schema=VIDEOS)


def _ids(numbers: npt.NDArray[np.int64], kind: str = "v") -> pa.Array:
    return pa.array([f"{kind}-{number:016x}" for number in numbers.tolist()])
