"""HDF5: one dataset of frames, as GE's research exports and MATLAB write it.

Links out of the file, virtual datasets and external storage are not followed: a file
must not hand over another one.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from insonify.core.errors import IngestError
from insonify.ingest.formats.array_choice import (
    MOST_STAMPS,
    RATES,
    TIMES,
    Candidate,
    array_clock,
    array_letters,
    choose_frames,
)
from insonify.ingest.formats.byte_stack import Layout, require_held
from insonify.ingest.formats.extra_library import import_extra
from insonify.ingest.formats.stack import (
    BrokenOffError,
    Pixels,
    Stack,
    record,
    require_size,
)
from insonify.ingest.recording import Damaged, Recording

_SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"
_STARTS: Final = (0, 512, 1024, 2048)
"""Bytes that may lie before the signature; MATLAB writes 512."""

_MATLAB: Final = b"MATLAB 7.3"
_MOST_DATASETS: Final = 10_000
_LARGEST_CHUNK: Final = 2**30
_BLOCK: Final = 64 * 2**20
"""Bytes read at once: where time is the fastest axis, frames one by one take long."""

_FAILURES: Final = (OSError, RuntimeError, KeyError, ValueError, TypeError)
"""What h5py raises on damaged files."""


def is_hdf5(head: bytes) -> bool:
    """Whether a file that begins so is HDF5, MATLAB's 7.3 included."""
    return any(head[start : start + 8] == _SIGNATURE for start in _STARTS)


def read_hdf5(
    path: Path, damaged: Damaged = "reject", rate_hz: float | None = None
) -> Recording:
    """Open an HDF5 file with one dataset of frames.

    Args:
        path: The file; frames are its only array of three axes, or the one named
            ``images``, ``frames``, ``tissue/data`` or ``data``; times are beside it.
        damaged: What to do where frames cannot be read.
        rate_hz: Frames a second where it tells no times; None assumes 25.

    Raises:
        IngestError: it holds no frames or several arrays of them, lies about its
            size, or h5py is missing.
    """
    with path.open("rb") as file:
        matlab = file.read(len(_MATLAB)) == _MATLAB
    with _opened(path) as file:
        chosen = choose_frames(_candidates(file))
        dataset = file[chosen.name]
        stamps, rate = _beside(dataset, TIMES), _beside(dataset, RATES)
        letters = _letters(chosen, 0 if stamps is None else stamps.size, matlab)
        stack = _stack(path, dataset, letters)
    clock = array_clock(stamps, rate, stack.count, rate_hz)
    return record(stack, clock, "hdf5", damaged)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    h5py = import_extra("h5py")
    try:
        # Locks fail on folders that may only be read, and protect from no reader.
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except _FAILURES as error:
        raise IngestError(
            f"damaged HDF5 file ({type(error).__name__}); copy or export it again"
        ) from None


def _candidates(file: Any) -> list[Candidate]:
    found: list[Candidate] = []

    def look_at(name: str, item: Any) -> bool | None:
        if _is_plain(item):
            found.append(Candidate(name, item.shape, item.dtype))
        return True if len(found) == _MOST_DATASETS else None

    file.visititems(look_at)
    return found


def _is_plain(item: Any) -> bool:
    """Whether it is a dataset whose numbers lie in this file."""
    if not getattr(item, "shape", None):
        return False
    return not (item.external or item.is_virtual)


def _letters(chosen: Candidate, stamps: int, matlab: bool) -> str:
    """What each axis is, the slowest first."""
    if matlab:  # Its axes are written in reverse: (H, W, T) becomes (T, W, H).
        return {2: "WH", 3: "TWH"}.get(len(chosen.shape), "TCWH")
    ge = chosen.name.lower() == "tissue/data"
    return array_letters(chosen.shape, stamps, "WHT" if ge else "HWT")


def _stack(path: Path, dataset: Any, letters: str) -> Stack:
    named = zip(letters, dataset.shape, strict=True)
    layout = Layout(
        axes=tuple((letter, size) for letter, size in named if letter != "1"),
        dtype=dataset.dtype,
    )
    name, count, shape = dataset.name, layout.size("T"), layout.shape
    require_size(count, shape, layout.dtype.itemsize)
    require_held(layout, dataset.id.get_storage_size())
    if math.prod(dataset.chunks or ()) * layout.dtype.itemsize > _LARGEST_CHUNK:
        raise IngestError("HDF5 with chunks above 1 GiB; export it in smaller ones")
    step = max(_BLOCK * count // layout.bytes, 1)

    def pictures() -> Iterator[Pixels]:
        with _opened(path) as file:
            for start in range(0, count, step):
                yield from _block(file[name], letters, slice(start, start + step))

    return Stack(count=count, shape=shape, dtype=layout.dtype, pictures=pictures)


def _block(dataset: Any, letters: str, some: slice) -> Pixels:
    """Some of the frames: (T, H, W) or (T, H, W, C)."""
    part = {"T": some, "1": 0}
    try:
        block = dataset[tuple(part.get(letter, slice(None)) for letter in letters)]
    except _FAILURES as error:
        raise BrokenOffError(f"reading fails: {type(error).__name__}") from None
    left = letters.replace("1", "")
    block = np.transpose(block, [left.index(axis) for axis in "THWC" if axis in left])
    return block if "T" in left else block[np.newaxis]


def _beside(dataset: Any, names: tuple[str, ...]) -> Any:
    """Numbers under the first of the names: attributes or datasets, near ones first."""
    for place in (dataset, dataset.parent, dataset.file):
        for name in names:
            if name in place.attrs:
                return np.asarray(place.attrs[name])
            item = _linked(place, name)
            if item is not None and item.size <= MOST_STAMPS:
                return np.asarray(item[()])
    return None


def _linked(place: Any, name: str) -> Any:
    """A dataset that is within the file; None if there is none of this name."""
    h5py = import_extra("h5py")
    if not isinstance(place, h5py.Group) or name not in place:
        return None
    if not isinstance(place.get(name, getlink=True), h5py.HardLink):
        return None
    item = place[name]
    inside = isinstance(item, h5py.Dataset) and not (item.external or item.is_virtual)
    return item if inside else None
