"""Decoding once what must be looked at twice.

The image area is sought in frames spread over a recording before any frame is cropped.
A short recording is kept in memory meanwhile. Of a long one the reader gives a spread
without decoding the rest, if it can; else it is decoded twice.
"""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Final

from insonify.core.video import Frames
from insonify.ingest.area.image_area import spread_frames
from insonify.ingest.recording import Recording, TimedFrame

_REMEMBERED: Final = 128 << 20
"""Bytes of frames: 64 frames of 1920 x 1080, or 279 of 800 x 600."""
_FIRST: Final = 16
_LEAST_GLIMPSES: Final = 24
"""A spread of fewer frames, 16 of the beginning and 8 key frames, would be a poor
witness of what moves."""


def looked_over(
    recording: Recording, limit: int | None = None, *, thorough: bool = False
) -> tuple[Frames, Callable[[], Iterator[TimedFrame]]]:
    """Frames spread over a recording, and a way to go through all of it.

    Args:
        recording: What to read.
        limit: Bytes of frames that may be kept in memory; None: 128 MiB.
        thorough: Take the spread from all frames, even if that is slow.

    Returns:
        The spread (T, H, W), and what starts going through the frames.

    Raises:
        IngestError: the recording is damaged or changes its size.
    """
    kept: deque[TimedFrame] = deque()
    size = 0
    begin = recording.codes or recording.frames
    frames = begin()
    for frame in frames:
        kept.append(frame)
        size += frame.luma_HW.nbytes
        if size > (_REMEMBERED if limit is None else limit):
            break
    else:
        return spread_frames(iter(kept)), lambda: iter(kept)
    if recording.glimpses is not None and not thorough:
        # Key frames may be seconds apart, so some of the beginning, too.
        first = list(islice(kept, 0, None, max(1, len(kept) // _FIRST)))
        spread_THW = spread_frames(chain(first, recording.glimpses()))
        if len(spread_THW) >= _LEAST_GLIMPSES:
            begun = [chain(_let_go(kept), frames)]
            return spread_THW, lambda: begun.pop() if begun else begin()
    return spread_frames(chain(_let_go(kept), frames)), begin


def _let_go(kept: deque[TimedFrame]) -> Iterator[TimedFrame]:
    """The frames, none of which is kept once it was taken."""
    while kept:
        yield kept.popleft()
