"""A recording in parts of reduced frames, so that it need not be in memory at once.

Legend: T frames, H rows, W columns.
"""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from insonify.core.errors import IngestError
from insonify.core.video import Frames
from insonify.ingest.recording import TimedFrame
from insonify.ingest.reduction import Reduction

Floats = npt.NDArray[np.float64]

_PART: Final = 128 << 20
"""Bytes of reduced frames in a part: 1542 frames of 256 x 340, a minute."""


class Part(NamedTuple):
    """Frames that follow each other."""

    frames_THW: Frames
    """Reduced frames."""
    times_s_T: Floats
    colour_T: Floats
    """The share of the image area that is coloured."""


def reduced_parts(
    frames: Iterator[TimedFrame], shape: tuple[int, int], reduction: Reduction
) -> Iterator[Part]:
    """Reduced frames, as many at a time as memory is set aside for.

    Args:
        frames: Of the recording.
        shape: Of each; another is refused.
        reduction: What becomes of each.

    Raises:
        IngestError: the picture changes its size, or the recording is damaged.
    """
    most = max(_PART // (reduction.height * reduction.width), 1)
    while first := next(frames, None):
        taken = chain([first], islice(frames, most - 1))
        yield _reduced(taken, most, shape, reduction)


def _reduced(
    frames: Iterator[TimedFrame],
    most: int,
    shape: tuple[int, int],
    reduction: Reduction,
) -> Part:
    # Pages that are not written to cost nothing.
    frames_THW = np.empty((most, reduction.height, reduction.width), np.uint8)
    times: list[float] = []
    colour: list[float] = []
    for frame in frames:
        if frame.luma_HW.shape != shape:
            raise IngestError("the picture changes its size; export its parts apart")
        frames_THW[len(times)] = reduction.apply(frame)
        times.append(frame.time_s)
        colour.append(reduction.share(frame.colour_HW))
    return Part(frames_THW[: len(times)], np.array(times), np.array(colour))
