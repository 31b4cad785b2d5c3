"""A frame in the queue."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from insonify.deploy.labelling.fitting import Fitted
from insonify.deploy.labelling.pool import Pool
from insonify.store import FrameIndex

_GUESSES: Final = 3


@dataclass(frozen=True, kw_only=True)
class Queued:
    """A frame that is worth a label."""

    position: int
    """In ``store.frames()``."""
    video: str
    frame: int
    """Its rank in time within the video."""
    subject: str
    time_s: float
    doubt: float
    """From 0 (the head is sure) to 1; 1 while there is no head."""
    guess: dict[str, float]
    """Probabilities of the likeliest classes, falling; empty while there is no head."""


def queued(
    index: FrameIndex, pool: Pool, place: int, doubt: float, fitted: Fitted | None
) -> Queued:
    """A candidate with all that a reviewer wants to know of it.

    Args:
        index: The store's frames.
        pool: The candidates.
        place: Which of them.
        doubt: How doubtful it is.
        fitted: What guesses its class.
    """
    position, video = int(pool.positions_N[place]), int(pool.video_N[place])
    guess = {}
    if fitted is not None and fitted.probe is not None:
        (found_C,) = fitted.probe(pool.features_ND[place : place + 1]).tolist()
        ranked = sorted(zip(found_C, fitted.classes, strict=True), reverse=True)
        guess = {name: share for share, name in ranked[:_GUESSES] if share > 0}
    return Queued(
        position=position,
        video=index.video_ids[video],
        frame=position - int(np.searchsorted(index.video_N, video)),
        subject=index.subjects[video],
        time_s=float(pool.time_s_N[place]),
        doubt=doubt,
        guess=guess,
    )
