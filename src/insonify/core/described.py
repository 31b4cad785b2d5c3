"""Parquet files that say themselves what they are: a JSON head in their metadata."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from insonify.core.config import fields_from_plain, to_plain
from insonify.core.errors import ConfigError, ReportError
from insonify.core.files import write_bytes
from insonify.core.records import parse_object, shown

_PREFIX: Final = "insonify."


def made_with(options: Any) -> dict[str, Any]:
    """How a file was made: time, version, options; plain JSON values."""
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "insonify": version("insonify"),
        "options": to_plain(options),
    }


def write_described(
    path: Path, rows: pa.Table, kind: str, head: dict[str, Any]
) -> None:
    """Write a table and its head, atomically; an existing file is replaced."""
    known = {f"{_PREFIX}{kind}".encode(): json.dumps(head)}
    sink = pa.BufferOutputStream()
    pq.write_table(rows.replace_schema_metadata(known), sink, compression="zstd")
    write_bytes(path, sink.getvalue().to_pybytes())


def read_described(
    path: Path, kind: str, file_format: int, fields: Mapping[str, Any]
) -> tuple[pa.Table, dict[str, Any]]:
    """Read the rows and the head of a file of one kind and format.

    Args:
        path: The file.
        kind: What it must call itself.
        file_format: The format that it must have.
        fields: Type of each field of the head; it must have these and no others.

    Raises:
        ReportError: the file is missing, damaged, of another kind or format.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from None
    key = f"{_PREFIX}{kind}".encode()
    try:
        plain = parse_object((table.schema.metadata or {}).get(key, b"{}"), str(path))
        if (found := plain.pop("format", None)) != file_format:
            raise ReportError(
                f"{path}: {kind} format {shown(found)}, this insonify reads "
                f"{file_format}; run `insonify transfer` again"
            )
        head = fields_from_plain(fields, plain, str(path))
    except ConfigError as error:
        raise ReportError(str(error)) from None
    return table.replace_schema_metadata(), head


def kind_of(path: Path) -> str | None:
    """What a file says that it is; None where it says nothing.

    Raises:
        ReportError: the file is missing or damaged.
    """
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from None
    names = [key.decode(errors="replace") for key in metadata]
    ours = [name for name in names if name.startswith(_PREFIX)]
    return ours[0].removeprefix(_PREFIX) if ours else None


def _unreadable(path: Path, error: Exception) -> ReportError:
    return ReportError(
        f"{path}: cannot be read ({type(error).__name__}); name a file that `insonify "
        "transfer` or `insonify audit` wrote"
    )
