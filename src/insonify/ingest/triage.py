"""Which frames are worth learning from, and where a clip must not cross.

Thresholds are defaults measured on 16 to 20 real clips (field notes); all are options.

Legend: T frames, K frames that are kept, H rows, W columns,
X by Y blocks of 8 by 8 pixels.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from insonify.core.errors import ConfigError
from insonify.core.video import Frames

Flags = npt.NDArray[np.bool_]
Times = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Small = npt.NDArray[np.float32]

_BLOCK: Final = 8
_LIT: Final = 24
"""Grey level of blocks that show something; black ones would dilute every change."""
_LEAST_FALL: Final = 0.01
"""A still probe hardly loses correlation; a jump is not measured against less."""


@dataclass(frozen=True, kw_only=True)
class TriageOptions:
    """When a frame is dropped, and when a segment ends."""

    duplicate: float = 0.15
    """A frame that differs by less from the last one kept repeats it and is dropped;
    mean absolute grey levels within the image area."""
    black: float = 4.0
    """A frame with a lower mean grey level is black and is dropped."""
    freeze_s: float = 0.5
    """A still picture is a freeze if it lasts this long; 0 keeps freezes."""
    freeze: float = 0.9
    """A picture is still while it differs by less than this, both reduced eightfold and
    where there is light. In 44 lung clips every half second changes 1.05 or more; the
    H.264 noise of a frozen phantom and its calipers 0.8 or less."""
    cut_jump: float = 6.0
    """At a cut the correlation falls this many times deeper than usual around it …"""
    cut_correlation: float = 0.9
    """… to less than this …"""
    cut_histogram: float = 0.05
    """… and more than this share of the grey-level histogram changes. Together they
    found 96 % of 150 joins of two lung clips, and in the 44 clips themselves a
    touch-down and six fast movements in two clips of 10 frames a second."""
    gap: float = 4.0
    """A segment ends where frames are this many times farther apart than usual, and
    at least 0.25 s."""

    def __post_init__(self) -> None:
        if min(vars(self).values()) < 0:
            raise ConfigError("thresholds of triage must not be negative")


@dataclass(frozen=True, kw_only=True)
class Triage:
    """What was found."""

    keep_T: Flags
    """Which frames to keep."""
    segments: npt.NDArray[np.int32]
    """Segment of each frame that is kept."""
    motion: npt.NDArray[np.float32]
    """Motion of each frame that is kept (see ``Video.motion_T``)."""
    counts: dict[str, int]
    """Frames dropped as black, frozen and duplicate, and the number of cuts."""


def triage(
    frames_THW: Frames,
    times_s_T: Times,
    mask_HW: npt.NDArray[np.bool_],
    options: TriageOptions,
) -> Triage:
    """Look through a video.

    Args:
        frames_THW: The cropped frames, 0 outside the image area.
        times_s_T: Their times.
        mask_HW: The image area.
        options: Thresholds.
    """
    area = int(mask_HW.sum())
    covered = area / mask_HW.size
    small_TXY = _reduce(frames_THW)
    black_T = np.array([frame.sum() for frame in frames_THW]) < options.black * area
    frozen_T = _frozen(small_TXY, times_s_T, options) & ~black_T
    dropped_T = black_T | frozen_T
    repeats_T = _repeats(frames_THW, ~dropped_T, options.duplicate * area)
    keep_T = ~(dropped_T | repeats_T)
    kept = np.flatnonzero(keep_T)
    small_KXY = small_TXY[kept]
    cuts_K = _cuts(frames_THW, kept, small_KXY, area, options)
    breaks_K = cuts_K | _gaps(times_s_T[kept], options.gap) | _freezes(kept, frozen_T)
    return Triage(
        keep_T=keep_T,
        segments=np.cumsum(breaks_K).astype(np.int32),
        motion=_motion(small_KXY, covered, breaks_K),
        counts={
            "black": int(black_T.sum()),
            "frozen": int(frozen_T.sum()),
            "duplicates": int(repeats_T.sum()),
            "cuts": int(cuts_K.sum()),
        },
    )


def _frozen(small_TXY: Small, times_s_T: Times, options: TriageOptions) -> Flags:
    """Frames that look for long like the one before them, which is the last live one.

    They are compared with that one and not with their neighbours: in clips converted to
    a higher frame rate most neighbours are equal, and a heart returns.
    """
    frozen_T = np.zeros(len(small_TXY), bool)
    lit = max((small_TXY.max(0) > _LIT).mean(), 1e-6)
    live = 0
    while options.freeze_s > 0 and live < len(small_TXY):
        end = live + 1
        while end < len(small_TXY):
            change = np.abs(small_TXY[end] - small_TXY[live]).mean() / lit
            if change >= options.freeze:
                break
            end += 1
        if times_s_T[end - 1] - times_s_T[live] >= options.freeze_s:
            frozen_T[live + 1 : end] = True
            live = end - 1
        live += 1
    return frozen_T


def _repeats(frames_THW: Frames, candidate_T: Flags, least: float) -> Flags:
    """Frames that repeat the last candidate that was kept."""
    repeats_T = np.zeros(len(frames_THW), bool)
    last = None
    for place in np.flatnonzero(candidate_T):
        frame_HW = frames_THW[place]
        if last is not None and _difference(frame_HW, last).sum() < least:
            repeats_T[place] = True
        else:
            last = frame_HW
    return repeats_T


def _cuts(
    frames_THW: Frames,
    kept: Places,
    small_KXY: Small,
    area: int,
    options: TriageOptions,
) -> Flags:
    """Kept frames that begin a new scene."""
    cuts_K = np.zeros(len(kept), bool)
    if len(kept) < 2:
        return cuts_K
    flat_KE = small_KXY.reshape(len(kept), -1)
    flat_KE = flat_KE - flat_KE.mean(1, keepdims=True)
    norm_K = np.linalg.norm(flat_KE, axis=1) + 1e-6
    correlation = (flat_KE[1:] * flat_KE[:-1]).sum(1) / (norm_K[1:] * norm_K[:-1])
    usual = ndimage.median_filter(1 - correlation, 9, mode="nearest")
    jump = (1 - correlation) / np.maximum(usual, _LEAST_FALL)
    bins_KB = [np.bincount(frames_THW[k].ravel() >> 3, minlength=32) for k in kept]
    histogram = np.abs(np.diff(bins_KB, axis=0)).sum(1) / (2 * area)
    cuts_K[1:] = (
        (jump > options.cut_jump)
        & (correlation < options.cut_correlation)
        & (histogram > options.cut_histogram)
    )
    return cuts_K


def _gaps(times_s_K: Times, factor: float) -> Flags:
    gaps_K = np.zeros(len(times_s_K), bool)
    if len(times_s_K) > 1:
        steps = np.diff(times_s_K)
        gaps_K[1:] = steps > max(factor * float(np.median(steps)), 0.25)
    return gaps_K


def _freezes(kept: Places, frozen_T: Flags) -> Flags:
    """Kept frames before which a freeze was dropped."""
    passed_T = np.cumsum(frozen_T)
    return np.diff(passed_T[kept], prepend=passed_T[kept[:1]]) > 0


def _motion(
    small_KXY: Small, covered: float, breaks_K: Flags
) -> npt.NDArray[np.float32]:
    """Mean change over the image area, which covers a share of the frame."""
    motion_K = np.zeros(len(small_KXY), np.float32)
    motion_K[1:] = np.abs(np.diff(small_KXY, axis=0)).mean((1, 2)) / covered
    motion_K[breaks_K] = 0
    return motion_K


def _reduce(frames_THW: Frames) -> Small:
    """Means over 8 by 8 pixels; what is left over at the end is cut off."""
    count, height, width = frames_THW.shape
    rows, columns = height // _BLOCK, width // _BLOCK
    small_TXY = np.empty((count, rows, columns), np.float32)
    for place, frame_HW in enumerate(frames_THW):
        cut = frame_HW[: rows * _BLOCK, : columns * _BLOCK]
        blocks = cut.reshape(rows, _BLOCK, columns, _BLOCK)
        small_TXY[place] = blocks.mean((1, 3), dtype=np.float32)
    return small_TXY


def _difference(one_HW: Frames, other_HW: Frames) -> Frames:
    """Absolute difference, without leaving uint8."""
    return np.maximum(one_HW, other_HW) - np.minimum(one_HW, other_HW)
