"""What a person signs off before a batch is used: a table, and sheets of pictures.

Neither holds more than the store does: pseudonyms, technical facts, clean pixels.
"""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from PIL import Image

from insonify.core.files import write_bytes
from insonify.ingest.handling import FileResult
from insonify.ingest.sheet import jpeg, page

_ROWS: Final = 20
"""Videos on a sheet."""
_COLUMNS: Final = (
    *("file", "outcome", "video", "subject", "exam", "container", "timing", "area"),
    *("source_rows", "source_columns", "top", "left", "bottom", "right"),
    *("share_kept", "frames_read", "frames", "facts"),
)


class SignOff:
    """The table and the sheets of one batch, in a folder that holds many batches."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.table: Path | None = None
        """Made with the first file."""
        self.rows: list[Image.Image] = []
        self.sheets = 0

    def add(self, results: list[FileResult]) -> None:
        """Append files to the table, and their pictures to the sheets."""
        if not results:
            return
        if self.table is None:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.table = _new_table(self.folder)
        with self.table.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, _COLUMNS, restval="")
            for result in results:
                writer.writerows(_lines(result))
        for result in results:
            for picture in result.pictures:
                self.rows.append(Image.open(io.BytesIO(picture)))
                if len(self.rows) == _ROWS:
                    self.close()

    def close(self) -> None:
        """Write the sheet that is not full yet."""
        if self.table is None or not self.rows:
            return
        self.sheets += 1
        name = f"{self.table.stem}-sheet-{self.sheets:04d}.jpg"
        write_bytes(self.folder / name, jpeg(page(self.rows)))
        self.rows = []


def _new_table(folder: Path) -> Path:
    """The first free number; made at once, for others may begin a batch too."""
    number = 1 + max((int(p.stem[6:10]) for p in folder.glob("batch-*.csv")), default=0)
    while True:
        path = folder / f"batch-{number:04d}.csv"
        try:
            with path.open("x", newline="", encoding="utf-8") as file:
                csv.writer(file).writerow(_COLUMNS)
        except FileExistsError:
            number += 1
        else:
            return path


def _lines(result: FileResult) -> list[Mapping[str, object]]:
    """One for each video of a file, or one that says why there is none."""
    if result.reason is not None:
        return [{"file": result.file, "outcome": result.reason}]
    return [_line(result.file, entry.row) for entry in result.entries]


def _line(file: str, row: Mapping[str, Any]) -> Mapping[str, object]:
    facts = json.loads(row["facts"])
    rows, columns = row["source_shape"]
    top, left, bottom, right = row["crop"]
    named = ("container", "timing", "area", "frames_read", "frames")
    return {
        "file": file,
        "outcome": "taken",
        **{name: row[name] for name in ("video", "subject", "exam")},
        **{name: facts.pop(name, "") for name in named},
        "source_rows": rows,
        "source_columns": columns,
        "top": top,
        "left": left,
        "bottom": bottom,
        "right": right,
        "share_kept": round((bottom - top) * (right - left) / (rows * columns), 4),
        "facts": json.dumps(facts),
    }
