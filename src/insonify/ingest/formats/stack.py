"""Stacks of frames as research formats hold them: plain numbers, all of one shape.

Legend: T frames, H rows, W columns, C colour channels.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from insonify.core.errors import IngestError
from insonify.core.video import Box
from insonify.ingest.formats.frame_clock import Clock
from insonify.ingest.formats.grey_levels import colour_of, find_top, grey_of
from insonify.ingest.recording import Damaged, Recording, Region, TimedFrame

Pixels = npt.NDArray[Any]

_MOST_PIXELS: Final = 64 * 2**20
"""Of a frame; the largest screens have 33 million."""

_MOST_BYTES: Final = 64 * 2**30
"""Of a file, after decompression: an hour of 1-megapixel frames at 18 a second."""


class BrokenOffError(Exception):
    """A stack ends before its declared end; says what was found."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Frames of one shape, one after another, as the numbers of the file."""

    count: int
    shape: tuple[int, ...]
    """(H, W), or (H, W, C) with 3 or 4 channels: red, green, blue, opacity."""
    dtype: np.dtype[Any]
    pictures: Callable[[], Iterator[Pixels]]
    """Starts from the beginning; raises BrokenOffError where the file ends early."""
    spacing_mm: tuple[float, float] | None = None
    """Millimetres per pixel along rows and columns, where the file says so."""
    facts: dict[str, str | int | float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def require_size(count: int, shape: tuple[int, ...], itemsize: int) -> None:
    """Refuse what no recording can be, before any memory is taken for it.

    Raises:
        IngestError: there is no pixel, or there are too many.
    """
    if min(count, *shape) < 1:
        raise IngestError(
            f"the header declares {count} frames of {shape[0]} x {shape[1]} pixels; "
            "export the file again"
        )
    if math.prod(shape[:2]) > _MOST_PIXELS:
        raise IngestError(
            f"the header declares frames of {shape[0]} x {shape[1]} pixels, more than "
            f"{_MOST_PIXELS // 2**20} million; it is damaged, or this is no ultrasound"
        )
    if count * math.prod(shape) * itemsize > _MOST_BYTES:
        raise IngestError(
            f"the header declares {count} frames of {shape[0]} x {shape[1]} pixels, "
            f"more than {_MOST_BYTES // 2**30} GiB; cut it into shorter files"
        )


def record(stack: Stack, clock: Clock, container: str, damaged: Damaged) -> Recording:
    """A recording of the frames that have a time, as luma.

    Numbers of more than eight bits are read once to find the largest of them.

    Raises:
        IngestError: the numbers are no grey levels.
    """
    height, width = stack.shape[:2]
    wide = stack.dtype != np.uint8
    top = find_top(_until_break(stack)) if wide else 255
    whole = Region(
        box=Box(0, 0, height, width), spacing_mm=stack.spacing_mm, exact=False
    )
    recording = Recording(
        frames=lambda: _frames(stack, clock, top, damaged, recording),
        shape_HW=(height, width),
        container=container,
        timing=clock.timing if stack.count > 1 else "still",
        regions=(whole,) if stack.spacing_mm else (),
        facts={**({"grey_levels_to": top} if wide else {}), **stack.facts},
        notes=[*stack.notes, *(clock.notes if stack.count > 1 else ())],
    )
    return recording


def _frames(
    stack: Stack, clock: Clock, top: float, damaged: Damaged, to: Recording
) -> Iterator[TimedFrame]:
    number = good = 0
    try:
        for time_s, pixels in zip(clock.times_s_T, stack.pictures(), strict=True):
            number += 1
            if np.isfinite(time_s):
                good += 1
                luma_HW = grey_of(pixels, top)
                yield TimedFrame(float(time_s), luma_HW, colour_of(pixels, top))
    except BrokenOffError as error:
        found = f"{number} of {stack.count} declared frames are there ({error})"
        if damaged == "reject" or good == 0:
            raise IngestError(
                f"{found}; copy or export the file again"
                + (", or keep what is good with --damaged keep" if good else "")
            ) from None
        to.add_note(found)


def _until_break(stack: Stack) -> Iterator[Pixels]:
    """What is there; that it breaks off is told when it is read."""
    try:
        yield from stack.pictures()
    except BrokenOffError:
        return
