"""Saliency maps read linearly from frozen feature maps: what a linear probe is there.

Legend: N frames, M frames to learn from, V frames to choose by, B predicted frames, D
channels, h rows and w columns of maps, P places of a map.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize
from torch import Tensor

from insonify.core.errors import ConfigError
from insonify.transfer.channels import channel_scale
from insonify.transfer.criteria import divergence
from insonify.transfer.examples import Integers
from insonify.transfer.lessons import Lesson
from insonify.transfer.penalty import choose_strength, middle, subject_folds

_AT_ONCE: Final = 64
_PRECISION: Final = 1e-7
"""Of the fit: of the loss, relatively, and of its slope."""
_LEAST: Final = 1e-12


@dataclass(frozen=True, kw_only=True)
class LinearReadout:
    """A 1x1 convolution to one channel and a softmax over the map.

    The weights of standardised channels have the least mean KL divergence with a
    penalty on their squares; the problem is convex, so nothing hangs on a learning
    rate or a seed. The strength of the penalty is the one with the least divergence on
    the validation subjects or, without any, in cross-validation over groups of
    training subjects; with a single one it is the middle of the grid.
    """

    grid: tuple[float, ...] = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
    """Inverse strengths of the penalty to choose from; larger fits closer."""
    parts: int = 5
    """Parts of the cross-validation; fewer where there are fewer subjects."""

    def __post_init__(self) -> None:
        if not self.grid or min(self.grid) <= 0 or self.parts < 2:
            raise ConfigError(
                f"the grid needs positive values and parts at least 2, found "
                f"{self.grid} and {self.parts}"
            )

    def predict(
        self,
        maps_NDhw: Tensor,
        targets_Nhw: Tensor,
        lesson: Lesson,
        *,
        subjects_N: npt.NDArray[np.str_],
        bias_hw: Tensor | None,
        seed: int,
    ) -> Tensor:
        """Learn from the chosen frames and predict the tested ones.

        Args:
            maps_NDhw: Feature maps of all frames.
            targets_Nhw: Where they were looked at.
            lesson: Which frames.
            subjects_N: Whose they are.
            bias_hw: Logarithm of a map that the readout adds to, or None.
            seed: Of the groups of a cross-validation.

        Returns:
            Maps, (B, h, w), each of sum 1.
        """
        chosen_M = lesson.chosen_M
        pairs = [(chosen_M, lesson.held_V)]
        if not len(lesson.held_V):
            folds = subject_folds(subjects_N[chosen_M], self.parts, seed)
            pairs = [(chosen_M[fit], chosen_M[held]) for fit, held in folds]
        fits = [
            (_Fit(maps_NDhw, targets_Nhw, fit, bias_hw), torch.from_numpy(held))
            for fit, held in pairs
        ]

        def loss_of(strength: float) -> float:
            losses = [fit.refit(strength).loss(held_V) for fit, held_V in fits]
            return float(np.mean(losses))

        choice = len(self.grid) > 1 and fits
        strength = choose_strength(self.grid, loss_of) if choice else middle(self.grid)
        whole = _Fit(maps_NDhw, targets_Nhw, chosen_M, bias_hw).refit(strength)
        return whole.maps(torch.from_numpy(lesson.tested_B))


class _Fit:
    """A readout of one set of frames; each refit starts from the one before."""

    def __init__(
        self,
        maps_NDhw: Tensor,
        targets_Nhw: Tensor,
        chosen_M: Integers,
        bias_hw: Tensor | None,
    ) -> None:
        self._maps_NDP, self._targets_Nhw = maps_NDhw.flatten(2), targets_Nhw
        self._targets_NP = targets_Nhw.flatten(1)
        self._chosen_M = torch.from_numpy(chosen_M)
        self._bias_P = 0.0 if bias_hw is None else bias_hw.flatten()
        # Means of channels shift all scores of a map alike: softmax forgets them.
        self._scale_D = channel_scale(maps_NDhw, self._chosen_M).scale_D
        self._weights_D = np.zeros(maps_NDhw.shape[1])

    def refit(self, strength: float) -> Self:
        """Fit with an inverse strength of the penalty, as that of LinearProbe."""
        ridge = 1 / (strength * len(self._chosen_M))
        found = minimize(
            self._objective,
            self._weights_D,
            args=(ridge,),
            jac=True,
            method="L-BFGS-B",
            tol=_PRECISION,
        )
        self._weights_D = found.x
        return self

    def maps(self, places_B: Tensor) -> Tensor:
        """Maps of frames: (B, h, w)."""
        parts = [logs_bP for _, _, logs_bP in self._parts(places_B, self._weights_D)]
        return torch.cat(parts).exp().reshape(-1, *self._targets_Nhw.shape[1:])

    def loss(self, places_V: Tensor) -> float:
        """Mean KL divergence from where frames were looked at."""
        logs_Vhw = self.maps(places_V).clamp_min(_LEAST).log()
        return float(divergence(logs_Vhw, self._targets_Nhw[places_V]))

    def _objective(
        self, weights_D: npt.NDArray[np.float64], ridge: float
    ) -> tuple[float, npt.NDArray[np.float64]]:
        """Mean cross-entropy of the chosen frames with the penalty, and its slope."""
        total, slope_D = 0.0, torch.zeros(len(weights_D), dtype=torch.float64)
        for maps_bDP, targets_bP, logs_bP in self._parts(self._chosen_M, weights_D):
            total -= float((targets_bP * logs_bP).sum())
            wrong_bP1 = (logs_bP.exp() - targets_bP)[:, :, None]
            slope_D += (maps_bDP @ wrong_bP1).sum((0, 2)).double()
        count = len(self._chosen_M)
        mean_D = (slope_D * self._scale_D.double() / count).numpy()
        penalty = ridge * float(weights_D @ weights_D) / 2
        return total / count + penalty, mean_D + ridge * weights_D

    def _parts(
        self, places_B: Tensor, weights_D: npt.NDArray[np.float64]
    ) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """A few frames at a time: feature maps, targets, logarithms of predictions."""
        applied_1D = (torch.from_numpy(weights_D).float() * self._scale_D)[None]
        for part_b in torch.split(places_B, _AT_ONCE):
            maps_bDP = self._maps_NDP[part_b].float()
            scores_bP = (applied_1D @ maps_bDP)[:, 0] + self._bias_P
            yield maps_bDP, self._targets_NP[part_b], scores_bP.log_softmax(1)
