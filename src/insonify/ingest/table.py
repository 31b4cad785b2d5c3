"""CSV tables that a user gives beside the files."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from insonify.core.errors import ConfigError

Row = Mapping[str, str]


def read_table(
    path: Path,
    wanted: Sequence[str],
    *,
    delimiter: str = ",",
    errors: Literal["strict", "replace"] = "strict",
) -> list[Row]:
    """The rows of a CSV, without white space round names and cells.

    Args:
        path: The CSV.
        wanted: Columns that it must have.
        delimiter: What stands between cells.
        errors: What to do with bytes that are no UTF-8.

    Raises:
        ConfigError: it is missing, no CSV, or lacks a column of ``wanted``.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig", errors=errors) as file:
            reader = csv.DictReader(file, restval="", delimiter=delimiter)
            rows, names = list(reader), reader.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(
            f"{path}: cannot be read as CSV ({type(error).__name__}); name a table "
            f"with columns {', '.join(wanted)}"
        ) from None
    stripped = [name.strip() for name in names]
    if missing := [name for name in wanted if name not in stripped]:
        raise ConfigError(
            f"{path}: no column {missing[0]!r}; there are {', '.join(stripped)}"
        )
    return [{name.strip(): row[name].strip() for name in names} for row in rows]
