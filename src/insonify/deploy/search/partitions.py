"""Parts of the feature space, of which a search looks at the nearest.

Legend: P partitions, n rows to learn from, D features.
"""

import warnings
from typing import Final

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from insonify.deploy.embedding.features import Features
from insonify.transfer.examples import Floats
from insonify.transfer.knn import unit

_SAMPLES: Final = 64
"""Rows to learn from, a partition."""
_ROUNDS: Final = 10


def centres(features: Features, partitions: int) -> Floats:
    """Centres of partitions by k-means on directions; the same for the same features.

    For 1000 partitions of a million vectors of 512 features it took 10 s of CPU, and
    Lance's own 62 s, with warnings on the console.

    Args:
        features: What is partitioned.
        partitions: Into how many; at most as many as there are frames.

    Returns:
        Of length 1: (P, D).

    Raises:
        StoreError: the features cannot be read.
    """
    count = min(len(features), _SAMPLES * partitions)
    drawn = np.random.default_rng(0).choice(len(features), count, replace=False)
    known_nD = unit(features.read(features.positions_N[np.sort(drawn)]))
    learnt = KMeans(
        partitions, init="random", n_init=1, max_iter=_ROUNDS, random_state=0
    )
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        learnt.fit(known_nD)  # it warns of frames that are all alike
    return unit(learnt.cluster_centers_)
