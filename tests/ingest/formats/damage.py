"""Damage of every kind to healthy files, and what ingest makes of it."""

import os
import re
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np

from insonify.core.errors import IngestError
from insonify.ingest.engine.limits import Lost
from insonify.ingest.formats.reading import read
from insonify.ingest.recording import Damaged, Recording

Generator = np.random.Generator

_SECRETS: Final = ("Erika", "Example", "MRN-4711", "19991231")

_SHARES: Final = (0.002, 0.02, 0.1, 0.5, 0.9, 0.99)
"""Where files are cut off."""

_LIES: Final = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1)
"""Numbers that programs stumble over."""

_HEAD: Final = 2048
"""Most headers lie within so many bytes, and most damage is done to them."""


class Verdict(NamedTuple):
    """What became of one file."""

    outcome: Literal["accepted", "refused", "unexpected"] | Lost
    detail: str
    """Why it was refused; where and what was not expected."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One damaged file."""

    kind: str
    content: bytes
    zeros: int = 0
    """Bytes that follow; they take no space on the disk."""
    damaged: Damaged = "keep"


def try_to_read(case: Case) -> Verdict:
    """Read a file to its end, as ingest does, and check what its reader promises."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "Example_Erika.bin"
        path.write_bytes(case.content)
        os.truncate(path, len(case.content) + case.zeros)
        try:
            return _read_through(path, case.damaged)
        except MemoryError as error:
            return Verdict("out of memory", _where(error))
        except Exception as error:  # noqa: BLE001 (what a fuzzer looks for)
            return Verdict("unexpected", _where(error))


def _read_through(path: Path, damaged: Damaged) -> Verdict:
    try:
        _require_promises(read(path, damaged))
    except IngestError as error:
        _require_silence(str(error))
        return Verdict("refused", str(error))
    return Verdict("accepted", "")


def _require_promises(recording: Recording) -> None:
    """What the contract of a reader says of a recording."""
    times = []
    for time_s, luma_HW, *_ in recording.frames():
        assert luma_HW.dtype == np.uint8, "frames are not of bytes"
        assert luma_HW.shape == recording.shape_HW, "frames are of another size"
        times.append(time_s)
    assert times, "no frame, and no refusal"
    assert times[0] == 0, "time does not begin at 0"
    assert isfinite(times[-1]), "time is not finite"
    assert all(one < two for one, two in pairwise(times)), "time does not increase"
    height, width = recording.shape_HW
    for item in recording.regions:
        top, left, bottom, right = item.box
        assert 0 <= top < bottom <= height, "a region exceeds the picture"
        assert 0 <= left < right <= width, "a region exceeds the picture"
        spacing = item.spacing_mm or (1.0, 1.0)
        assert all(isfinite(mm) and mm > 0 for mm in spacing), "a spacing is none"
    _require_silence(repr((recording.notes, recording.facts)))


def _require_silence(text: str) -> None:
    """That no name is told, nor the folder of temporary files."""
    secrets = (*_SECRETS, tempfile.gettempdir())
    assert not any(secret in text for secret in secrets), "a name is told"


def _where(error: Exception) -> str:
    """The kind of an error and the line of ours that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/insonify/" in frame.filename]
    last = (ours or frames)[-1]
    words = f" ({error})" if isinstance(error, AssertionError) else ""
    place = f"{Path(last.filename).name}:{last.lineno} {last.name}"
    return f"{type(error).__name__}{words} in {place}"


def cut_off(content: bytes) -> Iterator[bytes]:
    """The file, broken off at several places."""
    for share in _SHARES:
        yield content[: int(share * len(content))]


def mutate(content: bytes, other: bytes, generator: Generator) -> bytes:
    """Damage a file in one to four ways that are drawn.

    Args:
        content: The file.
        other: Another one, of which pieces are taken.
        generator: All the chance.
    """
    damaged = bytearray(content)
    for _ in range(generator.integers(1, 5)):
        if damaged:
            _WAYS[generator.integers(len(_WAYS))](damaged, other, generator)
    return bytes(damaged)


def _place(length: int, generator: Generator) -> int:
    """Anywhere, but more often in the header, and most often at its beginning."""
    share = generator.random() ** 2
    short = generator.random() < 0.7
    return int(share * (min(length, _HEAD) if short else length))


def _flip(content: bytearray, _other: bytes, generator: Generator) -> None:
    for _ in range(generator.integers(1, 9)):
        content[_place(len(content), generator)] ^= 1 << int(generator.integers(8))


def _lie(content: bytearray, _: bytes, generator: Generator) -> None:
    at, width = _place(len(content), generator), int(2 ** generator.integers(4))
    value = int(generator.choice(_LIES)) & (256**width - 1)
    number = value.to_bytes(width, "big")
    content[at : at + width] = number if generator.random() < 0.5 else number[::-1]


def _lie_in_words(content: bytearray, _: bytes, generator: Generator) -> None:
    """Put another number where the header has one in digits."""
    found = list(re.finditer(rb"-?\d+(\.\d+)?", content[:_HEAD]))
    if found:
        start, end = found[generator.integers(len(found))].span()
        lies = (b"0", b"-1", b"1e999", b"nan", b"99999999999", b"65536", b"", b"x")
        content[start:end] = lies[generator.integers(len(lies))]


def _truncate(content: bytearray, _: bytes, generator: Generator) -> None:
    del content[int(generator.random() * len(content)) :]


def _remove(content: bytearray, _: bytes, generator: Generator) -> None:
    at = _place(len(content), generator)
    del content[at : at + int(2 ** generator.uniform(0, 12))]


def _blank(content: bytearray, _: bytes, generator: Generator) -> None:
    at = _place(len(content), generator)
    length = min(int(2 ** generator.uniform(0, 12)), len(content) - at)
    content[at : at + length] = bytes([int(generator.choice([0, 255]))]) * length


def _repeat(content: bytearray, _: bytes, generator: Generator) -> None:
    at = _place(len(content), generator)
    piece = bytes(content[at : at + int(2 ** generator.uniform(0, 12))])
    content[at:at] = piece * int(generator.integers(1, 4))


def _graft(content: bytearray, other: bytes, generator: Generator) -> None:
    at, from_ = _place(len(content), generator), _place(len(other), generator)
    piece = other[from_ : from_ + int(2 ** generator.uniform(0, 12))]
    content[at : at + len(piece)] = piece


_WAYS: Final[tuple[Callable[[bytearray, bytes, Generator], None], ...]] = (
    *(_flip, _lie, _lie, _lie_in_words, _truncate),
    *(_remove, _blank, _repeat, _graft),
)
