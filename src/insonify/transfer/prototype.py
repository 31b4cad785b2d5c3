"""Nearest class mean on frozen features.

Legend: N training examples, B predicted examples, D features, C classes, K those with
a training example.
"""

from dataclasses import dataclass

import numpy as np

from insonify.transfer.examples import Examples, Floats
from insonify.transfer.knn import unit
from insonify.transfer.protocol import Predictor
from insonify.transfer.standardise import Standardiser


@dataclass(frozen=True, kw_only=True)
class Prototype:
    """The class whose mean is most alike by cosine similarity, as for few shots.

    Snell et al., Prototypical Networks for Few-shot Learning, NeurIPS 2017, equations
    1 and 2, on centred features of unit length, which Wang et al., SimpleShot, 2019,
    section 3, found best for encoders that were not trained for it.
    """

    temperature: float = 0.07
    """Lower makes probabilities more certain; which class is most probable stays."""

    def fit(
        self,
        train: Examples,
        validation: Examples,  # noqa: ARG002 (nothing is chosen)
        classes: int,
        seed: int,  # noqa: ARG002 (nothing is drawn)
    ) -> Predictor:
        scale = Standardiser(train.features_ND)
        unit_ND = unit(scale(train.features_ND))
        known_K = np.unique(train.labels_N)
        means_KD = unit(
            np.stack([unit_ND[train.labels_N == label].mean(0) for label in known_K])
        )

        def predict(features_BD: Floats) -> Floats:
            near_BK = unit(scale(features_BD)) @ means_KD.T / self.temperature
            weight_BK = np.exp(near_BK - near_BK.max(1, keepdims=True))
            found_BC = np.zeros((len(features_BD), classes), np.float32)
            found_BC[:, known_K] = weight_BK / weight_BK.sum(1, keepdims=True)
            return found_BC

        return predict
