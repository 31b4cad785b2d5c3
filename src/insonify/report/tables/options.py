"""Options of a report."""

import math
from dataclasses import dataclass

from insonify.core.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """How numbers are made of predictions."""

    background: str = "background"
    """The class that macro F1 is also given without; ignored if there is none."""
    resamples: int = 2000
    """Resamples of subjects behind every interval; at least 1000."""
    seed: int = 0
    """Seed of the resamples."""
    tolerance_s: float = 0.5
    """How many seconds a detection may lie outside the stretch of its plane."""

    def __post_init__(self) -> None:
        if self.resamples < 1000:
            raise ConfigError(
                f"resamples must be at least 1000, found {self.resamples}: with fewer "
                "the ends of a 95 % interval are noise"
            )
        if not 0 <= self.tolerance_s < math.inf:
            raise ConfigError(
                f"tolerance_s must be 0 s or more, found {self.tolerance_s:g}"
            )
