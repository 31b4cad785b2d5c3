"""Free-hand probe motion: travel, pauses, reversals, drift and tremor.

Legend: T times, 3 space axes, K key poses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation, Slerp

from insonify.phantom.geometry import Pose
from insonify.phantom.solids import Floats

_REACH_MM = 60.0  # where a turn of the probe is felt: the depth of the fetus
_OVERSHOOT = 0.35  # share of journeys that go too far and come back


@dataclass(frozen=True, kw_only=True)
class Path:
    """Poses at the times of frames.

    Attributes:
        times_s_T: Seconds.
        origins_T3: Middle of the probe's face, millimetres.
        axes_T33: Rows as in :class:`Pose`.
    """

    times_s_T: Floats
    origins_T3: Floats
    axes_T33: Floats

    def __len__(self) -> int:
        return len(self.times_s_T)

    def pose(self, index: int) -> Pose:
        """The pose of one frame."""
        return Pose(origin_3=self.origins_T3[index], axes_33=self.axes_T33[index])


class Pace(NamedTuple):
    """How long a movement takes."""

    frames: int
    fps: float


def free_hand(
    stops: Sequence[Pose], pace: Pace, generator: np.random.Generator
) -> Path:
    """Move from stop to stop by hand, resting at each but the first and last.

    Journeys share 60 % of the time by their length, with minimum-jerk speed; a third
    of them go too far and come back. Drift and tremor add 0.05 to 0.2 mm a frame.
    """
    frames, fps = pace
    keys = _with_detours(stops, generator)
    places_T = _places(keys, frames, generator)
    turns = Rotation.from_matrix(np.stack([key.axes_33 for key, _ in keys]))
    origins_K3 = np.stack([key.origin_3 for key, _ in keys])
    turn_T = Slerp(np.arange(len(keys)), turns)(places_T)
    steady = np.stack(
        [np.interp(places_T, np.arange(len(keys)), axis) for axis in origins_K3.T], 1
    )
    shift_T3, angle_T3 = _unsteadiness(frames, fps, generator)
    axes_T33 = (Rotation.from_rotvec(angle_T3) * turn_T).as_matrix()
    return Path(
        times_s_T=(np.arange(frames) / fps).astype(np.float32),
        origins_T3=(steady + shift_T3).astype(np.float32),
        axes_T33=axes_T33.astype(np.float32),
    )


def nearby(
    pose: Pose, shift_mm: float, turn_deg: float, generator: np.random.Generator
) -> Pose:
    """A pose a given way off, in a random direction along the skin."""
    way = generator.uniform(0, 2 * np.pi)
    step_3 = np.cos(way) * pose.axes_33[0] + np.sin(way) * pose.axes_33[1]
    axis_3 = generator.normal(size=3)
    axis_3 *= np.deg2rad(turn_deg) / np.linalg.norm(axis_3)
    turn_33 = Rotation.from_rotvec(axis_3).as_matrix()
    return Pose(
        origin_3=(pose.origin_3 + shift_mm * step_3).astype(np.float32),
        axes_33=(pose.axes_33 @ turn_33.T).astype(np.float32),
    )


def _with_detours(
    stops: Sequence[Pose], generator: np.random.Generator
) -> list[tuple[Pose, bool]]:
    """Stops with whether to rest there, and the points passed in overshooting."""
    keys = [(stops[0], False)]
    for stop in stops[1:-1]:
        if generator.random() < _OVERSHOOT:
            keys.append((nearby(stop, generator.uniform(2, 5), 6.0, generator), False))
        keys.append((stop, True))
    return [*keys, (stops[-1], False)]


def _places(
    keys: list[tuple[Pose, bool]], frames: int, generator: np.random.Generator
) -> Floats:
    """Fractional key number at every frame, never decreasing."""
    legs = np.array([view_distance(a, b) for (a, _), (b, _) in pairwise(keys)])
    rests = np.array([rest * generator.uniform(0.7, 1.4) for _, rest in keys])
    legs_T = np.maximum(legs, 1.0) / np.maximum(legs, 1.0).sum() * 0.6 * frames
    rests_T = rests / max(rests.sum(), 1e-6) * 0.4 * frames
    place_T = []
    for number, rest in enumerate(rests_T):
        place_T.append(np.full(int(rest), float(number)))
        if number < len(legs_T):
            share = np.linspace(0, 1, int(legs_T[number]) + 2)[1:-1]
            place_T.append(number + share**3 * (10 - 15 * share + 6 * share**2))
    whole_T = np.concatenate(place_T)
    ticks = np.linspace(0, len(whole_T) - 1, frames)
    places_T = np.interp(ticks, np.arange(len(whole_T)), whole_T)
    return np.asarray(places_T, np.float32)


def view_distance(first: Pose, second: Pose) -> float:
    """Millimetres that the view at the fetus's depth moves."""
    turn = Rotation.from_matrix(first.axes_33 @ second.axes_33.T).magnitude()
    shift = np.linalg.norm(first.origin_3 - second.origin_3)
    return float(shift + _REACH_MM * turn)


def _unsteadiness(
    frames: int, fps: float, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """Shifts in millimetres and turns in radians: tremor, drift and breathing."""
    tremor = _wander(frames, 0.16 * fps, generator) * ([0.3] * 3 + [0.004] * 3)
    drift = _wander(frames, 0.9 * fps, generator) * ([0.6] * 3 + [0.012] * 3)
    breath = np.sin(2 * np.pi * (0.27 * np.arange(frames) / fps + generator.random()))
    both = tremor + drift
    both[:, :3] += breath[:, None] * generator.normal(0, 0.4, 3)
    return both[:, :3], both[:, 3:]


def _wander(frames: int, sigma: float, generator: np.random.Generator) -> Floats:
    """Smooth noise of unit variance, shape (T, 6), correlated over ``sigma`` frames."""
    margin = int(4 * sigma) + 1
    white = generator.standard_normal((frames + 2 * margin, 6))
    smooth = ndimage.gaussian_filter1d(white, sigma, axis=0)[margin : margin + frames]
    return np.asarray(smooth * np.sqrt(2 * sigma * np.sqrt(np.pi)), np.float32)
