"""Looks through a video: what is dropped and why, and what its frames are like.

Legend: T frames, K frames that are kept, H rows, W columns, X by Y blocks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from insonify.core.video import Frames
from insonify.ingest.triage.blocks import Flags, Times
from insonify.ingest.triage.breaks import after, correlations, cuts, gaps, motion
from insonify.ingest.triage.contact import Ratios
from insonify.ingest.triage.options import TriageOptions
from insonify.ingest.triage.overlay import overlay
from insonify.ingest.triage.seen import Seen, least
from insonify.ingest.triage.split_screen import split_frames

_SKIPPED: Final = ("frozen", "lift_off", "colour", "replays")
"""Dropped frames over which no clip reaches; black ones and repeats are short."""


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
    seen = Seen.of(frames_THW, times_s_T, mask_HW, colour_share_T)
    dropped = seen.dropped(options)
    keep_T = ~np.any(list(dropped.values()), axis=0)
    kept = np.flatnonzero(keep_T)
    small_KXY, times_s_K = seen.small_TXY[kept], times_s_T[kept]
    correlation = correlations(small_KXY)
    cuts_K = cuts(frames_THW, kept, correlation, seen.area, options)
    skipped_T = np.any([dropped[name] for name in _SKIPPED], axis=0)
    breaks_K = cuts_K | gaps(times_s_K, options.gap) | after(kept, skipped_T)
    overlay_HW = overlay(frames_THW, kept, times_s_K, mask_HW, options.overlay_s)
    double = split_frames(frames_THW, kept, mask_HW, options.split_screen)
    return Triage(
        keep_T=keep_T,
        segments=np.cumsum(breaks_K).astype(np.int32),
        motion=motion(small_KXY, seen.area / mask_HW.size, breaks_K),
        counts={
            **{name: int(flags_T.sum()) for name, flags_T in dropped.items()},
            "cuts": int(cuts_K.sum()),
            "overlay_pixels": 0 if overlay_HW is None else int(overlay_HW.sum()),
            "split_screen": double,
        },
        figures=seen.figures(options) | {"correlation_least": least(correlation)},
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
