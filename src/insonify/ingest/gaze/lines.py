"""Lines and cells of text files, with the number of the line for every complaint.

A complaint never quotes what was found: a cell may hold a name.
"""

import csv
import gzip
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TextIO

from insonify.core.errors import IngestError

_MISSING: Final = ("", ".", "n/a", "na", "nan")


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Number and text of each line of a file, which may be gzipped.

    Raises:
        IngestError: it cannot be read.
    """
    with _open(path) as file:
        lines = enumerate(file, start=1)
        while (item := _guarded(lines)) is not None:
            yield item


class Rows:
    """The rows of a table with or without a header, read one at a time."""

    def __init__(
        self, path: Path, delimiter: str, columns: list[str] | None = None
    ) -> None:
        """Open a table.

        Args:
            path: The file.
            delimiter: What stands between cells.
            columns: Names of the columns; None where the first line says them.

        Raises:
            IngestError: the file cannot be read, or is empty.
        """
        self._rows = _read_cells(path, delimiter)
        if columns is None:
            _, columns = next(self._rows, (0, None))
            if columns is None:
                raise IngestError("the file is empty; export it again")
        self.columns = columns

    def place(self, name: str) -> int:
        """Where a column is.

        Raises:
            IngestError: there is no such column.
        """
        if name not in self.columns:
            raise IngestError(
                f"line 1: no column {name!r}; export it with that column, or name "
                "another --format"
            )
        return self.columns.index(name)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        for line, cells in self._rows:
            if len(cells) < len(self.columns):
                raise IngestError(
                    f"line {line}: {len(cells)} cells, {len(self.columns)} columns; "
                    "the file is damaged or cut off, export it again"
                )
            yield line, cells


def number(cell: str, line: int, name: str) -> float:
    """A number, or NaN where a mark of missing data stands; a comma may be decimal.

    Raises:
        IngestError: it is something else.
    """
    if cell.lower() in _MISSING:
        return math.nan
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        raise IngestError(
            f"line {line}: {name} is not a number; correct or remove the line"
        ) from None


def _read_cells(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    with _open(path) as file:
        # A quotation mark means nothing in tables with tabs.
        dialect = csv.excel if delimiter == "," else _Plain
        reader = csv.reader(file, dialect)
        while (cells := _guarded(reader)) is not None:
            if any(cells):
                yield reader.line_num, [cell.strip() for cell in cells]


class _Plain(csv.excel_tab):
    quoting = csv.QUOTE_NONE


def _open(path: Path) -> TextIO:
    """Open as text: UTF-16 where it says so, else UTF-8 that forgives other bytes."""
    try:
        if path.suffix == ".gz":
            return gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="")
        with path.open("rb") as file:
            wide = file.read(2) in (b"\xff\xfe", b"\xfe\xff")
        encoding = "utf-16" if wide else "utf-8-sig"
        return path.open(encoding=encoding, errors="replace", newline="")
    except OSError as error:
        raise IngestError(
            f"the file cannot be read ({error.strerror}); check its permissions"
        ) from None


def _guarded(items: Iterator[Any]) -> Any:
    """The next item, or None at the end.

    Raises:
        IngestError: the file breaks off, or is not of the kind it is taken for.
    """
    try:
        return next(items, None)
    except (OSError, EOFError, zlib.error, UnicodeError, csv.Error) as error:
        raise IngestError(
            f"not a text file, or it breaks off ({type(error).__name__}); export it "
            "again, or name another --format"
        ) from None
