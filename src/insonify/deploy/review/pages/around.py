"""The frames just before and just after one, to see how the picture moves."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

_SIDE_S: Final = 1.0
_MOST: Final = 60


def around(
    times_s: Sequence[float], segments: Sequence[int], frame: int
) -> tuple[list[int], float]:
    """Numbers of at most 60 frames within a second, of the same segment.

    Returns:
        The numbers, ``frame`` among them, and the milliseconds from one to the next.

    >>> around([0.0, 0.5, 1.0, 1.5, 2.0, 2.5], [0, 0, 0, 0, 1, 1], 2)
    ([0, 1, 2, 3], 500.0)
    """
    time, segment = times_s[frame], segments[frame]
    first = max(bisect_left(times_s, time - _SIDE_S), bisect_left(segments, segment))
    last = min(bisect_right(times_s, time + _SIDE_S), bisect_right(segments, segment))
    step = -(-(last - first) // _MOST)
    first += (frame - first) % step
    frames = list(range(first, last, step))
    if len(frames) < 2:
        return frames, 0.0
    lasting = times_s[frames[-1]] - times_s[frames[0]]
    return frames, 1000 * lasting / (len(frames) - 1)
