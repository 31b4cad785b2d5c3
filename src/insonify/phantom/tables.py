"""The tables beside the files: who, what is seen when, what disturbs, where one looks.

Legend: G samples of gaze.
"""

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from insonify.core.files import write_bytes, write_json
from insonify.phantom.gaze import RATE_HZ, Gaze

COLUMNS: dict[str, tuple[str, ...]] = {
    "subjects": ("path", "subject", "exam"),
    "labels": ("path", "task", "label", "start_s", "end_s"),
    "events": ("path", "event", "start_s", "end_s"),
    "boxes": ("path", "t_s", "structure", "left", "top", "right", "bottom"),
    "gaze": ("path", "t_s", "x", "y", "valid"),
}
Row = Sequence[str | float | int]
"""Values in the order of a table's columns."""


def write_table(folder: Path, name: str, rows: Iterable[Row]) -> None:
    """Write one of :data:`COLUMNS` as ``name.csv``, numbers to four decimals."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS[name])
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    write_bytes(folder / f"{name}.csv", buffer.getvalue().encode())


def gaze_rows(gaze: Gaze) -> list[Row]:
    """Rows of the neutral gaze table after the path; x and y empty where invalid."""
    return [
        (float(t), *(("", "") if not ok else (float(x), float(y))), int(ok))
        for t, (x, y), ok in zip(
            gaze.times_s_G, gaze.points_GP, gaze.valid_G, strict=True
        )
    ]


def write_bids(
    folder: Path, name: str, gaze: Gaze, screen: tuple[int, int], path: str
) -> None:
    """Write gaze as BIDS eye tracking (BEP020): ``_physio.tsv.gz`` and its sidecar.

    ``name`` is the BIDS name so far, as ``sub-phantom000_task-scan_run-1``.
    Timestamps are milliseconds since the recording's first frame. The compressed file
    has no time of its own, so that the same gaze gives the same bytes.
    """
    stem = f"{name}_recording-eye1_physio"
    place = folder / name.partition("_")[0] / "beh"
    table = io.StringIO()
    for t, (x, y) in zip(gaze.times_s_G, gaze.points_GP, strict=True):
        cells = ("n/a", "n/a") if np.isnan(x) else (f"{x:.1f}", f"{y:.1f}")
        table.write("\t".join((f"{1000 * t:.1f}", *cells)) + "\n")
    write_bytes(
        place / f"{stem}.tsv.gz", gzip.compress(table.getvalue().encode(), mtime=0)
    )
    write_json(place / f"{stem}.json", _sidecar(screen, path))


def write_bids_root(folder: Path) -> None:
    """Write the description that every BIDS folder needs."""
    write_json(
        folder / "dataset_description.json",
        {
            "Name": "insonify phantom gaze (synthetic)",
            "BIDSVersion": "1.10.0",
            "DatasetType": "raw",
            "License": "CC0",
        },
    )


def _sidecar(screen: tuple[int, int], path: str) -> dict[str, object]:
    return {
        "PhysioType": "eyetrack",
        "RecordedEye": "cyclopean",
        "SamplingFrequency": RATE_HZ,
        "StartTime": 0,
        "SampleCoordinateSystem": "gaze-on-screen",
        "Columns": ["timestamp", "x_coordinate", "y_coordinate"],
        "timestamp": {"Units": "ms", "Description": "since the first video frame"},
        "x_coordinate": {"Units": "pixel", "Description": "from the left edge"},
        "y_coordinate": {"Units": "pixel", "Description": "from the top edge"},
        "StimulusPresentation": {"ScreenResolution": [screen[1], screen[0]]},
        "StimulusFile": path,
    }


def _cell(value: str | float | int) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
