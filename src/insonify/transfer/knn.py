"""k nearest neighbours on frozen features.

Legend: N training examples, B predicted examples, K neighbours, D features, C classes.
"""

from dataclasses import dataclass

import numpy as np

from insonify.core.errors import ConfigError
from insonify.transfer.examples import Examples, Floats, Integers
from insonify.transfer.protocol import Predictor
from insonify.transfer.standardise import Standardiser


@dataclass(frozen=True, kw_only=True)
class KNN:
    """Vote of the nearest training frames by cosine similarity.

    Each votes with weight exp(similarity / temperature); Wu et al., Unsupervised
    Feature Learning via Non-Parametric Instance Discrimination, CVPR 2018, section 3.4.
    """

    k: int = 20
    """Number of neighbours; fewer where there are fewer training frames."""
    temperature: float = 0.07
    """Lower lets the nearest neighbours count more."""
    balanced: bool = True
    """Divide votes by the frequency of their class among the training frames."""

    def __post_init__(self) -> None:
        if self.k < 1 or self.temperature <= 0:
            raise ConfigError(
                f"k must be at least 1 and temperature positive, found {self.k} and "
                f"{self.temperature}"
            )

    def fit(
        self,
        train: Examples,
        validation: Examples,  # noqa: ARG002 (nothing is chosen)
        classes: int,
        seed: int,  # noqa: ARG002 (nothing is drawn)
    ) -> Predictor:
        scale = Standardiser(train.features_ND)
        known_ND = scale(train.features_ND)
        votes_NC = np.eye(classes, dtype=np.float32)[train.labels_N]
        if self.balanced:
            votes_NC = votes_NC / np.maximum(votes_NC.mean(0), 1e-12)

        def predict(features_BD: Floats) -> Floats:
            chosen_BK, weight_BK = nearest(
                known_ND, scale(features_BD), self.k, self.temperature
            )
            summed_BC = np.einsum("bk,bkc->bc", weight_BK, votes_NC[chosen_BK])
            return np.asarray(summed_BC / summed_BC.sum(1, keepdims=True), np.float32)

        return predict


def nearest(
    known_ND: Floats, asked_BD: Floats, k: int, temperature: float
) -> tuple[Integers, Floats]:
    """The k most alike known examples by cosine similarity, fewer where there are.

    Returns:
        Their places, (B, K), and weights exp(similarity / temperature), relative to
        that of the most alike, (B, K).
    """
    near_BN = unit(asked_BD) @ unit(known_ND).T
    k = min(k, len(known_ND))
    chosen_BK = np.argpartition(-near_BN, k - 1, axis=1)[:, :k]
    near_BK = np.take_along_axis(near_BN, chosen_BK, axis=1)
    # Relative to the nearest, or exp overflows below temperature 0.012.
    above_BK = near_BK - near_BK.max(1, keepdims=True)
    return chosen_BK, np.exp(above_BK / temperature)


def unit(features_BD: Floats) -> Floats:
    """Features of length 1; what has no length stays 0."""
    length_B1 = np.linalg.norm(features_BD, axis=1, keepdims=True)
    return np.asarray(features_BD / np.maximum(length_B1, 1e-12), np.float32)
