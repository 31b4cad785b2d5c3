"""In which order a run goes through its clips.

Legend: C clips, N places of an epoch, S subjects, R runs, K clips of a run.
"""

from dataclasses import dataclass, field
from threading import Lock
from typing import Final

import numpy as np

from insonify.core.errors import ConfigError
from insonify.store.frames import Integers
from insonify.store.ordering import position_kind

_KEPT: Final = 2
"""Epochs to remember: a batch touches two, and threads that read ahead no others."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ClipOrder:
    """A fresh order of all clips each epoch, whole or in runs of one subject.

    In runs, most clips that a clip is compared with are of the same subject, so that
    neither the subject nor its device gives a clip away. A subject's clips are shuffled
    and cut into runs, anew each epoch; what is left over comes last, mixed.

    Raises:
        ConfigError: there are no clips.
    """

    subject_C: Integers
    """Number of each clip's subject, from 0."""
    seed: int
    together: int | None = None
    """Clips of a run; None: no runs."""
    _known: dict[int, Integers] = field(default_factory=dict, init=False, repr=False)
    _drawing: Lock = field(default_factory=Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        if not len(self.subject_C):
            raise ConfigError("no clips to order; find some first")

    def at(self, place: int) -> int:
        """Which clip comes at a place, counted over all epochs."""
        epoch, within = divmod(place, len(self.subject_C))
        return int(self.of(epoch)[within])

    def of(self, epoch: int) -> Integers:
        """All clips in the order of an epoch: (N,), a permutation."""
        if (known := self._known.get(epoch)) is not None:
            return known
        with self._drawing:  # one thread draws; whoever else needs the epoch waits
            if (known := self._known.get(epoch)) is None:
                while len(self._known) >= _KEPT:
                    self._known.pop(next(iter(self._known)))
                known = self._known[epoch] = self._drawn(epoch)
            return known

    def _drawn(self, epoch: int) -> Integers:
        generator = np.random.default_rng((self.seed, epoch))
        shuffled_N = _shuffled(len(self.subject_C), generator)
        if self.together is None:
            return shuffled_N
        runs_RK, rest = _in_runs(shuffled_N, self.subject_C, self.together)
        runs_RK = runs_RK[generator.permutation(len(runs_RK))]
        generator.shuffle(rest)
        order_N: Integers = np.concatenate([runs_RK.ravel(), rest])
        return order_N


def _shuffled(count: int, generator: np.random.Generator) -> Integers:
    """What ``generator.permutation(count)`` draws, in half the memory where it fits."""
    order_N = np.arange(count, dtype=position_kind(count))
    generator.shuffle(order_N)
    return order_N


def _in_runs(
    shuffled_N: Integers, subject_C: Integers, together: int
) -> tuple[Integers, Integers]:
    """Runs of clips of one subject, subject by subject, and the clips left over."""
    clips_S = np.bincount(subject_C)
    starts_S = np.cumsum(clips_S) - clips_S
    # +1 where runs of a subject begin, -1 where they end, which may be the same place.
    edges_N = np.zeros(len(shuffled_N) + 1, np.int8)
    np.add.at(edges_N, starts_S, 1)
    np.add.at(edges_N, starts_S + clips_S // together * together, -1)
    whole_N = np.cumsum(edges_N[:-1], dtype=np.int8).astype(bool)
    grouped_N = _by_subject(shuffled_N, subject_C)
    return grouped_N[whole_N].reshape(-1, together), grouped_N[~whole_N]


def _by_subject(shuffled_N: Integers, subject_C: Integers) -> Integers:
    """Clips by subject, each subject's as they come.

    Sorting one number made of both takes a ninth of the time of a stable ``argsort``.
    """
    bits = len(shuffled_N).bit_length()
    key_N = subject_C[shuffled_N].astype(np.int64) << bits
    key_N |= np.arange(len(shuffled_N))
    key_N.sort()
    key_N &= (1 << bits) - 1
    grouped_N: Integers = shuffled_N[key_N]
    return grouped_N
