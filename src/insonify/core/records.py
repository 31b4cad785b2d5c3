"""JSON records that somebody else may have written: read, and never trusted.

What a file holds may be of any size, depth and kind; a reader gets an object or a
sentence that says what is wrong.
"""

import json
import reprlib
from pathlib import Path
from typing import Any, Final

from insonify.core.errors import CheckpointError, ConfigError

_MOST_BYTES: Final = 2**26
"""Of a record. A million pseudonyms take 28 MB, and parsing takes up to 24 times as
much memory as there are bytes."""
_SHOWN: Final = 200
"""Characters at most by which a message repeats what somebody else wrote."""
_SHORT: Final = reprlib.Repr()
_SHORT.maxlevel = 2
_SHORT.maxstring = _SHORT.maxother = 100


def read_object(path: Path) -> dict[str, Any]:
    """Read a file that holds a JSON object.

    Raises:
        ConfigError: it is missing, or holds none that :func:`parse_object` takes.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; name a run folder") from None
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); restore the file"
        ) from None
    return parse_object(data, str(path))


def read_of_format(path: Path, known: int, *, what: str, other: str) -> dict[str, Any]:
    """Read the record of a folder, which says its format; the format is taken off.

    Args:
        path: The file.
        known: The format that is read.
        what: What to name instead of a folder without a readable record.
        other: What to do about another format, after a semicolon.

    Raises:
        CheckpointError: it is missing, no JSON object, or of another format.
    """
    try:
        plain = read_object(path)
    except ConfigError as error:
        why = str(error).removeprefix(f"{path}: ")
        raise CheckpointError(
            f"{path.parent}: no readable {path.name} ({why}); name {what}"
        ) from None
    if (found := plain.pop("format", None)) != known:
        raise CheckpointError(
            f"{path.parent}: {path.name} has format {shown(found)}, this insonify "
            f"reads {known}; {other}"
        )
    return plain


def parse_object(data: bytes, where: str) -> dict[str, Any]:
    """Parse a JSON object that somebody else may have written.

    Raises:
        ConfigError: it is larger than any record of ours, nested deeper than Python
            goes, or no JSON object.
    """
    if len(data) > _MOST_BYTES:
        raise ConfigError(
            f"{where}: more than {_MOST_BYTES >> 20} MiB of JSON, which no record of "
            "ours has; restore the file"
        )
    try:
        found = json.loads(data)
    except RecursionError:
        raise ConfigError(f"{where}: nested too deeply; restore the file") from None
    except ValueError as error:  # Not JSON, not UTF-8, or a number of 5000 digits.
        raise ConfigError(f"{where}: not JSON ({error}); restore the file") from None
    if not isinstance(found, dict):
        raise ConfigError(
            f"{where}: wanted a JSON object, found {shown(found)}; restore the file"
        )
    return found


def shown(value: Any) -> str:
    """A value that somebody else wrote, for a message: never at full length.

    >>> len(shown(["x" * 10**6, {"a": [0] * 10**6}])) < 250
    True
    """
    text = _SHORT.repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
