"""Predicts one scan, and keeps what is found in a folder of its own.

The scan is gone through twice: for the probabilities, and for the pictures of frames
that are only then known to be the best. Frames are never all in memory.

Legend: T frames, B frames of a piece, C classes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from insonify.core.files import new_folder, write_json
from insonify.core.records import read_object
from insonify.core.saliency import Floats as Doubles
from insonify.deploy.movie_file import MovieFile, new_movie
from insonify.deploy.predict.key_frames import KeyFrame, find_key_frames, smoothed
from insonify.deploy.predict.movie import Painting
from insonify.deploy.predict.options import PredictOptions
from insonify.deploy.predict.predictor import Model
from insonify.deploy.scan import Piece, Scan
from insonify.deploy.timeline import Timeline
from insonify.transfer.examples import Floats

SCANS: Final = "scans"
FRAMES: Final = "frames.parquet"
MOVIE: Final = "saliency.mp4"
_RECORD: Final = "scan.json"

OnFrames = Callable[[int], None]
"""Told how many frames more have been predicted."""


@dataclass(frozen=True, kw_only=True)
class Named:
    """A scan and the pseudonyms under which it is written."""

    scan: str
    """Its own: that of its content; of further images of a source, with a number."""
    file: str
    """That of the file, or of the store's video."""


def frame_schema(classes: tuple[str, ...]) -> pa.Schema:
    """Columns of the table of frames: a row a frame."""
    fields = [("scan", pa.string()), ("frame", pa.int32()), ("time_s", pa.float64())]
    fields += [("predicted", pa.string())]
    return pa.schema([*fields, *((f"p_{name}", pa.float32()) for name in classes)])


def is_done(out: Path, scan: str) -> bool:
    """Whether a source was predicted whole: its first image is written last."""
    return (out / SCANS / scan / _RECORD).exists()


def read_record(folder: Path) -> dict[str, Any]:
    """What is known of a scan that is done.

    Raises:
        ConfigError: it is damaged.
    """
    return read_object(folder / _RECORD)


def predict_scan(
    out: Path,
    named: Named,
    scan: Scan,
    model: Model,
    options: PredictOptions,
    *,
    on_frames: OnFrames,
) -> None:
    """Write what a model finds in a scan to ``out/scans/NAME``, atomically.

    Raises:
        ConfigError: a video is asked for, and this machine cannot write H.264.
        IngestError: the source is refused.
    """
    classes = model.predictor.classes
    with new_folder(out / SCANS / named.scan) as draft:
        times_s_T, table_TC = _probabilities(scan, model, on_frames)
        timeline = Timeline(times_s_T)
        smooth_TC = smoothed(times_s_T, table_TC, options.smooth_s)
        keys = find_key_frames(timeline, smooth_TC, classes, options.key_frames)
        painting = None
        if options.saliency:
            painting = Painting(scan, model, timeline, table_TC)
        pictures = _pictures(draft, scan, keys, painting, 1 / timeline.interval_s)
        _write_frames(draft / FRAMES, named.scan, times_s_T, table_TC, classes)
        seen = model.seen(scan)
        record = {
            "scan": named.scan,
            "file": named.file,
            "frames": len(times_s_T),
            "begin_s": timeline.begin_s,
            "end_s": timeline.end_s,
            "rows": scan.shape_HW[0],
            "columns": scan.shape_HW[1],
            "seen": str(seen),
            "unseen": seen.honest,
            "saliency": painting is not None,
            "key_frames": [
                {**key._asdict(), "picture": picture}
                for key, picture in zip(keys, pictures, strict=True)
            ],
        }
        write_json(draft / _RECORD, record)


def _probabilities(
    scan: Scan, model: Model, on_frames: OnFrames
) -> tuple[Doubles, Floats]:
    """Times (T) and probabilities (T, C) of all frames."""
    times, tables = [], []
    for piece in scan.pieces():
        views_BHW = model.predictor.views(piece.frames_BHW, scan.rectangle)
        tables.append(model.predictor.probabilities(views_BHW).astype(np.float32))
        times.append(piece.times_s_B)
        on_frames(len(piece.times_s_B))
    return np.concatenate(times), np.concatenate(tables)


def _pictures(
    folder: Path,
    scan: Scan,
    keys: list[KeyFrame],
    painting: Painting | None,
    rate_hz: float,
) -> list[str]:
    """Write the key frames and, where there is a painting, the video; file names."""
    wanted = {key.frame for key in keys}
    last, first = max(wanted, default=-1), 0
    with _movie(folder / MOVIE, painting, rate_hz) as movie:
        for piece in scan.pieces() if wanted or painting else ():
            _save(folder, piece, first, wanted)
            first += len(piece.times_s_B)
            if painting and movie:
                painting.add(piece, movie)
            elif first > last:
                break
    return [_picture(key.frame) for key in keys]


def _save(folder: Path, piece: Piece, first: int, wanted: set[int]) -> None:
    for place, frame_HW in enumerate(piece.frames_BHW):
        if first + place in wanted:
            Image.fromarray(frame_HW).save(folder / _picture(first + place))


def _picture(frame: int) -> str:
    return f"frame-{frame}.png"


@contextmanager
def _movie(
    path: Path, painting: Painting | None, rate_hz: float
) -> Iterator[MovieFile | None]:
    if painting is None:
        yield None
        return
    with new_movie(path, painting.shape_HW, rate_hz) as movie:
        yield movie


def _write_frames(
    path: Path,
    scan: str,
    times_s_T: Doubles,
    table_TC: Floats,
    classes: tuple[str, ...],
) -> None:
    best_T = table_TC.argmax(1).tolist()
    columns = [
        [scan] * len(times_s_T),
        np.arange(len(times_s_T), dtype=np.int32),
        times_s_T,
        [classes[place] for place in best_T],
        *table_TC.T.copy(),
    ]
    arrays = [
        pa.array(column, field.type)
        for column, field in zip(columns, frame_schema(classes), strict=True)
    ]
    pq.write_table(pa.table(arrays, schema=frame_schema(classes)), path)
