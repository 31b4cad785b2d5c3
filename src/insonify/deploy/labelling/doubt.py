"""How doubtful a head is of a frame, from 0 (sure) to 1.

Settles, Active Learning Literature Survey, 2009, sections 3.1 (margin, entropy, least
confidence) and 3.2 (disagreement of a committee).

Legend: N frames, C classes, K heads of a committee.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from insonify.transfer.examples import Floats

Doubles = npt.NDArray[np.float64]


def margin(found_NC: Floats) -> Doubles:
    """1 less by how much the likeliest class leads the second."""
    second_N, first_N = np.partition(found_NC.astype(np.float64), -2)[:, -2:].T
    return np.asarray(1 - (first_N - second_N))


def confidence(found_NC: Floats) -> Doubles:
    """1 less the probability of the likeliest class, by as much as that can be."""
    most = 1 - 1 / found_NC.shape[1]
    return np.asarray((1 - found_NC.max(1).astype(np.float64)) / most)


def entropy(found_NC: Floats) -> Doubles:
    """Shannon's entropy, in parts of the largest that there is."""
    return np.asarray(_entropy(found_NC) / np.log(found_NC.shape[1]))


def disagreement(found_KNC: Floats) -> Doubles:
    """Entropy of the mean of heads that their own entropies do not explain.

    Mutual information of class and head: Houlsby et al., Bayesian Active Learning for
    Classification and Preference Learning, 2011 (BALD).
    """
    together_N, alone_KN = _entropy(found_KNC.mean(0)), _entropy(found_KNC)
    lost_N = np.maximum(together_N - alone_KN.mean(0), 0)
    return np.asarray(lost_N / np.log(found_KNC.shape[-1]))


MEASURES: Final[Mapping[str, Callable[[Floats], Doubles]]] = {
    "margin": margin,
    "confidence": confidence,
    "entropy": entropy,
}
"""Measures that ask one head; ``disagreement`` asks several."""


def _entropy(found_XC: Floats) -> Doubles:
    shares_XC = found_XC.astype(np.float64)
    return np.asarray(-(shares_XC * np.log(np.maximum(shares_XC, 1e-12))).sum(-1))
