"""A clean video that can be gone through more than once, a few frames at a time.

Legend: B frames of a piece, H rows, W columns.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from insonify.core.errors import ConfigError, StoreError
from insonify.core.video import Box, Frames
from insonify.ingest.clean import CleanOptions, Names, View, views
from insonify.ingest.deidentify import content_pseudonym, pseudonym
from insonify.ingest.formats.reading import read
from insonify.ingest.recording import Recording
from insonify.ingest.reduction import Reduction
from insonify.store import Store
from insonify.store.frames import Integers

_PIECE: Final = 64
_NAMES: Final = Names("s", "e", "v")
_SEPARATOR: Final = "::"


class Piece(NamedTuple):
    """Frames that follow each other."""

    frames_BHW: Frames
    times_s_B: npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Scan:
    """A de-identified video, cropped to the image area."""

    pieces: Callable[[], Iterator[Piece]]
    """Starts from the beginning; raises IngestError where the source is refused."""
    shape_HW: tuple[int, int]
    rectangle: Box
    """The largest rectangle inside the image area."""
    subjects: frozenset[str] = frozenset()
    """Pseudonyms under which the subject may be known."""
    identified: bool = False
    """Whether those are all, so that who is not among them is another."""
    views: int = 1
    """How many images the source shows side by side."""
    positions: Integers | None = None
    """Positions of its frames in the store; None where it is of no store."""


def split_name(scan: str) -> tuple[Path, str] | None:
    """Store and video of ``STORE::VIDEO``; None for a file.

    >>> split_name("archive/store::v-0036c7d363772541")
    (PosixPath('archive/store'), 'v-0036c7d363772541')
    >>> split_name("cine.dcm")
    """
    store, separator, video = scan.rpartition(_SEPARATOR)
    if not separator or Path(scan).exists():
        return None
    return Path(store), video


def stored_scan(store: Store, video: str) -> Scan:
    """A video of a store.

    Raises:
        StoreError: there is none of that name.
    """
    index = store.frames()
    if video not in index.video_ids:
        few = ", ".join(index.video_ids[:3]) or "none at all"
        raise StoreError(
            f"{store.path}: no video {video!r} in this store; it has {few}"
            f"{' and others' if len(index.video_ids) > 3 else ''}"
        )
    number = index.video_ids.index(video)
    positions = np.flatnonzero(index.video_N == number)

    def pieces() -> Iterator[Piece]:
        for first in range(0, len(positions), _PIECE):
            part = positions[first : first + _PIECE]
            yield Piece(np.stack(store.read_frames(part)), index.time_s_N[part])

    return Scan(
        pieces=pieces,
        shape_HW=index.shapes_HW[number],
        rectangle=index.rectangles[number],
        subjects=frozenset({index.subjects[number]}),
        identified=True,
        positions=positions,
    )


def file_scan(
    path: Path,
    options: CleanOptions,
    *,
    view: int = 1,
    key: bytes | None = None,
    store: Store | None = None,
) -> Scan:
    """A source file, read and cleaned as ingest does.

    Args:
        path: The file.
        options: How it is cleaned.
        view: Which of its images, where it shows several side by side.
        key: The site's key, to tell whose it is; None: that stays unknown.
        store: A store that may hold the same recording.

    Raises:
        ConfigError: there is no such view.
        IngestError: ingest refuses it, with the same reason.
    """
    recording = read(path, options.damaged, options.rate_hz)
    found = views(recording, options, path)
    if not 1 <= view <= len(found):
        raise ConfigError(f"the scan shows {len(found)} image(s), found --view {view}")
    chosen = found[view - 1]
    plan = Reduction.plan(chosen.area, options.size)
    subjects, identified = _whose(path, recording, key, store)
    return Scan(
        pieces=lambda: _pieces(chosen),
        shape_HW=(plan.height, plan.width),
        rectangle=plan.rectangle,
        subjects=subjects,
        identified=identified,
        views=len(found),
    )


def _pieces(view: View) -> Iterator[Piece]:
    """The frames of a view; its own counts stay as they are, however often it is read.

    What is in memory is a part, of at most 128 MiB (``ingest.parts``).
    """
    afresh = replace(view, counts=Counter(), figures={}, facts={})
    for part in afresh.parts(_NAMES):
        for first in range(0, len(part.frames_THW), _PIECE):
            piece = slice(first, first + _PIECE)
            yield Piece(part.frames_THW[piece], part.times_s_T[piece])
        del part  # before the next is made


def _whose(
    path: Path, recording: Recording, key: bytes | None, store: Store | None
) -> tuple[frozenset[str], bool]:
    """Pseudonyms of the subject, and whether they are surely all.

    The same content in the store tells whose it is. What the file itself says need not
    be what a table of subjects said at ingest, so that it proves nothing if unknown.
    """
    if key is None:
        return frozenset(), False
    names = set()
    if recording.identity is not None:
        names.add(pseudonym(key, "s", recording.identity.subject))
    index = None if store is None else store.frames()
    video = content_pseudonym(key, path)
    if index is None or video not in index.video_ids:
        return frozenset(names), False
    names.add(index.subjects[index.video_ids.index(video)])
    return frozenset(names), True
