"""Looks through a video: what is dropped and why, and what its frames are like.

Legend: T frames, K frames that are kept, H rows, W columns, X by Y blocks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from insonify.core.video import Frames
from insonify.ingest.triage.blocks import Flags, Places, Small, Times, reduce
from insonify.ingest.triage.breaks import after, correlations, cuts, gaps, motion
from insonify.ingest.triage.contact import Ratios, coloured, depth_ratios, lifted
from insonify.ingest.triage.options import TriageOptions
from insonify.ingest.triage.overlay import overlay
from insonify.ingest.triage.replay import replayed
from insonify.ingest.triage.split_screen import split_frames
from insonify.ingest.triage.still import frozen, repeats


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
    """Frames dropped, by the first reason that holds: black, frozen, lift_off, colour,
    duplicates, replays. And the number of cuts, of pixels of the overlay, and of kept
    frames that show two images (split_screen)."""
    figures: dict[str, float] = field(default_factory=dict)
    """How near the video came to some thresholds; see :func:`join_figures`."""
    overlay_HW: Flags | None = None
    """Pixels that the device drew on the image; None where there are none."""


def triage(
    frames_THW: Frames,
    times_s_T: Times,
    mask_HW: npt.NDArray[np.bool_],
    options: TriageOptions,
    colour_share_T: Ratios | None = None,
) -> Triage:
    """Look through a video, or through a stretch of a long one.

    What is usual is learnt from the frames that are given, and a replay is only found
    beside its original: stretches of a long video should last half a minute or more.

    Args:
        frames_THW: The cropped frames, 0 outside the image area.
        times_s_T: Their times.
        mask_HW: The image area.
        options: Thresholds.
        colour_share_T: Share of the image area's pixels that are coloured; None: none.
    """
    share_T = np.zeros(len(frames_THW)) if colour_share_T is None else colour_share_T
    small_TXY, area = reduce(frames_THW), int(mask_HW.sum())
    # Down the columns first: twice as fast as at once.
    light_T = frames_THW.sum(1, dtype=np.uint32).sum(1, dtype=np.uint64)
    black_T = light_T < options.black * area
    ratios_T = depth_ratios(small_TXY, mask_HW)
    dropped = _first(
        black=black_T,
        frozen=frozen(small_TXY, times_s_T, options),
        lift_off=lifted(ratios_T, black_T, options.lift_off),
        colour=coloured(share_T, times_s_T, options.colour),
    )
    live_T = ~np.any(list(dropped.values()), axis=0)
    repeats_T = repeats(frames_THW, small_TXY, live_T, options.duplicate * area)
    replays_T = _replays(small_TXY, times_s_T, live_T & ~repeats_T, options)
    keep_T = live_T & ~(repeats_T | replays_T)
    kept = np.flatnonzero(keep_T)
    small_KXY, times_s_K = small_TXY[kept], times_s_T[kept]
    correlation = correlations(small_KXY)
    cuts_K = cuts(frames_THW, kept, correlation, area, options)
    skipped_T = ~(live_T | black_T) | replays_T
    breaks_K = cuts_K | gaps(times_s_K, options.gap) | after(kept, skipped_T)
    overlay_HW = overlay(frames_THW, kept, times_s_K, mask_HW, options.overlay_s)
    found = dropped | {"duplicates": repeats_T, "replays": replays_T, "cuts": cuts_K}
    return Triage(
        keep_T=keep_T,
        segments=np.cumsum(breaks_K).astype(np.int32),
        motion=motion(small_KXY, area / mask_HW.size, breaks_K),
        counts={
            **{name: int(flags.sum()) for name, flags in found.items()},
            "overlay_pixels": 0 if overlay_HW is None else int(overlay_HW.sum()),
            "split_screen": split_frames(
                frames_THW, kept, mask_HW, options.split_screen
            ),
        },
        figures={
            "brightness_least": round(float(light_T.min()) / area, 2),
            "depth_ratio_least": _least(ratios_T[~black_T]),
            "colour_most": round(float(share_T.max()), 4),
            "correlation_least": _least(correlation),
        },
        overlay_HW=overlay_HW,
    )


def join_figures(figures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Figures of a video of which stretches were looked through one by one.

    >>> join_figures([{"colour_most": 0.1}, {"colour_most": 0.3}])
    {'colour_most': 0.3}
    """
    joined: dict[str, float] = {}
    for name in dict.fromkeys(name for each in figures for name in each):
        choose = max if name.endswith("_most") else min
        joined[name] = choose(each[name] for each in figures if name in each)
    return joined


def _least(values: npt.NDArray[np.floating]) -> float:
    return round(float(values.min(initial=1.0)), 4)


def _first(**flags: Flags) -> dict[str, Flags]:
    """Every frame by the first reason that holds for it."""
    found: dict[str, Flags] = {}
    for name, flags_T in flags.items():
        found[name] = flags_T & ~np.any([*found.values(), flags_T & False], axis=0)
    return found


def _replays(
    small_TXY: Small, times_s_T: Times, candidate_T: Flags, options: TriageOptions
) -> Flags:
    places: Places = np.flatnonzero(candidate_T)
    replays_T = np.zeros(len(small_TXY), bool)
    replays_T[places] = replayed(small_TXY[places], times_s_T[places], options)
    return replays_T
