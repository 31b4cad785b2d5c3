"""Who comes first, and at most how many of one video.

Legend: N frames, B vectors asked for, D features.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from insonify.core.errors import ConfigError
from insonify.store.frames import Integers
from insonify.transfer.examples import Floats
from insonify.transfer.knn import unit

_FIRST_LOOK: Final = 64
_WIDER: Final = 8


def best(
    similar_N: Floats,
    positions_N: Integers,
    video_N: Integers,
    *,
    count: int,
    per_video: int,
) -> Integers:
    """Places of the most similar frames, the best first; fewer where there are fewer.

    Args:
        similar_N: How similar each frame is.
        positions_N: Where it stands in the store; of two that are as similar the
            earlier comes first.
        video_N: Number of its video.
        count: How many are wanted.
        per_video: How many of one video may be among them.
    """
    look = _FIRST_LOOK * count
    while True:
        among = _most_similar(similar_N, look)
        order = among[np.lexsort((positions_N[among], -similar_N[among]))]
        chosen = order[rank_within(video_N[order]) < per_video]
        if len(chosen) >= count or look >= len(similar_N):
            return chosen[:count]
        look *= _WIDER


def rank_within(groups_N: Integers) -> Integers:
    """How many entries of the same group come before each.

    >>> rank_within(np.array([7, 2, 7, 7, 2])).tolist()
    [0, 0, 1, 2, 1]
    """
    order = np.argsort(groups_N, kind="stable")
    sorted_N = groups_N[order]
    rank_N = np.empty(len(groups_N), np.int64)
    rank_N[order] = np.arange(len(order)) - np.searchsorted(sorted_N, sorted_N)
    return rank_N


def direction(vector_D: npt.ArrayLike, dim: int) -> Floats:
    """The vector that is asked for, of length 1: float32 (D,).

    Raises:
        ConfigError: it has another number of features, or no direction.
    """
    given_D = np.asarray(vector_D, np.float32)
    if given_D.shape != (dim,):
        raise ConfigError(
            f"a vector of {dim} features is wanted, found shape {given_D.shape}; make "
            "it with the encoder that the features are of"
        )
    if not np.isfinite(given_D).all() or not given_D.any():
        raise ConfigError(
            "the vector is 0 or not finite, so that nothing is similar to it; ask for "
            "another frame"
        )
    (unit_D,) = unit(given_D[None])
    return np.asarray(unit_D)


def cosines(units_BD: Floats, features_ND: Floats) -> Floats:
    """Cosine similarities, (B, N); 0 with a frame whose features are all 0.

    Args:
        units_BD: Vectors of length 1.
        features_ND: Features of frames, of any length.
    """
    length_N = np.sqrt(np.vecdot(features_ND, features_ND))
    return np.asarray(units_BD @ features_ND.T / np.maximum(length_N, 1e-12))


def _most_similar(similar_N: Floats, count: int) -> Integers:
    """Places of at least ``count`` frames than which no other is more similar."""
    if count >= len(similar_N):
        return np.arange(len(similar_N))
    least = np.partition(similar_N, -count)[-count]
    return np.flatnonzero(similar_N >= least)
