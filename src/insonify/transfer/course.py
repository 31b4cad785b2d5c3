"""How an encoder and its head learn together, declared once."""

from dataclasses import dataclass, field

from insonify.clips.augment import Flip, Photometric
from insonify.core.errors import ConfigError
from insonify.train.precision import Precision


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

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.untrained_factor <= 0 or self.reference < 0:
            raise ConfigError(
                "untrained_factor must be positive and reference at least 0, found "
                f"{self.untrained_factor} and {self.reference}"
            )

    @property
    def reference_steps(self) -> int:
        """Steps of the supervised reference; 0 where there is none."""
        return round(self.reference * self.steps)
