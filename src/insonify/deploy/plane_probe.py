"""A linear probe as numbers that can be kept.

Legend: N training examples, K probing points, B examples, D features, C classes.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from insonify.transfer.examples import Examples, Floats
from insonify.transfer.protocol import Predictor
from insonify.transfer.standardise import Standardiser

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class PlaneProbe:
    """Class probabilities: a softmax of an affine function of standardised features."""

    mean_D: Doubles
    scale_D: Doubles
    weights_CD: Doubles
    bias_C: Doubles
    """Minus infinity for a class without a training example."""

    @classmethod
    def of(cls, predictor: Predictor, train: Examples) -> "PlaneProbe":
        """The numbers behind a fitted linear probe, read off its probabilities.

        Logarithms of a softmax are its scores but for a shift that all classes share,
        and D + 1 points on which they are affine tell weights and bias.

        Args:
            predictor: What ``LinearProbe.fit`` returned.
            train: The examples that it was fitted on.
        """
        scale = Standardiser(train.features_ND)
        steps_KD = np.vstack([np.zeros(len(scale.mean_D)), np.eye(len(scale.mean_D))])
        spread_D = np.where(scale.scale_D > 0, 1 / np.maximum(scale.scale_D, 1e-30), 0)
        points_KD = (scale.mean_D + steps_KD * spread_D).astype(np.float32)
        found_KC = predictor(points_KD).astype(np.float64)
        known_C = found_KC[0] > 0
        logs_KC = np.log(np.where(known_C, np.maximum(found_KC, 1e-300), 1))
        scores_KC = logs_KC - logs_KC[:, known_C].mean(1, keepdims=True)
        seen_KD = np.column_stack([scale(points_KD), np.ones(len(points_KD))])
        affine_DC = np.linalg.lstsq(seen_KD.astype(np.float64), scores_KC)[0]
        return cls(
            mean_D=scale.mean_D,
            scale_D=scale.scale_D,
            weights_CD=np.where(known_C[:, None], affine_DC[:-1].T, 0),
            bias_C=np.where(known_C, affine_DC[-1], -np.inf),
        )

    def __call__(self, features_BD: Floats) -> Floats:
        """Probabilities (B, C) that sum to 1."""
        scaled_BD = (features_BD - self.mean_D) * self.scale_D
        scores_BC = scaled_BD @ self.weights_CD.T + self.bias_C
        shares_BC = np.exp(scores_BC - scores_BC.max(1, keepdims=True))
        return np.asarray(shares_BC / shares_BC.sum(1, keepdims=True), np.float32)
