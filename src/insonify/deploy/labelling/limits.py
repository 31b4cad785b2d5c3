"""What may still join a batch: nobody's frames fill it, and none repeats another.

Legend: N candidates.
"""

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from insonify.deploy.labelling.doubt import Doubles
from insonify.deploy.labelling.pool import Pool
from insonify.transfer.examples import Integers

Booleans = npt.NDArray[np.bool_]


class Limits:
    """Deals a batch over subjects, and over videos, as evenly as they allow.

    Args:
        pool: The candidates.
        free_N: Those that may be chosen at all.
        apart_s: Least seconds between two chosen frames of a video.
    """

    def __init__(self, pool: Pool, free_N: Booleans, apart_s: float) -> None:
        self._pool, self._apart_s = pool, apart_s
        self._free_N = free_N.copy()
        self._subjects = np.zeros(int(pool.subject_N.max(initial=-1)) + 1, np.int64)
        self._videos = np.zeros(int(pool.video_N.max(initial=-1)) + 1, np.int64)

    @property
    def free(self) -> Integers:
        """Places of those that may be chosen, now or later."""
        return np.flatnonzero(self._free_N)

    def open_N(self) -> Booleans:
        """Who may be next: of subjects chosen least, of these the videos chosen least.

        All False where nobody is left.
        """
        pool, open_N = self._pool, self._free_N.copy()
        for counts, group_N in (
            (self._subjects, pool.subject_N),
            (self._videos, pool.video_N),
        ):
            taken_N = counts[group_N]
            open_N &= taken_N == taken_N[open_N].min(initial=len(pool))
        return open_N

    def keep_highest(self, values_N: Doubles, count: int) -> Integers:
        """Let only the frames of highest value be chosen, and none too near a higher.

        Args:
            values_N: Of every candidate.
            count: How many are kept at most.

        Returns:
            Their places, falling.
        """
        pool, kept = self._pool, []
        times_s: dict[int, list[float]] = defaultdict(list)
        free = self.free
        for place in free[np.argsort(-values_N[free], kind="stable")].tolist():
            its_s, there_s = pool.time_s_N[place], times_s[pool.video_N[place]]
            if all(abs(its_s - other_s) >= self._apart_s for other_s in there_s):
                there_s.append(its_s)
                kept.append(place)
            if len(kept) == count:
                break
        self._free_N[:] = False
        self._free_N[kept] = True
        return np.array(kept, np.int64)

    def take(self, place: int) -> None:
        """Choose a frame."""
        pool = self._pool
        self._subjects[pool.subject_N[place]] += 1
        self._videos[pool.video_N[place]] += 1
        away_s_N = np.abs(pool.time_s_N - pool.time_s_N[place])
        near_N = (pool.video_N == pool.video_N[place]) & (away_s_N < self._apart_s)
        self._free_N &= ~near_N
        self._free_N[place] = False


def spread(limits: Limits, count: int, generator: np.random.Generator) -> Integers:
    """Random frames of random subjects and videos: at most ``count`` places."""
    chosen: list[int] = []
    while len(chosen) < count and (open_N := limits.open_N()).any():
        chosen.append(int(generator.choice(np.flatnonzero(open_N))))
        limits.take(chosen[-1])
    return np.array(chosen, np.int64)
