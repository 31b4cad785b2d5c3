"""CSV tables that a user gives beside the files."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from insonify.core.errors import ConfigError

Row = Mapping[str, str]


def read_table(path: Path, wanted: Sequence[str]) -> list[Row]:
    """The rows of a CSV, without white space round the cells.

    Raises:
        ConfigError: it is missing, no CSV, or lacks a column of ``wanted``.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restval="")
            rows, names = list(reader), reader.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(
            f"{path}: cannot be read as CSV ({type(error).__name__}); name a table "
            f"with columns {', '.join(wanted)}"
        ) from None
    if missing := [name for name in wanted if name not in names]:
        raise ConfigError(
            f"{path}: no column {missing[0]!r}; there are {', '.join(names)}"
        )
    return [{name: row[name].strip() for name in names} for row in rows]
