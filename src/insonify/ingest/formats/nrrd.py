"""NRRD sequences (.nrrd, .nhdr, .seq.nrrd of 3D Slicer and PLUS).

Own code, as pynrrd loads a whole file.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

from insonify.ingest.formats.axes import slowest_first
from insonify.ingest.formats.byte_stack import Layout, byte_stack, require_held
from insonify.ingest.formats.frame_clock import assumed
from insonify.ingest.formats.header_text import data_file, frame_clock
from insonify.ingest.formats.nrrd_header import NrrdHeader
from insonify.ingest.formats.orientation import upright
from insonify.ingest.formats.packing import unpack
from insonify.ingest.formats.stack import Stack, record
from insonify.ingest.recording import Damaged, Recording


def is_nrrd(head: bytes) -> bool:
    """Whether a file that begins so is NRRD or the header of one."""
    return head.startswith(b"NRRD000")


def read_nrrd(
    path: Path, damaged: Damaged = "reject", rate_hz: float | None = None
) -> Recording:
    """Open an NRRD sequence.

    Args:
        path: The file, or the header of one.
        damaged: What to do where pixels are missing.
        rate_hz: Slices a second, if the file has no times; None refuses a volume, and
            assumes 25 for what the file calls a sequence.

    Raises:
        IngestError: it holds no B-mode frames, or lies about its size.
    """
    header = NrrdHeader.read(path)
    letters = header.letters(rate_hz is not None)
    layout = Layout(axes=slowest_first(letters, header.sizes), dtype=header.dtype)
    stack = replace(_stack(path, header, layout), spacing_mm=header.spacing_mm(letters))
    clock = header.clock(letters) or assumed(stack.count, rate_hz)
    clock = frame_clock(header.extras, stack.count, clock)
    return record(upright(stack, header.extras), clock, "nrrd", damaged)


def _stack(path: Path, header: NrrdHeader, layout: Layout) -> Stack:
    source, start = path, header.end
    if name := header.fields.get("datafile"):
        source, start = data_file(path, name), 0
    size, packing, (lines, skip) = source.stat().st_size, header.packing, header.skips
    start = _after_lines(source, start, lines)
    held = layout.bytes
    if packing == "raw":
        start = size - layout.bytes if skip == -1 else start + skip
        start, skip = min(max(start, 0), size), 0
        held = size - start
    else:
        require_held(layout, size)

    @contextmanager
    def opened() -> Iterator[IO[bytes]]:
        with unpack(source, start, packing) as stream:
            if skip > 0:  # Of a compressed file: bytes of what comes out of it.
                stream.seek(skip)
            yield stream

    return byte_stack(opened, layout, held)


def _after_lines(source: Path, start: int, lines: int) -> int:
    """Where so many lines end."""
    with source.open("rb") as file:
        file.seek(start)
        for _ in range(lines):
            if not file.readline(2**20):
                break
        return file.tell()
