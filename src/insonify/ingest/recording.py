"""What a reader finds in a source file, before anything is cropped or dropped.

Legend: H rows, W columns.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from insonify.core.video import Box, Frames

Damaged = Literal["reject", "keep"]
"""What to do with a file that breaks off: refuse it, or keep what is good of it."""


def levelled(codes_HW: Frames, levels: bytes) -> Frames:
    """The grey level of each code."""
    shown = codes_HW.tobytes().translate(levels)
    return np.frombuffer(shown, np.uint8).reshape(codes_HW.shape)


class TimedFrame(NamedTuple):
    """One decoded frame."""

    time_s: float
    """Seconds since the first frame."""
    luma_HW: Frames
    """Luma in full range, 0 to 255."""
    colour_HW: npt.NDArray[np.bool_] | None = None
    """Pixels that are coloured: their channels differ by over 40. None: none is."""
    levels: bytes | None = None
    """The grey level of each of 256 codes, where ``luma_HW`` still holds codes."""

    def in_levels(self) -> "TimedFrame":
        """The same frame with grey levels in full range."""
        if self.levels is None:
            return self
        return self._replace(luma_HW=levelled(self.luma_HW, self.levels), levels=None)


@dataclass(frozen=True, kw_only=True)
class Region:
    """A part of the screen that the device says is a 2-D image."""

    box: Box
    """Where it is, within the frame."""
    spacing_mm: tuple[float, float] | None
    """Millimetres per pixel, along rows and along columns."""
    exact: bool = True
    """False where it was declared for a picture of another size and then clipped: it
    bounds the search for the image, but is not taken for the image itself."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who and when, as the file says; only their pseudonyms leave ingest."""

    subject: str
    exam: str


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A source file that can be read more than once, frame by frame.

    Frames are never all in memory.
    """

    frames: Callable[[], Iterator[TimedFrame]]
    """Starts reading from the beginning; raises IngestError where the file is damaged,
    or adds to ``notes`` if what is good shall be kept."""
    shape_HW: tuple[int, int]
    container: str
    """Kind of file, such as ``mov`` or ``dicom``."""
    timing: str
    """Where the times come from."""
    regions: tuple[Region, ...] = ()
    """What the device declares, exact and large ones first; empty where nothing is."""
    active_HW: npt.NDArray[np.bool_] | None = None
    """Pixels of which the device says that they are image; None where it does not."""
    codes: Callable[[], Iterator[TimedFrame]] | None = None
    """As ``frames``, but the luma of a frame may still be in codes: most of a screen is
    cut off, and what is left is reduced, before it has to be in grey levels."""
    glimpses: Callable[[], Iterator[TimedFrame]] | None = None
    """Goes through a few frames, spread over the recording, without decoding the rest;
    None where that is not possible."""
    identity: Identity | None = None
    """None where the file does not say."""
    facts: dict[str, str | int | float] = field(default_factory=dict)
    """Technical facts that may be kept."""
    notes: list[str] = field(default_factory=list)
    """What was odd and how it was dealt with; never a name."""

    def add_note(self, note: str) -> None:
        """Note something, once however often the file is read."""
        if note not in self.notes:
            self.notes.append(note)
