"""The text header of NRRD, as https://teem.sourceforge.net/nrrd defines it.

Of sequences: Slicer's developer guide, "Volume sequence file format".
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from insonify.core.errors import IngestError
from insonify.ingest.formats.axes import name_axes
from insonify.ingest.formats.frame_clock import Clock, stamped, steady
from insonify.ingest.formats.header_text import (
    any_numbers,
    header_lines,
    integers,
    known_spacing,
)
from insonify.ingest.formats.packing import Packing

_TYPES: Final = {
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i1": ("signed char", "int8", "int8_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i2": ("short", "short int", "signed short", "int16", "int16_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "f4": ("float",),
    "f8": ("double",),
}
_PACKINGS: Final[dict[str, Packing]] = {
    "raw": "raw",
    "gzip": "gzip",
    "gz": "gzip",
    "bzip2": "bzip2",
    "bz2": "bzip2",
}
_MILLIMETRES: Final = {"": 1.0, "mm": 1.0, "cm": 10.0, "m": 1000.0, "um": 0.001}
_SECONDS: Final = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "us": 1e-6}
_MOST_SKIPPED: Final = 2**31


@dataclass(frozen=True, kw_only=True)
class NrrdHeader:
    """What stands in a header."""

    fields: Mapping[str, str]
    """The format's own; names in small letters without blanks, as some write them."""
    extras: Mapping[str, str]
    """Keys and values of programs, such as of Slicer and PLUS."""
    end: int
    """Where the header ends in its file."""

    @classmethod
    def read(cls, path: Path) -> "NrrdHeader":
        """Read up to the first empty line, or the end of a detached header."""
        fields: dict[str, str] = {}
        extras: dict[str, str] = {}
        with path.open("rb") as file:
            for line in header_lines(file):
                if not line:
                    break
                key, _, value = line.partition(":")
                if value.startswith("="):
                    extras[key.strip()] = value[1:].strip()
                else:
                    fields[key.lower().replace(" ", "")] = value.strip()
            return cls(fields=fields, extras=extras, end=file.tell())

    @property
    def sizes(self) -> list[int]:
        """Of each axis, the fastest first."""
        return integers(self.fields.get("sizes", ""), "sizes")

    @property
    def skips(self) -> tuple[int, int]:
        """Lines and bytes before the numbers; -1 bytes: they are the end of the file.

        Raises:
            IngestError: no file can be meant.
        """
        lines = integers(self.fields.get("lineskip", "0"), "line skip")[0]
        skip = integers(self.fields.get("byteskip", "0"), "byte skip")[0]
        if not (0 <= lines < _MOST_SKIPPED and -1 <= skip < _MOST_SKIPPED):
            raise IngestError("the header skips more than a file has; export it again")
        return lines, skip

    @property
    def packing(self) -> Packing:
        """How the numbers are compressed.

        Raises:
            IngestError: they are text.
        """
        packing = _PACKINGS.get(self.fields.get("encoding", "").lower())
        if packing is None:
            raise IngestError("NRRD with numbers as text; export it as raw or gzip")
        return packing

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the numbers.

        Raises:
            IngestError: no image has it.
        """
        kind = self.fields.get("type", "").lower()
        code = next((code for code, names in _TYPES.items() if kind in names), None)
        if code is None:
            raise IngestError("NRRD of a type that no image has; export unsigned char")
        big = self.fields.get("endian", "").lower() == "big"
        return np.dtype((">" if big else "<") + code)

    def letters(self, slices_are_frames: bool) -> list[str]:
        """What each axis is.

        Raises:
            IngestError: together they are no video.
        """
        sizes = self.sizes
        kinds = self.fields.get("kinds", "").lower().split()
        if len(kinds) != len(sizes):
            kinds = [""] * len(sizes)
        timed = [
            f"axis {axis} index values" in self.extras for axis in range(len(sizes))
        ]
        kinds = ["list" if t else kind for kind, t in zip(kinds, timed, strict=True)]
        return name_axes(sizes, kinds, slices_are_frames)

    def clock(self, letters: Sequence[str]) -> Clock | None:
        """Times along the time axis; None where the file gives none in seconds.

        Raises:
            IngestError: they do not increase.
        """
        if "T" not in letters:
            return None
        axis = letters.index("T")
        count = self.sizes[axis]
        unit = self.extras.get(f"axis {axis} index unit", self._unit(axis)).lower()
        values = any_numbers(self.extras.get(f"axis {axis} index values", ""))
        # Without a unit Slicer means seconds, or numbers items where it knows no time.
        if not unit and len(values) == count and np.any(np.diff(values) != 1):
            unit = "s"
        if unit not in _SECONDS:
            return None
        if len(values) == count:
            return stamped(values, _SECONDS[unit])
        return steady(count, self._step(axis) * _SECONDS[unit])

    def spacing_mm(self, letters: Sequence[str]) -> tuple[float, float] | None:
        """Millimetres per pixel along rows and columns, None where not known."""
        steps = []
        for letter in "HW":
            axis = letters.index(letter)
            unit = self._unit(axis, "spaceunits" if self._directions else "units")
            steps.append(self._step(axis) * _MILLIMETRES.get(unit.lower(), np.nan))
        return known_spacing(steps[0], steps[1])

    @property
    def _directions(self) -> list[float]:
        """Lengths of the axes' vectors; not a number for axes out of space."""
        vectors = re.findall(r"none|\([^)]*\)", self.fields.get("spacedirections", ""))
        return [
            float(
                np.linalg.norm(
                    any_numbers(vector.strip("()").replace(",", " ")) or np.nan
                )
            )
            for vector in vectors
        ]

    def _step(self, axis: int) -> float:
        """From one element of an axis to the next, or not a number."""
        steps = self._directions or any_numbers(self.fields.get("spacings", ""))
        return steps[axis] if axis < len(steps) else np.nan

    def _unit(self, axis: int, field: str = "units") -> str:
        units = re.findall(r'"([^"]*)"', self.fields.get(field, ""))
        return units[axis] if axis < len(units) else ""
