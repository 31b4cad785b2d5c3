"""A linear probe that was fitted: four arrays, which can be kept.

Legend: B examples, D features, C classes.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from insonify.transfer.examples import Floats

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class FittedProbe:
    """Class probabilities: a softmax of an affine function of standardised features."""

    mean_D: Doubles
    scale_D: Doubles
    """0 for a feature that says nothing."""
    weights_CD: Doubles
    bias_C: Doubles
    """Minus infinity for a class without a training example."""

    def __call__(self, features_BD: Floats) -> Floats:
        """Probabilities (B, C) that sum to 1."""
        # In float32, as the features that it was fitted on.
        scaled_BD = ((features_BD - self.mean_D) * self.scale_D).astype(np.float32)
        scores_BC = scaled_BD @ self.weights_CD.T + self.bias_C
        shares_BC = np.exp(scores_BC - scores_BC.max(1, keepdims=True))
        return np.asarray(shares_BC / shares_BC.sum(1, keepdims=True), np.float32)
