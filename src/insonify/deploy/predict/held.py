"""Notices that a plane is held: a class stays probable for a while.

Legend: C classes.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from insonify.core.errors import ConfigError
from insonify.core.saliency import Floats


@dataclass(frozen=True, kw_only=True)
class HoldOptions:
    """When a plane counts as held."""

    hold_s: float = 1.0
    """Seconds over which probabilities are averaged …"""
    hold_at: float = 0.7
    """… the mean from which a class is held; it is released at three quarters of it."""
    hold_classes: tuple[str, ...] = ()
    """Classes that can be held, such as all but the background; none named: all."""

    def __post_init__(self) -> None:
        if self.hold_s <= 0 or not 0 < self.hold_at <= 1:
            raise ConfigError(
                f"--hold-s must be above 0 and --hold-at above 0 and at most 1, found "
                f"{self.hold_s:g} and {self.hold_at:g}"
            )


class Change(NamedTuple):
    """A plane begins to be held, or is released."""

    held: bool
    label: str
    time_s: float
    probability: float
    """Its mean over the last while."""


@dataclass(kw_only=True)
class Holding:
    """Follows the probabilities of a live source."""

    classes: tuple[str, ...]
    options: HoldOptions
    label: str | None = None
    """What is held now."""
    _recent: deque[tuple[float, Floats]] = field(default_factory=deque)
    _begin_s: float | None = None

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.options.hold_classes) - set(self.classes)):
            raise ConfigError(
                f"--hold-classes {unknown[0]!r}: the model knows "
                f"{', '.join(self.classes)}"
            )

    def add(self, time_s: float, values_C: Floats) -> Change | None:
        """Take in the probabilities of a frame; what changes by it."""
        recent, options = self._recent, self.options
        if self._begin_s is None:
            self._begin_s = time_s
        recent.append((time_s, values_C))
        while recent[0][0] < time_s - options.hold_s:
            recent.popleft()
        means_C = np.mean([values_C for _, values_C in recent], axis=0)
        mean = dict(zip(self.classes, means_C.tolist(), strict=True))
        if self.label is not None:
            if mean[self.label] >= 0.75 * options.hold_at:
                return None
            label, self.label = self.label, None
            return Change(False, label, time_s, mean[label])
        best = max(options.hold_classes or self.classes, key=lambda name: mean[name])
        # Not before there is a whole while to average over.
        if mean[best] < options.hold_at or time_s - self._begin_s < options.hold_s:
            return None
        self.label = best
        return Change(True, best, time_s, mean[best])
