"""The tables over all scans of an output folder, a scan at a time in memory."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from insonify.core.cells import plain_cell
from insonify.core.errors import ConfigError
from insonify.core.files import new_file, write_bytes
from insonify.deploy.predict.options import Format
from insonify.deploy.predict.scan_folder import (
    FRAMES,
    SCANS,
    frame_schema,
    is_done,
    read_record,
)

_KEY_FRAMES: Final = (
    *("scan", "label", "rank", "frame", "time_s", "probability", "start_s", "end_s"),
    *("most_probable", "picture"),
)
_SCANS: Final = ("scan", "file", "frames", "begin_s", "end_s", "seen", "unseen")


def done_scans(out: Path) -> list[str]:
    """Pseudonyms of all scans that an output folder holds, in order."""
    folder = out / SCANS
    return sorted(path.name for path in folder.glob("*") if is_done(out, path.name))


def records(out: Path, scans: Iterable[str]) -> Iterator[dict[str, Any]]:
    """What is known of each scan; the pictures' paths are relative to ``out``."""
    for scan in scans:
        record = read_record(out / SCANS / scan)
        for key in record["key_frames"]:
            key["picture"] = f"{SCANS}/{scan}/{key['picture']}"
        yield record


def write_tables(
    out: Path,
    scans: Sequence[str],
    refused: Iterable[tuple[str, str]],
    classes: tuple[str, ...],
    kind: Format,
) -> int:
    """Write all tables, each atomically.

    Args:
        out: The output folder.
        scans: What it holds.
        refused: Pseudonym and reason of each file that was not read.
        classes: Of the model.
        kind: How the table of frames is written.

    Returns:
        How many frames there are.
    """
    known = list(records(out, scans))
    keys = ({"scan": one["scan"], **key} for one in known for key in one["key_frames"])
    _write_csv(out / "key_frames.csv", _KEY_FRAMES, keys)
    _write_csv(out / "scans.csv", _SCANS, known)
    rows = ({"file": file, "reason": reason} for file, reason in refused)
    _write_csv(out / "rejects.csv", ("file", "reason"), rows)
    _write_frames(out, scans, classes, kind)
    return sum(int(one["frames"]) for one in known)


def _write_frames(
    out: Path, scans: Sequence[str], classes: tuple[str, ...], kind: Format
) -> None:
    schema = frame_schema(classes)
    with new_file(out / f"frames.{kind}") as file:
        writer: Any = pq.ParquetWriter if kind == "parquet" else pa_csv.CSVWriter
        with writer(file, schema) as table:
            for scan in scans:
                table.write_table(_frames(out / SCANS / scan / FRAMES, schema))


def _frames(path: Path, schema: pa.Schema) -> pa.Table:
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise ConfigError(
            f"{path}: damaged ({type(error).__name__}); remove the folder that it is "
            "in and repeat the command"
        ) from None
    return table.cast(schema)


def _write_csv(
    path: Path, columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]
) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: plain_cell(cell) for name, cell in row.items()} for row in rows
    )
    write_bytes(path, text.getvalue().encode())
