"""How frames are queued for a label and how the labels so far are learnt."""

from dataclasses import dataclass, field
from typing import Literal

from insonify.core.errors import ConfigError
from insonify.transfer.linear import LinearProbe

Doubt = Literal["margin", "entropy", "confidence", "disagreement"]
"""What makes a frame doubtful; see ``doubt.py``."""


@dataclass(frozen=True, kw_only=True)
class LabellingOptions:
    """Which labels, whose, and what is asked next."""

    task: str = "plane"
    """Labels to learn; a store may have none of them yet."""
    split: str | None = None
    """Split whose test subjects the curve is measured on. None: subjects are dealt by a
    fixed hash, one in four for the curve."""
    fold: int = 0
    """Fold of the split."""
    background: str | None = "background"
    """Class that the macro F1 leaves out, where there is one of this name and another
    one beside it; None: no class is special."""
    doubt: Doubt = "margin"
    """What makes a frame worth a label. On validation subjects margin, confidence and
    disagreement gained alike and entropy less (benchmarks/active_labelling.py)."""
    batch: int = 10
    """Frames that are labelled between two fits in simulations and replays."""
    apart_s: float = 1.0
    """Least seconds between two frames of a video in a queue, and between a queued
    frame and a labelled one."""
    candidates: int = 20_000
    """Frames that a queue is drawn from: of more, as many of each subject, evenly
    spaced in time."""
    frames: int = 2_000
    """Labelled frames to learn from: of more, as many of each labelled stretch, evenly
    spaced in time."""
    held_frames: int = 5_000
    """Labelled frames of held-out subjects to measure on; of more, evenly spaced."""
    linear: LinearProbe = field(default_factory=lambda: LinearProbe(grid=(0.1,)))
    """The linear head, of one penalty. On validation subjects of 48 synthetic ones, 100
    to 1,000 labels, it did as well as one chosen by cross-validation, which few labels
    lead to choose too strong a one; and took 0.8 s instead of 7 for 1,000 labels of 512
    features, on one core."""
    resamples: int = 1000
    """Resamples of subjects behind an interval."""
    seed: int = 0
    """Seed of all chance."""

    def __post_init__(self) -> None:
        counts = (
            *(self.batch, self.candidates, self.frames),
            *(self.held_frames, self.resamples),
        )
        if min(counts) < 1 or self.apart_s < 0 or self.fold < 0:
            raise ConfigError(
                "batch, candidates, frames, held_frames and resamples must be at least "
                "1, apart_s and fold at least 0"
            )
