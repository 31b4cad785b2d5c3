"""Which frames make a clip.

Legend: N frames of the index, C clips, T frames of a clip.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from insonify.clips.stretches import Floats, Stretch, stretches
from insonify.core.errors import ConfigError, StoreError
from insonify.store.frames import FrameIndex, Integers
from insonify.store.ordering import position_kind


@dataclass(frozen=True, kw_only=True)
class ClipOptions:
    """What a clip is."""

    frames: int = 4
    """Frames in a clip."""
    interval_s: float = 8 / 30
    """Seconds between neighbouring frames (paper: every 8th frame at 30 Hz)."""
    tolerance: float = 0.25
    """How far a frame may be from its due time, as a share of the interval."""
    motion_floor: float = 0.5
    """Least motion between neighbouring frames, in grey levels of path length; a clip
    of a still scene has no order to learn."""
    size: tuple[int, int] = (112, 144)
    """Rows and columns of the views that the encoder sees."""
    crop: tuple[float, float] = (0.7, 1.0)
    """Range of the random crop's side as a share of the largest window that fits the
    image area; (1, 1) always takes that window."""
    jitter_px: float = 3.0
    """Largest independent shift of each frame, in pixels of the view, so that exact
    alignment gives nothing away (OPN: 5 px at 80 px crops)."""

    def __post_init__(self) -> None:
        if self.frames < 2 or self.interval_s <= 0:
            raise ConfigError("a clip needs two frames or more, a positive time apart")
        if not 0 < self.crop[0] <= self.crop[1] <= 1:
            raise ConfigError(f"crop must be 0 < low <= high <= 1, found {self.crop}")
        if min(self.size) < 16 or self.jitter_px < 0:
            raise ConfigError("size must be at least 16 pixels, jitter_px at least 0")


def find_clips(
    index: FrameIndex, subjects: frozenset[str], options: ClipOptions
) -> Integers:
    """Find every clip that starts at a frame of one of the subjects.

    A clip lies within one segment of one video, each frame is the nearest to its due
    time and within tolerance, and between neighbours there is motion above the floor.

    Beside what it returns, 4 T bytes a clip, it needs a fixed amount of memory.

    Returns:
        Positions in the index, shape (C, T), by start frame; each row increases.

    Raises:
        StoreError: no frame starts a clip.
    """
    wanted_V = np.array([subject in subjects for subject in index.subjects], bool)
    frames_V = np.diff(np.append(index.starts_V(), len(index)))
    starts = int(frames_V[wanted_V].sum())
    # The system gives memory to the rows that are written, and to no others.
    room_CT = np.empty((starts, options.frames), position_kind(len(index)))
    found = 0
    for stretch in stretches(index):
        clips_CT = _clips_of(stretch, wanted_V[stretch.video_N], options)
        room_CT[found : found + len(clips_CT)] = clips_CT
        found += len(clips_CT)
    if not found:
        raise StoreError(
            f"none of {starts} frames of {len(subjects)} subjects starts a clip "
            f"of {options.frames} frames {options.interval_s:.3g} s apart with motion "
            f">= {options.motion_floor:g}; shorten the interval or lower the floor"
        )
    return room_CT[:found]


def _clips_of(
    stretch: Stretch, wanted_N: npt.NDArray[np.bool_], options: ClipOptions
) -> Integers:
    """The clips of a stretch, as positions in the index: (C, T)."""
    key_N, path_N, run_N = stretch.key_N, stretch.path_N, stretch.run_N
    starts_C = np.flatnonzero(wanted_N)
    clips_CT = np.empty((len(starts_C), options.frames), np.int64)
    right_C = np.ones(len(starts_C), bool)
    clips_CT[:, 0] = starts_C
    for place in range(1, options.frames):
        due_C = key_N[starts_C] + place * options.interval_s
        near_C = _nearest(key_N, due_C)
        before_C = clips_CT[:, place - 1]
        error_C = np.abs(key_N[near_C] - due_C)
        right_C &= error_C <= options.tolerance * options.interval_s
        right_C &= (run_N[near_C] == run_N[starts_C]) & (near_C > before_C)
        right_C &= path_N[near_C] - path_N[before_C] >= options.motion_floor
        clips_CT[:, place] = near_C
    return clips_CT[right_C] + stretch.first


def _nearest(key_N: Floats, due_C: Floats) -> Integers:
    after_C = np.clip(np.searchsorted(key_N, due_C), 1, len(key_N) - 1)
    closer_C = due_C - key_N[after_C - 1] <= key_N[after_C] - due_C
    nearest: Integers = after_C - closer_C
    return nearest
