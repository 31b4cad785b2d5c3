"""Features of every encoder on one scale, learnt from training subjects only.

Legend: N training examples, B any examples, D features.
"""

import numpy as np

from insonify.transfer.examples import Floats


class Standardiser:
    """Shifts and scales features to mean 0 and deviation 1 on training examples."""

    def __init__(self, features_ND: Floats) -> None:
        self.mean_D = features_ND.mean(0, dtype=np.float64)
        deviation_D = features_ND.std(0, dtype=np.float64)
        # A feature that is constant on the training subjects says nothing: leave it out
        # by scale 0 rather than let one odd test frame blow it up.
        useful_D = deviation_D > 1e-6 * max(float(deviation_D.max()), 1e-12)
        self.scale_D = np.where(useful_D, 1 / np.where(useful_D, deviation_D, 1), 0)

    def __call__(self, features_BD: Floats) -> Floats:
        scaled_BD = (features_BD - self.mean_D) * self.scale_D
        return np.asarray(scaled_BD, np.float32)
