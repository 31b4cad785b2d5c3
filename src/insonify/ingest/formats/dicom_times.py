"""When the frames of a DICOM cine were taken.

Legend: T frames.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

Times = npt.NDArray[np.float64]

_DEFAULT_RATE: Final = 25.0


def read_times(
    header: Dataset, count: int, rate_hz: float | None = None
) -> tuple[Times, str]:
    """Seconds of each of ``count`` frames, (T,), and the attribute they come from.

    Precedence: what FrameIncrementPointer points to, FrameTime, FrameTimeVector,
    RecommendedDisplayFrameRate, CineRate, EffectiveDuration (DICOM PS3.3, C.7.6.5),
    then ``rate_hz``, then 25 frames a second.
    """
    pointed = _as_list(header.get("FrameIncrementPointer"))
    names = sorted(_READERS, key=lambda name: tag_for_keyword(name) not in pointed)
    for name in names:
        values = _numbers(header.get(name))
        steps_T = _READERS[name](values, count) if values else None
        if steps_T is not None and np.all(np.isfinite(steps_T)) and steps_T.min() > 0:
            # The first increment is 0 or repeats the second: time starts at frame one.
            return np.concatenate([[0.0], np.cumsum(steps_T[1:])]), name
    told = "assumed" if rate_hz is None else "given:"
    rate_hz = rate_hz or _DEFAULT_RATE
    return np.arange(count) / rate_hz, f"{told} {rate_hz:g} frames/s"


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (MultiValue, list)) else [value]


def _numbers(value: Any) -> list[float]:
    """The numbers of an element; empty where it is missing or makes no sense."""
    try:
        return [float(item) for item in _as_list(value)]
    except (TypeError, ValueError):
        return []


def _each(seconds: Callable[[float, int], float]) -> Callable[..., Times | None]:
    def steps(values: list[float], count: int) -> Times | None:
        return np.full(count, seconds(values[0], count)) if values[0] > 0 else None

    return steps


def _vector(values: list[float], count: int) -> Times | None:
    """Increments in milliseconds, one a frame; the first one is 0."""
    if len(values) != count:
        return None
    steps_T = np.array(values) / 1000
    steps_T[0] = 1.0
    return steps_T


_READERS: Final[dict[str, Callable[[list[float], int], Times | None]]] = {
    "FrameTime": _each(lambda milliseconds, _: milliseconds / 1000),
    "FrameTimeVector": _vector,
    "RecommendedDisplayFrameRate": _each(lambda rate, _: 1 / rate),
    "CineRate": _each(lambda rate, _: 1 / rate),
    "EffectiveDuration": _each(lambda duration, count: duration / count),
}
