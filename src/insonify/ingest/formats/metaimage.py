"""MetaImage (.mha, .mhd), with the fields that PLUS and 3D Slicer write of sequences.

Own code, as SimpleITK (53 MB) drops the fields of frames and loads a whole file.
The format: https://itk.org/Wiki/MetaIO/Documentation and, of sequences, the page
"Sequence file" of PLUS's manual.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from insonify.core.errors import IngestError
from insonify.ingest.formats.axes import name_axes, slowest_first
from insonify.ingest.formats.byte_stack import Layout, byte_stack, require_held
from insonify.ingest.formats.frame_clock import assumed
from insonify.ingest.formats.header_text import (
    any_numbers,
    data_file,
    frame_clock,
    header_lines,
    integers,
    known_spacing,
)
from insonify.ingest.formats.orientation import upright
from insonify.ingest.formats.packing import Packing, unpack
from insonify.ingest.formats.stack import record
from insonify.ingest.recording import Damaged, Recording

_TYPES: Final = {
    "MET_UCHAR": "u1",
    "MET_CHAR": "i1",
    "MET_USHORT": "u2",
    "MET_SHORT": "i2",
    "MET_UINT": "u4",
    "MET_INT": "i4",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}


def is_metaimage(head: bytes) -> bool:
    """Whether a file that begins so is a MetaImage header."""
    first = head.lstrip().split(b"=", 1)[0].strip()
    return b"=" in head and first in (b"ObjectType", b"NDims", b"Comment")


def read_metaimage(
    path: Path, damaged: Damaged = "reject", rate_hz: float | None = None
) -> Recording:
    """Open a MetaImage sequence.

    Args:
        path: The file, or the header of one.
        damaged: What to do where pixels are missing.
        rate_hz: Slices a second, if the file has no times; None refuses a volume, and
            assumes 25 for what the file calls a sequence.

    Raises:
        IngestError: it holds no B-mode frames, or lies about its size.
    """
    fields, end = _header(path)
    source, offset = path, end
    if fields["ElementDataFile"].upper() != "LOCAL":
        source, offset = data_file(path, fields["ElementDataFile"]), 0
    layout = _layout(fields, rate_hz is not None)
    size = source.stat().st_size
    if skip := integers(fields.get("HeaderSize", "0"), "HeaderSize")[0]:
        offset = size - layout.bytes if skip == -1 else skip
    offset = min(max(offset, 0), size)
    packing: Packing = "raw"
    if _true(fields, "CompressedData"):
        packing = "zlib"
        require_held(layout, size)
    stack = byte_stack(partial(unpack, source, offset, packing), layout, size - offset)
    stack = upright(replace(stack, spacing_mm=_spacing(fields)), fields)
    clock = frame_clock(fields, stack.count, assumed(stack.count, rate_hz))
    return record(stack, clock, "metaimage", damaged)


def _header(path: Path) -> tuple[dict[str, str], int]:
    """Fields of the header, and where it ends: after ElementDataFile."""
    fields: dict[str, str] = {}
    with path.open("rb") as file:
        for line in header_lines(file):
            key, _, value = line.partition("=")
            fields[key.strip()] = value.strip()
            if key.strip() == "ElementDataFile":
                return fields, file.tell()
    raise IngestError("the header does not end; copy or export the file again")


def _layout(fields: Mapping[str, str], slices_are_frames: bool) -> Layout:
    code = _TYPES.get(fields.get("ElementType", "").removesuffix("_ARRAY"))
    if code is None or fields.get("BinaryData", "True").lower() == "false":
        raise IngestError(
            "MetaImage of a type that no image has, or with numbers as text; export "
            "binary MET_UCHAR"
        )
    big = _true(fields, "BinaryDataByteOrderMSB") or _true(
        fields, "ElementByteOrderMSB"
    )
    sizes = integers(fields.get("DimSize", ""), "DimSize")
    kinds = fields.get("Kinds", "").lower().split()
    if len(kinds) != len(sizes):
        timed = any(key.startswith("Seq_Frame") for key in fields)
        kinds = [""] * len(sizes)
        kinds[-1:] = ["list" if timed else ""]
    channels = integers(fields.get("ElementNumberOfChannels", "1"), "channels")[0]
    if channels != 1:
        sizes, kinds = [channels, *sizes], ["vector", *kinds]
    return Layout(
        axes=slowest_first(name_axes(sizes, kinds, slices_are_frames), sizes),
        dtype=np.dtype((">" if big else "<") + code),
    )


def _spacing(fields: Mapping[str, str]) -> tuple[float, float] | None:
    """Millimetres per pixel along rows and columns."""
    text = fields.get("ElementSpacing", fields.get("ElementSize", ""))
    across, down = (*any_numbers(text), 0.0, 0.0)[:2]
    return known_spacing(down, across)


def _true(fields: Mapping[str, str], name: str) -> bool:
    return fields.get(name, "").lower() == "true"
