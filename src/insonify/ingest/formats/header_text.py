"""What the text headers of MetaImage and NRRD share: lines, numbers, data files.

Nothing of a header is ever quoted: its free fields may name people.
"""

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Final

import numpy as np

from insonify.core.errors import IngestError
from insonify.ingest.formats.frame_clock import Clock, stamped, without

_LONGEST_HEADER: Final = 64 * 2**20
"""Bytes; trackers write about 1 kB a frame."""

_FRAME_FIELD: Final = re.compile(r"Seq_Frame(\d{1,9})_(Timestamp|ImageStatus)")


def header_lines(file: IO[bytes]) -> Iterator[str]:
    """Lines of a header, without their ends, as far as a header can go."""
    while file.tell() < _LONGEST_HEADER and (line := file.readline(_LONGEST_HEADER)):
        yield line.decode("latin-1").strip()


def any_numbers(text: str) -> list[float]:
    """Numbers between blanks; none of them where something else is among them."""
    try:
        return [float(word) for word in text.split()]
    except ValueError:
        return []


def integers(text: str, what: str) -> list[int]:
    """Whole numbers between blanks, at least one.

    Raises:
        IngestError: there is something else; names the field, not what it holds.
    """
    found = any_numbers(text)
    if not found or not all(abs(x) < 2**53 and x.is_integer() for x in found):
        raise IngestError(
            f"the header's {what} is no list of whole numbers; export the file again"
        )
    return [int(number) for number in found]


def known_spacing(down: float, across: float) -> tuple[float, float] | None:
    """Size of a pixel; None for 1 x 1, which is written where it is not known."""
    known = 0 < down < math.inf and 0 < across < math.inf and (down, across) != (1, 1)
    return (down, across) if known else None


def data_file(header: Path, name: str) -> Path:
    """The file of pixels that a header names.

    Raises:
        IngestError: it lies elsewhere, is missing, or there are several.
    """
    if re.search(r"%\d*d", name) or name.split()[:1] == ["LIST"]:
        raise IngestError("one data file a frame; export all frames into one file")
    folder = header.parent.resolve()
    path = (folder / name.replace("\0", "")).resolve()
    if not path.is_relative_to(folder):
        raise IngestError(
            "its data file lies in another folder; copy it beside the header, and name "
            "it there without a folder"
        )
    if not path.is_file():
        raise IngestError(
            "its data file is missing; copy it beside the header (and both out of an "
            "archive), or export one file that holds all (.mha, .nrrd)"
        )
    return path


def frame_clock(fields: Mapping[str, str], count: int, otherwise: Clock) -> Clock:
    """Times of frames that PLUS and Slicer write, and which frames they call invalid.

    Args:
        fields: Of the header.
        count: Number of frames.
        otherwise: The clock if they write no times.

    Raises:
        IngestError: most frames are invalid, or their times do not increase.
    """
    stamps_T, invalid_T = np.full(count, np.nan), np.zeros(count, bool)
    for key, value in fields.items():
        match = _FRAME_FIELD.fullmatch(key)
        if match and int(match[1]) < count:
            if match[2] == "Timestamp":
                stamps_T[int(match[1])] = _number(value)
            else:
                invalid_T[int(match[1])] = value != "OK"
    if np.isfinite(stamps_T).any():
        return stamped(np.where(invalid_T, np.nan, stamps_T))
    return without(otherwise, invalid_T)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
