"""A sonographer's gaze over a screen recording, at 90 Hz.

Fixations dwell on the landmarks that are seen of the nearest plane, drawn by their
importance, and follow them as the image moves; saccades are ballistic; blinks and lost
tracking leave gaps; the tracker is a few pixels off. Durations: Salvucci & Goldberg
2000 and the free-viewing literature (fixations 200 to 400 ms, saccades 20 to 60 ms).

Legend: G samples of gaze, T frames, P pixels x and y.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from insonify.phantom.solids import Floats

RATE_HZ = 90.0
_OFFSET_PX = 2.5  # systematic error of the tracker, sd per axis
_JITTER_PX = 1.2  # noise and microsaccades, sd per axis
_LOST = 0.06  # chance that a fixation ends in a blink
_CENTRE = 0.1  # share of fixations that look at the middle instead of a landmark


@dataclass(frozen=True, kw_only=True)
class Gaze:
    """Gaze samples.

    Attributes:
        times_s_G: Seconds since the recording's first frame.
        points_GP: Pixels (x, y) of the screen; NaN where invalid.
        valid_G: Whether the tracker saw the eye.
    """

    times_s_G: npt.NDArray[np.float64]
    points_GP: Floats
    valid_G: npt.NDArray[np.bool_]


def follow(
    targets_T: Sequence[Floats],
    middle_2: tuple[float, float],
    fps: float,
    generator: np.random.Generator,
) -> Gaze:
    """Simulate gaze over a recording.

    Args:
        targets_T: For each frame, the landmarks (N, 2) on the screen in pixels, most
            important first; may be empty.
        middle_2: Where the eye rests when there is nothing to look at.
        fps: Frames a second.
        generator: Source of all chance.
    """
    count = int(len(targets_T) / fps * RATE_HZ)
    points_GP = np.empty((count, 2), np.float32)
    valid_G = np.ones(count, bool)
    last_2, start = np.asarray(middle_2, np.float32), 0
    while start < count:
        dwell, jump = _durations(generator)
        stop = min(count, start + jump + dwell)
        picked = _pick(generator)
        shown = [targets_T[int(g / RATE_HZ * fps)] for g in range(start, stop)]
        aims_GP = np.stack([_aim(targets, picked, middle_2) for targets in shown])
        points_GP[start:stop] = last_2 + _saccade(len(shown), jump) * (aims_GP - last_2)
        last_2 = points_GP[stop - 1].copy()
        if generator.random() < _LOST:
            valid_G[max(start, stop - generator.integers(8, 20)) : stop] = False
        start = stop
    points_GP += generator.normal(0, _OFFSET_PX, 2)
    points_GP += generator.normal(0, _JITTER_PX, points_GP.shape)
    points_GP[~valid_G] = np.nan
    times_s_G = np.arange(count) / RATE_HZ
    return Gaze(times_s_G=times_s_G, points_GP=points_GP, valid_G=valid_G)


def _saccade(samples: int, jump: int) -> Floats:
    """Share of the way that is done, 0 to 1: a minimum-jerk jump, then rest."""
    share_G = np.minimum(np.arange(1, samples + 1, dtype=np.float32) / jump, 1)
    done_G1: Floats = (share_G**3 * (10 - 15 * share_G + 6 * share_G**2))[:, None]
    return done_G1


def _durations(generator: np.random.Generator) -> tuple[int, int]:
    """Samples of a fixation (log-normal, median 0.28 s) and of the saccade to it."""
    dwell = float(np.clip(generator.lognormal(np.log(0.28), 0.45), 0.1, 1.2))
    return max(1, round(dwell * RATE_HZ)), int(generator.integers(2, 6))


def _pick(generator: np.random.Generator) -> tuple[int, Floats]:
    """Which landmark (-1: the middle) and how far beside it, as a spread."""
    rank = int(generator.geometric(0.45)) - 1
    if generator.random() < _CENTRE:
        rank = -1
    spread = 4.0 if rank >= 0 else 22.0
    return rank, generator.normal(0, spread, 2).astype(np.float32)


def _aim(
    targets_N2: Floats, picked: tuple[int, Floats], middle_2: tuple[float, float]
) -> Floats:
    rank, beside_2 = picked
    if rank < 0 or len(targets_N2) == 0:
        return np.asarray(middle_2, np.float32) + beside_2
    aim_2: Floats = targets_N2[rank % len(targets_N2)] + beside_2
    return aim_2
