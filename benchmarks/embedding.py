"""What embedding a store costs beside encoding, what half precision costs, and opening.

python benchmarks/embedding.py STORE CKPT [--task plane] [--rounds 5] [--rows 1000000]

The store is read only: features go to a folder that links to its tables.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import lance
import numpy as np
import pyarrow as pa
import torch
from sklearn.neighbors import NearestNeighbors
from table import show

from insonify.clips.loader import FrameReader
from insonify.deploy.embedding.about import About
from insonify.deploy.embedding.embed import BATCH, on_device
from insonify.deploy.embedding.features import Features
from insonify.deploy.embedding.run import EmbedOptions, embed_store
from insonify.model.checkpoint import Checkpoint, load_checkpoint
from insonify.store import FrameIndex, Store
from insonify.train.monitor import encode
from insonify.transfer.examples import Examples
from insonify.transfer.frames import choose_frames
from insonify.transfer.linear import LinearProbe

_NEIGHBOURS = 10
_VIDEO = 500
_DIM = 512
_ENCODER = "0" * 64


@contextmanager
def linked(path: Path) -> Iterator[Store]:
    """The same store in a folder of its own, in which features may be written."""
    with tempfile.TemporaryDirectory() as folder:
        for entry in path.iterdir():
            if not entry.name.startswith("features-"):
                (Path(folder) / entry.name).symlink_to(entry.resolve())
        yield Store.open(Path(folder))


def embedding(path: Path, checkpoint: Checkpoint, rounds: int) -> dict[str, object]:
    """Embedding a store against encoding the same frames from memory."""
    positions = np.arange(len(Store.open(path).frames()))
    reader = FrameReader(Store.open(path), checkpoint.size)
    views = torch.cat([reader.read(part) for part in np.array_split(positions, 64)])
    on_device(checkpoint)
    encode(checkpoint.encoder, views[:BATCH])
    ratios, rates = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        encode(checkpoint.encoder, views, BATCH)
        alone = time.perf_counter() - began
        with linked(path) as store:
            store.frames()
            through = embed_store(store, checkpoint, EmbedOptions()).seconds
        ratios.append(alone / through)
        rates.append(len(views) / through)
    return {
        "what": f"encoding {len(views)} frames from memory / embedding the store",
        "median": statistics.median(ratios),
        "least": min(ratios),
        "most": max(ratios),
        "frames/s": statistics.median(rates),
    }


def half(path: Path, checkpoint: Checkpoint, task: str) -> Iterator[dict[str, object]]:
    """How far what is read from half precision agrees with single precision."""
    store = Store.open(path)
    frames = choose_frames(store, task, 32)
    reader = FrameReader(store, checkpoint.size)
    parts = np.array_split(frames.positions_N, 16)
    single_ND = torch.cat([encode(checkpoint.encoder, reader.read(p)) for p in parts])
    pair = [single_ND.numpy(), single_ND.numpy().astype(np.float16).astype(np.float32)]
    near = [_neighbours(features_ND) for features_ND in pair]
    shared = [len({*a} & {*b}) for a, b in zip(*near, strict=True)]
    yield {
        "what": f"of {_NEIGHBOURS} nearest by cosine of {len(shared)} frames, the same",
        "share": sum(shared) / (_NEIGHBOURS * len(shared)),
    }
    subjects = np.unique(frames.subjects_N)
    train, choose, test = ({*subjects[first::3].tolist()} for first in range(3))
    found = []
    for features_ND in pair:
        known = Examples(
            features_ND=features_ND,
            labels_N=frames.labels_N,
            subjects_N=frames.subjects_N,
        )
        probe = LinearProbe().fit(
            known.of(train), known.of(choose), len(frames.classes), 0
        )
        found.append(probe(known.of(test).features_ND))
    same = found[0].argmax(1) == found[1].argmax(1)
    yield {
        "what": f"classes of {len(same)} frames by a linear probe, the same",
        "share": float(same.mean()),
    }
    yield {
        "what": "its probabilities, largest difference",
        "share": float(np.abs(found[0] - found[1]).max()),
    }


def _neighbours(features_ND: np.ndarray) -> np.ndarray:
    fitted = NearestNeighbors(n_neighbors=_NEIGHBOURS, metric="cosine").fit(features_ND)
    return np.asarray(fitted.kneighbors(return_distance=False))


def opening(rows: int, rounds: int) -> Iterator[dict[str, object]]:
    """Seconds to open and to read features of a million frames."""
    with tempfile.TemporaryDirectory() as folder:
        index = _index(rows)
        store: Any = SimpleNamespace(path=Path(folder), id="s", frames=lambda: index)
        _write(Path(folder), index)
        seconds: dict[str, list[float]] = {"open": [], "a video": [], "1000 frames": []}
        for seed in range(rounds):
            drawn = np.random.default_rng(seed).integers(0, rows, 1000)
            began = time.perf_counter()
            features = Features.open(store)
            opened = time.perf_counter()
            features.of_video(index.video_ids[seed])
            read = time.perf_counter()
            features.read(drawn)
            done = time.perf_counter()
            seconds["open"].append(opened - began)
            seconds["a video"].append(read - opened)
            seconds["1000 frames"].append(done - read)
    for what, found in seconds.items():
        yield {
            "what": f"{what}, of {rows} x {_DIM}, s",
            "median": statistics.median(found),
            "least": min(found),
            "most": max(found),
        }


def _index(rows: int) -> FrameIndex:
    videos = rows // _VIDEO
    names = tuple(f"v-{number:016x}" for number in range(videos))
    return FrameIndex(
        row_N=np.arange(rows),
        video_N=np.repeat(np.arange(videos), _VIDEO),
        time_s_N=np.tile(np.arange(_VIDEO) / 30, videos),
        segment_N=np.zeros(rows, np.int64),
        motion_N=np.zeros(rows, np.float32),
        video_ids=names,
        subjects=names,
        rectangles=(),
        shapes_HW=(),
    )


def _write(folder: Path, index: FrameIndex) -> None:
    about = About(
        encoder=_ENCODER, architecture="none", size=(64, 80), dim=_DIM, store="s"
    )
    generator = np.random.default_rng(0)

    def batches() -> Iterator[pa.RecordBatch]:
        for name in index.video_ids:
            vectors = generator.random((_VIDEO, _DIM), np.float32).astype(np.float16)
            columns = [
                pa.array([name] * _VIDEO),
                pa.array(np.arange(_VIDEO, dtype=np.int32)),
                pa.array(np.arange(_VIDEO) / 30),
                pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), _DIM),
            ]
            yield pa.record_batch(columns, schema=about.schema)

    reader = pa.RecordBatchReader.from_batches(about.schema, batches())
    lance.write_dataset(reader, folder / about.name, max_rows_per_file=20_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--task", default="plane")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1_000_000)
    given = parser.parse_args()
    checkpoint = load_checkpoint(given.checkpoint)
    empty = dict.fromkeys(("what", "share", "median", "least", "most", "frames/s"), "")
    rows = [
        embedding(given.store, checkpoint, given.rounds),
        *half(given.store, checkpoint, given.task),
        *opening(given.rows, given.rounds),
    ]
    show("embedding", [empty | row for row in rows])
    device = next(checkpoint.encoder.parameters()).device
    print(f"{checkpoint.architecture} on {device}, {torch.get_num_threads()} threads")


if __name__ == "__main__":
    main()
