"""Strips of frames that say at a glance what triage kept.

Legend: N frames of the store, V videos, H rows, W columns.
"""

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from insonify.core.video import Frames
from insonify.store import FrameIndex, Store

_TILES: Final = 6
_TILE_HEIGHT: Final = 150
_GAP: Final = 4
_STRIPS: Final = 4
"""Strips of one kind."""
_QUALITY: Final = 85

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Strip:
    """Frames side by side."""

    title: str
    picture: str
    """Address of a JPEG; a data URL."""
    size: tuple[int, int]
    """Its columns and rows."""


def motion_strips(store: Store, most: bool) -> list[Strip]:
    """Neighbouring frames where most, or least, moves; one strip a video."""
    index = store.frames()
    sums_N = _moving_mean(index)
    best = [
        (float(sums_N[first:last][place]), first + place)
        for first, last in _videos(index)
        if np.isfinite(sums_N[first:last]).any()
        for place in [_extreme(sums_N[first:last], most)]
    ]
    best.sort(reverse=most)
    return [
        _strip(
            store,
            np.arange(position, position + _TILES),
            f"{_name(index, position)}: {motion:.2f} grey levels a frame",
        )
        for motion, position in best[:_STRIPS]
    ]


def cut_strips(store: Store) -> list[Strip]:
    """The frames on both sides of the boundaries over which least time passes.

    Time passes where frames were dropped; a cut is between neighbours.
    """
    index = store.frames()
    same_N = np.diff(index.video_N) == 0
    ends = np.flatnonzero(same_N & (np.diff(index.segment_N) > 0))
    passed = index.time_s_N[ends + 1] - index.time_s_N[ends]
    half = _TILES // 2
    return [
        _strip(
            store,
            _within(index, np.arange(end - half + 1, end + half + 1), end),
            f"{_name(index, end)}: the last frame before it",
        )
        for end in ends[np.argsort(passed, kind="stable")][:_STRIPS]
    ]


def video_strips(store: Store, videos: Iterable[str], note: str) -> list[Strip]:
    """Frames spread over videos."""
    index = store.frames()
    number = {video: place for place, video in enumerate(index.video_ids)}
    spans = _videos(index)
    chosen = [spans[number[video]] for video in list(videos)[:_STRIPS]]
    return [
        _strip(
            store,
            np.linspace(first, last - 1, _TILES).round().astype(np.int64),
            f"{_name(index, first)}: {note}",
        )
        for first, last in chosen
    ]


def _videos(index: FrameIndex) -> list[tuple[int, int]]:
    """First and last (exclusive) position of each video."""
    starts = [*index.starts_V().tolist(), len(index)]
    return list(pairwise(starts))


def _moving_mean(index: FrameIndex) -> npt.NDArray[np.float64]:
    """Mean motion over a strip that starts at a frame; NaN where none does."""
    means_N = np.full(len(index), np.nan)
    steps = _TILES - 1
    whole = np.flatnonzero(
        (index.video_N[steps:] == index.video_N[:-steps])
        & (index.segment_N[steps:] == index.segment_N[:-steps])
    )
    passed_N = np.cumsum(index.motion_N, dtype=np.float64)
    means_N[whole] = (passed_N[whole + steps] - passed_N[whole]) / steps
    return means_N


def _extreme(values: npt.NDArray[np.float64], most: bool) -> int:
    return int(np.nanargmax(values) if most else np.nanargmin(values))


def _within(index: FrameIndex, wanted: Positions, end: int) -> Positions:
    """Positions of the same video as ``end``."""
    inside = wanted[(wanted >= 0) & (wanted < len(index))]
    mine: Positions = inside[index.video_N[inside] == index.video_N[end]]
    return mine


def _name(index: FrameIndex, position: int) -> str:
    video = index.video_ids[int(index.video_N[position])]
    return f"{video}, {index.time_s_N[position]:.2f} s"


def _strip(store: Store, positions: Positions, title: str) -> Strip:
    picture = _joined(store.read_frames(positions))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_QUALITY)
    coded = base64.b64encode(file.getvalue()).decode()
    return Strip(
        title=title,
        picture=f"data:image/jpeg;base64,{coded}",
        size=picture.size,
    )


def _joined(frames: Sequence[Frames]) -> Image.Image:
    """Frames of one height side by side."""
    tiles = []
    for frame_HW in frames:
        height, width = frame_HW.shape
        size = max(round(width * _TILE_HEIGHT / height), 1), _TILE_HEIGHT
        tiles.append(Image.fromarray(frame_HW).resize(size, Image.Resampling.BOX))
    width = sum(tile.width + _GAP for tile in tiles) - _GAP
    joined = Image.new("L", (width, _TILE_HEIGHT), 255)
    left = 0
    for tile in tiles:
        joined.paste(tile, (left, 0))
        left += tile.width + _GAP
    return joined
