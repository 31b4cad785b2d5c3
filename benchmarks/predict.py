"""How fast `insonify predict` is on files, and how late its answers are when live.

    python benchmarks/predict.py STORE CKPT [--seconds 20] [--rounds 3]

Heads are learnt from the store; the store's own videos, written as mp4, are predicted.
Files: frames a second of bare decoding, of decoding and cleaning, and of all that
`predict` does, of the same files in the same run, rounds alternating. Live: raw frames
of one of them on a pipe at 30 a second, from a process of its own; a frame's latency is
from its arrival to its answer.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import av
import numpy as np
from table import show

from insonify.deploy.head_options import HeadOptions
from insonify.deploy.kept_heads import learnt_heads
from insonify.deploy.predict.batch import predict
from insonify.deploy.predict.live import Answer, LiveOptions, LiveSummary, watch
from insonify.deploy.predict.live_source import raw_frames
from insonify.deploy.predict.options import PredictOptions
from insonify.deploy.predict.predictor import Model
from insonify.deploy.predict.sources import Reading
from insonify.deploy.scan import file_scan, stored_scan
from insonify.ingest.clean import CleanOptions
from insonify.model.checkpoint import load_checkpoint
from insonify.store import Store

FULL = CleanOptions(area="full")
_FEED = """
import sys, time
import numpy as np
frames, seconds = np.load(sys.argv[1]), float(sys.argv[2])
begin, number = time.perf_counter(), 0
while number < 30 * seconds:
    time.sleep(max(begin + number / 30 - time.perf_counter(), 0))
    sys.stdout.buffer.write(frames[number % len(frames)].tobytes())
    sys.stdout.buffer.flush()
    number += 1
"""


def main() -> None:
    """Measure, and show both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--videos", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--task", default=None)
    parser.add_argument("--split", default=None)
    given = parser.parse_args()
    store, checkpoint = Store.open(given.store), load_checkpoint(given.checkpoint)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = HeadOptions(task=given.task, split=given.split)
        kept = folder / "heads"
        model = Model.of(learnt_heads(checkpoint, kept, store, options, lambda _: None))
        films = [
            write_film(store, video, folder / "films" / f"{number}.mp4")
            for number, video in enumerate(store.frames().video_ids[: given.videos])
        ]
        rows = measure_files(films, model, folder, given.rounds)
        show("predict", [*rows, measure_live(films[0], model, folder, given.seconds)])


def write_film(store: Store, video: str, path: Path) -> Path:
    """A video of the store as mp4, of even rows and columns."""
    path.parent.mkdir(exist_ok=True)
    pieces = [piece.frames_BHW for piece in stored_scan(store, video).pieces()]
    frames_THW = np.concatenate(pieces)
    height, width = (side // 2 * 2 for side in frames_THW.shape[1:])
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "18"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame_HW in frames_THW[:, :height, :width]:
            grey = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(frame_HW), format="gray"
            )
            container.mux(stream.encode(grey.reformat(format="yuv420p")))
        container.mux(stream.encode())
    return path


def decode(films: Sequence[Path]) -> int:
    """Decode all frames, with all threads, and nothing else."""
    count = 0
    for film in films:
        with av.open(str(film)) as container:
            container.streams.video[0].thread_type = "AUTO"
            count += sum(1 for _ in container.decode(video=0))
    return count


def clean(films: Sequence[Path]) -> int:
    """Decode and clean as ingest does."""
    scans = [file_scan(film, FULL) for film in films]
    return sum(len(piece.times_s_B) for scan in scans for piece in scan.pieces())


def measure_files(
    films: Sequence[Path], model: Model, folder: Path, rounds: int
) -> list[dict[str, object]]:
    """A row for each way to go through the files."""
    done = iter(range(1000))

    def whole(workers: int) -> int:
        out = folder / f"out-{next(done)}"
        reading = Reading(options=FULL, key=None, store=None, workers=workers)
        return predict(
            [str(film) for film in films],
            model,
            out,
            PredictOptions(cleaning=FULL),
            reading,
            key_path=folder / "private" / "site.key",
        ).frames

    ways: dict[str, Callable[[], int]] = {
        "bare decoding": lambda: decode(films),
        "decoding and cleaning": lambda: clean(films),
        "predict": partial(whole, 1),
        "predict, no worker reads first": partial(whole, 0),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            begin = time.perf_counter()
            rates[name].append(way() / (time.perf_counter() - begin))
    bare = np.array(rates["bare decoding"])
    return [
        row(
            name,
            frames_s=float(np.median(found)),
            least=min(found),
            most=max(found),
            share=float(np.median(np.array(found) / bare)),
        )
        for name, found in rates.items()
    ]


def measure_live(
    film: Path, model: Model, folder: Path, seconds: float
) -> dict[str, object]:
    """Answer raw frames of a pipe at 30 a second."""
    with av.open(str(film)) as container:
        decoded = container.decode(video=0)
        frames_THW = np.stack([one.to_ndarray(format="gray") for one in decoded])
    np.save(folder / "frames.npy", frames_THW)
    feed = [sys.executable, "-c", _FEED, str(folder / "frames.npy"), str(seconds)]
    summary, height, width = LiveSummary(), *frames_THW.shape[1:]
    model.predictor.probabilities(np.zeros((1, *model.predictor.size), np.uint8))
    with subprocess.Popen(feed, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdout is not None
        found = watch(
            raw_frames(process.stdout, width, height),
            model.predictor,
            "full",
            256,
            LiveOptions(),
            summary=summary,
        )
        late = [each.latency_ms for each in found if isinstance(each, Answer)]
    return row(
        f"live, 30 frames/s, {os.cpu_count()} cores",
        frames_s=summary.rate_hz,
        ms=float(np.median(late)),
        ms_95=float(np.quantile(late, 0.95)),
        came=summary.received,
        dropped=summary.dropped,
    )


def row(name: str, **values: float) -> dict[str, object]:
    """A row of the table, whose columns are the same in all rows."""
    columns = ("frames_s", "least", "most", "share", "ms", "ms_95", "came", "dropped")
    return {"what": name, **{key: values.get(key, "") for key in columns}}


if __name__ == "__main__":
    main()
