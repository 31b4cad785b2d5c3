"""Linear probe: logistic regression on frozen features.

Legend: N training examples, B predicted examples, D features, C classes.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.linear_model import LogisticRegression

from insonify.core.errors import ConfigError
from insonify.transfer.examples import Examples
from insonify.transfer.fitted_probe import FittedProbe
from insonify.transfer.log_loss import class_balanced_loss
from insonify.transfer.penalty import choose_strength, middle, subject_folds
from insonify.transfer.standardise import Standardiser

_TOLERANCE: Final = 1e-6
"""Of the fit, in float64. With scikit-learn's 1e-4, in float32, features that differ by
1e-6 end in probabilities that differ by 5e-3 (tests/transfer/test_protocols.py)."""


@dataclass(frozen=True, kw_only=True)
class LinearProbe:
    """Multinomial logistic regression on standardised features.

    The strength of the penalty is the one with the least class-balanced log loss on
    the validation subjects or, without any, in cross-validation over groups of
    training subjects, as among few shots; where no subject has a label that another
    one has too, as with one shot, it is the middle of the grid. The search goes from
    the strongest penalty to the first weaker one that is worse.
    """

    grid: tuple[float, ...] = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
    """Inverse strengths of the penalty to choose from; larger fits closer."""
    balanced: bool = True
    """Weigh examples so that all classes count alike."""
    parts: int = 5
    """Parts of the cross-validation; fewer where there are fewer subjects."""

    def __post_init__(self) -> None:
        if not self.grid or min(self.grid) <= 0 or self.parts < 2:
            raise ConfigError(
                f"grid needs positive values and parts at least 2, found {self.grid} "
                f"and {self.parts}"
            )

    def fit(
        self, train: Examples, validation: Examples, classes: int, seed: int
    ) -> FittedProbe:
        pairs = [(train, validation)] if len(validation) else self._folds(train, seed)
        strength = self._choose(pairs, classes)
        return _Regression(train, classes, balanced=self.balanced).fitted(strength)

    def _choose(self, pairs: list[tuple[Examples, Examples]], classes: int) -> float:
        models = [
            (_Regression(train, classes, balanced=self.balanced), held)
            for train, held in pairs
            if np.isin(held.labels_N, train.labels_N).any()
        ]
        if len(self.grid) == 1 or not models:
            return middle(self.grid)

        def loss_of(strength: float) -> float:
            losses = [model.loss(strength, held) for model, held in models]
            return float(np.mean(losses))

        return choose_strength(self.grid, loss_of)

    def _folds(self, train: Examples, seed: int) -> list[tuple[Examples, Examples]]:
        return [
            (train.where(fit_N), train.where(held_N))
            for fit_N, held_N in subject_folds(train.subjects_N, self.parts, seed)
        ]


class _Regression:
    """A regression on one set of examples; each refit starts from the one before."""

    def __init__(self, train: Examples, classes: int, *, balanced: bool) -> None:
        self._scale = Standardiser(train.features_ND)
        self._scaled_ND = self._scale(train.features_ND).astype(np.float64)
        self._labels_N, self._classes = train.labels_N, classes
        self._known = np.unique(train.labels_N)
        weight = "balanced" if balanced else None
        self._model = LogisticRegression(
            class_weight=weight, max_iter=2000, warm_start=True, tol=_TOLERANCE
        )

    def fitted(self, strength: float) -> FittedProbe:
        """Fit with an inverse strength of the penalty; one class needs no fit."""
        weights_CD = np.zeros((self._classes, self._scaled_ND.shape[1]))
        bias_C = np.full(self._classes, -np.inf)
        bias_C[self._known] = 0.0
        if len(self._known) > 1:
            model = self._model.set_params(C=strength)
            model.fit(self._scaled_ND, self._labels_N)
            # Of two classes scikit-learn keeps the second's score over the first's.
            scored = self._known[-len(model.coef_) :]
            weights_CD[scored], bias_C[scored] = model.coef_, model.intercept_
        return FittedProbe(
            mean_D=self._scale.mean_D,
            scale_D=self._scale.scale_D,
            weights_CD=weights_CD,
            bias_C=bias_C,
        )

    def loss(self, strength: float, held: Examples) -> float:
        """Class-balanced log loss over the classes that occur in training."""
        found_BC = self.fitted(strength)(held.features_ND)
        return class_balanced_loss(found_BC, held.labels_N, self._known)
