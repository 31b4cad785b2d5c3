"""In which order a run goes through its clips.

Legend: C clips, N places of an epoch.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from insonify.core.errors import ConfigError
from insonify.store.frames import Integers

_KEPT = 4
"""Epochs to remember; a batch touches two, and threads read ahead."""


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
    """Number of each clip's subject."""
    seed: int
    together: int | None = None
    """Clips of a run; None: no runs."""

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
        while len(self._known) >= _KEPT:
            self._known.pop(next(iter(self._known)), None)
        self._known[epoch] = self._drawn(epoch)
        return self._known[epoch]

    @cached_property
    def _known(self) -> dict[int, Integers]:
        return {}

    def _drawn(self, epoch: int) -> Integers:
        generator = np.random.default_rng((self.seed, epoch))
        shuffled_C = generator.permutation(len(self.subject_C))
        if self.together is None:
            return shuffled_C
        runs: list[Integers] = []
        rest: list[Integers] = []
        subject_C = self.subject_C[shuffled_C]
        for subject in np.unique(subject_C):
            own = shuffled_C[subject_C == subject]
            whole = len(own) // self.together * self.together
            runs.extend(own[:whole].reshape(-1, self.together))
            rest.append(own[whole:])
        order = [runs[place] for place in generator.permutation(len(runs))]
        mixed_N: Integers = np.concatenate(
            [*order, generator.permutation(np.concatenate(rest))]
        )
        return mixed_N
