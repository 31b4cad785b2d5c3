"""Which array of a file holds the frames, how it lies, and when they were taken.

Names are compared and never told: users name arrays after patients.

Legend: T frames, H rows, W columns, C colour channels; 1 an axis of one element.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from insonify.core.errors import IngestError
from insonify.ingest.formats.frame_clock import Clock, assumed, stamped, steady

_FRAMES: Final = ("images", "frames", "tissue/data", "data")
"""Names of frames that are common in the field, the plainest first."""

TIMES: Final = ("times_s", "times", "timestamps")
RATES: Final = ("fps", "frame_rate", "framerate")

MOST_STAMPS: Final = 2**24
"""Longer arrays are no times of frames."""

_LEAST_SIDE: Final = 16
_COLOURS: Final = (3, 4)


class Candidate(NamedTuple):
    """An array that may hold frames."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def choose_frames(found: Sequence[Candidate]) -> Candidate:
    """The array of frames: the one with a common name, or the only one.

    Raises:
        IngestError: there is none, or there are several.
    """
    grey = [item for item in found if item.dtype.kind in "buif"]
    likely = [item for item in grey if len(item.shape) in (3, 4)]
    likely = likely or [
        item for item in grey if len(item.shape) == 2 and min(item.shape) >= _LEAST_SIDE
    ]
    for name in _FRAMES:
        for item in likely:
            if item.name.strip("/").lower() == name:
                return item
    if len(likely) == 1:
        return likely[0]
    if not likely:
        raise IngestError(
            f"none of {len(found)} arrays in it holds images of plain numbers; export "
            "an array of (T, H, W), of 0 to 255"
        )
    shapes = ", ".join("x".join(map(str, item.shape)) for item in likely[:8])
    raise IngestError(
        f"{len(likely)} arrays could be the frames (of {shapes}); name one of them "
        f"{_FRAMES[0]} or {_FRAMES[1]}"
    )


def array_letters(shape: tuple[int, ...], stamps: int, time_last: str = "HWT") -> str:
    """What each axis is, the slowest first.

    Args:
        shape: Of the array.
        stamps: How many times there are; 0 if none.
        time_last: Axes if the last one is as long as there are times.

    Raises:
        IngestError: no video has such axes.
    """
    if len(shape) == 2:
        return "HW"
    if len(shape) == 3:
        if stamps and shape[0] != stamps and shape[-1] == stamps:
            return time_last
        still = shape[2] in _COLOURS and min(shape[:2]) >= _LEAST_SIDE
        return "HWC" if still else "THW"
    if len(shape) == 4:
        for letters, axis in (("THW", 3), ("T", 1)):
            if shape[axis] in (1, *_COLOURS):
                channel = "1" if shape[axis] == 1 else "C"
                return letters + channel + "HW"[len(letters) - 1 :]
    raise IngestError(
        f"an array of {' x '.join(map(str, shape[:8]))} numbers is no video; export "
        "(T, H, W), or (T, H, W, 3) in colour"
    )


def array_clock(
    stamps: npt.NDArray[Any] | None,
    rate: npt.NDArray[Any] | None,
    count: int,
    given_hz: float | None,
) -> Clock:
    """Times of frames: those in the file, its rate, or the caller's.

    Args:
        stamps: Seconds of each frame, if the file has them.
        rate: Frames a second, if the file has one.
        count: Number of frames.
        given_hz: What the caller knows.

    Raises:
        IngestError: the times do not increase.
    """
    if stamps is not None and stamps.dtype.kind in "uif" and stamps.size == count:
        return stamped(stamps.ravel())
    clock = None
    if rate is not None and rate.dtype.kind in "uif" and rate.size == 1:
        clock = steady(count, 1 / max(float(rate.ravel()[0]), 1e-9))
    return clock or assumed(count, given_hz)
