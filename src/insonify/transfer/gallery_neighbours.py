"""Which frames of other subjects an encoder finds most alike, and whether it is right.

Legend: N frames, B a block of them, V videos, K neighbours, S subjects, R resamples,
D features, C classes.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from insonify.transfer.examples import Floats, Integers
from insonify.transfer.frames import LabelledFrames

_AT_ONCE: Final = 1024
_RESAMPLES: Final = 2000


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The most alike frames of other subjects, best first.

    There are fewer than K where other subjects have fewer videos.
    """

    rows: list[npt.NDArray[np.int32]]
    similarities: list[Floats]


def find_neighbours(unit_ND: Floats, frames: LabelledFrames, count: int) -> Neighbours:
    """Exact nearest neighbours by cosine, at most one of a video.

    Args:
        unit_ND: Features of length 1.
        frames: Whose they are.
        count: Number of neighbours at most, K.
    """
    videos = [np.flatnonzero(frames.videos_N == v) for v in np.unique(frames.videos_N)]
    rows, similarities = [], []
    for first in range(0, len(unit_ND), _AT_ONCE):
        block = slice(first, first + _AT_ONCE)
        near_BN = unit_ND[block] @ unit_ND.T
        own_BN = frames.subjects_N[block, None] == frames.subjects_N
        near_BN[own_BN] = -np.inf
        best_BV = np.stack([v[near_BN[:, v].argmax(1)] for v in videos], axis=1)
        best_near_BV = np.take_along_axis(near_BN, best_BV, axis=1)
        order_BK = np.argsort(-best_near_BV, axis=1, kind="stable")[:, :count]
        for best_V, near_V, order_K in zip(
            best_BV, best_near_BV, order_BK, strict=True
        ):
            kept = order_K[np.isfinite(near_V[order_K])]
            rows.append(best_V[kept].astype(np.int32))
            similarities.append(near_V[kept])
    return Neighbours(rows=rows, similarities=similarities)


def agreement(
    frames: LabelledFrames, neighbours: Neighbours, seed: int
) -> dict[str, float] | None:
    """How often a frame's first neighbour has its class.

    The interval is over subjects (cluster bootstrap, percentiles), given these frames
    and neighbours. Chance is exact: the mean over frames of the share of their class
    among the frames of other subjects.

    Returns:
        ``value``, ``low``, ``high``, ``chance`` and the number of ``subjects``; None
        where all frames are of one subject, so that none has a neighbour.
    """
    if not all(len(row) for row in neighbours.rows):
        return None
    nearest_N = np.array([row[0] for row in neighbours.rows])
    right_N = frames.labels_N == frames.labels_N[nearest_N]
    subjects, subject_N = np.unique(frames.subjects_N, return_inverse=True)
    right_S = np.bincount(subject_N, weights=right_N)
    count_S = np.bincount(subject_N)
    drawn_RS = np.random.default_rng(seed).multinomial(
        len(subjects), np.full(len(subjects), 1 / len(subjects)), size=_RESAMPLES
    )
    share_R = (drawn_RS @ right_S) / (drawn_RS @ count_S)
    low, high = np.quantile(share_R, (0.025, 0.975)).tolist()
    return {
        "value": float(right_N.mean()),
        "low": low,
        "high": high,
        "chance": _chance(frames.labels_N, subject_N),
        "subjects": len(subjects),
    }


def _chance(labels_N: Integers, subject_N: npt.NDArray[np.int64]) -> float:
    """How often any frame of another subject has a frame's class."""
    counts_SC = np.zeros((subject_N.max() + 1, labels_N.max() + 1))
    np.add.at(counts_SC, (subject_N, labels_N), 1)
    others_SC = counts_SC.sum(0) - counts_SC
    share_SC = others_SC / others_SC.sum(1, keepdims=True)
    return float((counts_SC * share_SC).sum() / counts_SC.sum())
