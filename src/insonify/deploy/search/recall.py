"""How much of what an exact search finds the index finds too.

Legend: B vectors asked for, N frames that have features, D features.
"""

import time
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from insonify.core.errors import ConfigError, StoreError
from insonify.deploy.search.exact import similarities
from insonify.deploy.search.filters import Wanted
from insonify.deploy.search.hits import Limits
from insonify.deploy.search.search import Search
from insonify.store.frames import Integers
from insonify.transfer.knn import unit

_TOGETHER: Final = 16
"""Frames whose exact neighbours are sought at once: reading is what takes long."""


class Recall(NamedTuple):
    """What was found of what is there."""

    share: float
    """Mean share of the frames found exactly that the index found, 0 to 1."""
    queries: int
    """How many frames were asked for."""
    seconds: float
    """Mean time that a search with the index took."""


def recall(
    search: Search,
    *,
    count: int = 10,
    per_video: int = 1,
    queries: int = 100,
    seed: int = 0,
) -> Recall:
    """Measure the index on frames of the store, each sought outside its own video.

    Args:
        search: What to measure; it has an index.
        count: How many frames are wanted of each search.
        per_video: How many of one video.
        queries: How many frames to ask for; they are drawn without repetition.
        seed: Of the draw.

    Raises:
        ConfigError: a number is not positive.
        StoreError: there is no index, or nothing to ask for.
    """
    limits = Limits(count=count, per_video=per_video)
    if queries < 1:
        raise ConfigError(f"queries must be at least 1, found {queries}")
    if not search.indexed:
        raise StoreError(
            "these features have no index, and every search is exact; `insonify embed` "
            "makes one for large stores"
        )
    shares, seconds = [], 0.0
    for asked_B in _drawn(search, queries, seed):
        exact = _exactly(search, asked_B, limits)
        for position, wanted in zip(asked_B.tolist(), exact, strict=True):
            vector_D = search.features.read(np.array([position]))[0]
            began = time.perf_counter()
            hits = search.find(vector_D, _outside(search, position), limits)
            seconds += time.perf_counter() - began
            found = {hit.position for hit in hits}
            shares.append(len(wanted & found) / max(len(wanted), 1))
    return Recall(float(np.mean(shares)), len(shares), seconds / len(shares))


def _drawn(search: Search, queries: int, seed: int) -> Iterator[Integers]:
    """Positions of frames that have a direction, a few at a time."""
    positions_N = search.features.positions_N
    generator = np.random.default_rng(seed)
    drawn = generator.permutation(positions_N)[:queries]
    drawn = np.sort(drawn[search.features.read(np.sort(drawn)).any(1)])
    for first in range(0, len(drawn), _TOGETHER):
        yield drawn[first : first + _TOGETHER]


def _exactly(search: Search, asked_B: Integers, limits: Limits) -> list[set[int]]:
    """Positions of the most similar frames outside each frame's video."""
    positions_N = search.features.positions_N
    units_BD = unit(search.features.read(asked_B))
    video_N = search.index.video_N[positions_N]
    found = []
    for position, similar_N in zip(
        asked_B, similarities(search.features, units_BD, positions_N), strict=True
    ):
        other_N = video_N != search.index.video_N[position]
        best = search.best(similar_N[other_N], positions_N[other_N], limits)
        found.append(set(best.positions.tolist()))
    return found


def _outside(search: Search, position: int) -> Wanted:
    """Frames of other videos than that of a frame."""
    video = search.index.video_N[position]
    return Wanted(without_videos=frozenset({search.index.video_ids[video]}))
