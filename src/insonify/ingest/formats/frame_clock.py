"""When the frames of a stack were taken, by what the file or the caller says.

Legend: T frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from insonify.core.errors import IngestError

_DEFAULT_RATE: Final = 25.0


@dataclass(frozen=True, kw_only=True)
class Clock:
    """A time for each frame."""

    times_s_T: npt.NDArray[np.float64]
    """Seconds since the first frame that is kept; not a number: leave this one out."""
    timing: str
    """Where the times come from."""
    notes: tuple[str, ...] = ()


def stamped(
    stamps_T: Sequence[float] | npt.NDArray[np.float64], unit_s: float = 1.0
) -> Clock:
    """Times that the file gives, one a frame; not a number where it calls one invalid.

    Raises:
        IngestError: most frames have no time after the one before.
    """
    times_T: npt.NDArray[np.float64] = np.array(stamps_T, np.float64) * unit_s
    times_T[~np.isfinite(times_T)] = np.nan
    valid = int(np.isfinite(times_T).sum())
    before_T = np.fmax.accumulate(np.concatenate([[-np.inf], times_T[:-1]]))
    times_T[~(times_T > before_T)] = np.nan
    kept, count = int(np.isfinite(times_T).sum()), len(times_T)
    if 2 * kept <= count:
        raise IngestError(
            f"only {kept} of {count} frames are valid and have a time after the one "
            "before; export the file again, with its times"
        )
    notes = []
    if valid < count:
        notes.append(
            f"frames that are invalid or have no time, left out: {count - valid}"
        )
    if kept < valid:
        notes.append(
            f"frames whose time repeats or goes back, left out: {valid - kept}"
        )
    return Clock(
        times_s_T=times_T - times_T[np.isfinite(times_T)][0],
        timing="frame time stamps",
        notes=tuple(notes),
    )


def steady(count: int, step_s: float) -> Clock | None:
    """Frames at the steady rate that the file declares; None if it makes no sense."""
    if not (np.isfinite(step_s) and 1e-6 < step_s < 3600):
        return None
    times_s_T = np.arange(count, dtype=np.float64) * step_s
    return Clock(times_s_T=times_s_T, timing="declared frame rate")


def assumed(count: int, rate_hz: float | None) -> Clock:
    """Frames of a file without times, at the rate that the caller knows, if any."""
    if rate_hz is not None:
        return Clock(times_s_T=np.arange(count) / rate_hz, timing="given frame rate")
    return Clock(
        times_s_T=np.arange(count) / _DEFAULT_RATE,
        timing=f"assumed {_DEFAULT_RATE:g} frames/s",
        notes=(f"no times and no frame rate; {_DEFAULT_RATE:g}/s is assumed",),
    )


def without(clock: Clock, invalid_T: npt.NDArray[np.bool_]) -> Clock:
    """The clock without frames that the file calls invalid.

    Raises:
        IngestError: most are.
    """
    if not invalid_T.any():
        return clock
    left = stamped(np.where(invalid_T, np.nan, clock.times_s_T))
    return Clock(
        times_s_T=left.times_s_T, timing=clock.timing, notes=clock.notes + left.notes
    )
