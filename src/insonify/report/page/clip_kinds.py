"""Kinds of clip that were learnt from, and where clips of a kind start.

Legend: C clips, T frames of a clip.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from insonify.clips.sampling import ClipOptions, find_clips
from insonify.core.config import from_plain
from insonify.core.errors import StoreError
from insonify.store.frames import FrameIndex, Integers

_FINDING: Final = ("frames", "interval_s", "tolerance", "motion_floor")
"""The options of a clip that say which frames make one."""


def kinds_of_clip(options: Sequence[dict[str, Any]]) -> tuple[ClipOptions, ...]:
    """What runs with these options took for a clip, each kind once.

    Kinds that differ in what the encoder sees of the same clip count as one.

    Raises:
        ConfigError: an option is unknown to this version.
    """
    found: dict[tuple[object, ...], ClipOptions] = {}
    for each in options:
        if "clips" in each:
            kind = from_plain(ClipOptions, each["clips"], "config.json: clips")
            found.setdefault(tuple(getattr(kind, name) for name in _FINDING), kind)
    return tuple(found.values())


def said_of_kind(kind: ClipOptions) -> str:
    """A kind in words."""
    return f"{kind.frames} frames {kind.interval_s:.2g} s apart"


def clip_starts(index: FrameIndex, kind: ClipOptions) -> Integers:
    """Positions of the frames that clips of a kind start with: (C,)."""
    try:
        clips_CT = find_clips(index, frozenset(index.subjects), kind)
    except StoreError:  # no frame starts a clip
        return np.empty(0, np.int64)
    return clips_CT[:, 0]
