"""How an encoder and its head learn together, declared once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from insonify.clips.augment import Flip, Photometric
from insonify.core.errors import ConfigError
from insonify.train.precision import Precision

_TRY: Final = 0.25
"""Share of the steps for which a rate is tried."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """How an encoder and its head learn together.

    The defaults are those of Droste et al., IPMI 2019, section 3.
    """

    steps: int = 3200
    """Steps in all (paper: 50 epochs of 1024 images in batches of 16)."""
    batch: int = 16
    """Frames a step."""
    learning_rate: float = 0.01
    """Learning rate of stochastic gradient descent."""
    momentum: float = 0.9
    """Its momentum."""
    weight_decay: float = 5e-4
    """Its weight decay."""
    drops: tuple[float, ...] = (0.4, 0.7)
    """After which shares of the steps the rate falls to a tenth."""
    margin: float = 1.125
    """How much larger than a view the frames are that random crops are taken from."""
    flip: Flip = field(default_factory=Flip)
    """Mirroring of single frames."""
    photometric: Photometric = field(default_factory=Photometric)
    """Changes of brightness."""
    precision: Precision = "auto"
    """Arithmetic; auto takes bf16 where the machine has instructions for it."""

    def __post_init__(self) -> None:
        if min(self.steps, self.batch) < 1 or self.margin < 1:
            raise ConfigError(
                "steps, batch and margin must be at least 1, found "
                f"{self.steps}, {self.batch} and {self.margin}"
            )
        if self.learning_rate <= 0 or min(self.momentum, self.weight_decay) < 0:
            raise ConfigError(
                "learning_rate must be positive, momentum and weight_decay at least 0"
            )

    def rate(self, step: int, steps: int) -> float:
        """The learning rate of one of ``steps`` steps."""
        drops = sum(step >= share * steps for share in self.drops)
        return self.learning_rate * 0.1**drops


@dataclass(frozen=True, kw_only=True)
class FineTune(Course):
    """How a pretrained encoder and a new head learn together."""

    untrained_factor: float = 4.0
    """Learning rate of untrained weights, as a multiple (the paper's)."""
    reference: float = 4.0
    """Steps of the supervised reference, which begins untrained and learns from labels
    alone, as a multiple; 0 leaves it out."""
    rates: tuple[float, ...] | None = None
    """Learning rates to choose from, in place of learning_rate and untrained_factor:
    every arm, untrained ones too, tries each of them in every fold and for every share
    of labels, once, with the first seed, and keeps the one with the least loss on
    validation subjects. None: there is no choice."""
    trial_steps: int | None = None
    """Steps of such a trial; None: a quarter of those of the course."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.untrained_factor <= 0 or self.reference < 0:
            raise ConfigError(
                "untrained_factor must be positive and reference at least 0, found "
                f"{self.untrained_factor} and {self.reference}"
            )
        if self.rates is not None:
            _require_rates(self.rates)
        if self.trial_steps is not None and (not self.rates or self.trial_steps < 1):
            raise ConfigError(
                "trial_steps must be at least 1 and goes with rates to try, found "
                f"{self.trial_steps} and {self.rates}"
            )

    @property
    def reference_steps(self) -> int:
        """Steps of the supervised reference; 0 where there is none."""
        return round(self.reference * self.steps)

    def at(self, rate: float) -> "FineTune":
        """The same at one rate, for trained and untrained weights alike."""
        return replace(
            self, learning_rate=rate, untrained_factor=1.0, rates=None, trial_steps=None
        )

    def shortened(self) -> "FineTune":
        """As long as a trial of a rate."""
        steps = self.trial_steps or max(1, round(_TRY * self.steps))
        return replace(self, steps=steps)


def _require_rates(rates: Sequence[float]) -> None:
    if not rates or min(rates) <= 0 or len(set(rates)) < len(rates):
        raise ConfigError(
            f"rates must be positive learning rates, each once; found {rates}"
        )
