"""What a fair comparison of pretraining recipes compares."""

from dataclasses import dataclass, replace
from typing import Literal

from insonify.core.errors import ConfigError
from insonify.train.options import PretrainOptions
from insonify.transfer.planes import PlanesOptions
from insonify.transfer.saliency import SaliencyOptions

Equal = Literal["steps", "seconds"]


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is compared, as it was asked."""

    split: str
    folds: int
    seeds: tuple[int, ...]
    pretraining: tuple[PretrainOptions, ...]
    """One for each arm, named by its recipe; fold, seed and rate are filled in."""
    rates: tuple[float, ...]
    """Learning rates that every arm may choose from."""
    nested: bool
    """Choose anew in every fold; else once, in the first."""
    equal: Equal
    """What all arms have as much of, besides frames a step."""
    planes: PlanesOptions | None
    saliency: SaliencyOptions | None
    foreign: tuple[str, ...]
    """Encoders that others trained, each as ``name=checkpoint``."""
    initial: str | None = None
    """Checkpoint that every arm goes on from; None: fresh weights."""

    def __post_init__(self) -> None:
        rates = self.rates
        if not rates or min(rates) <= 0 or len(set(rates)) < len(rates):
            raise ConfigError(
                f"rates needs positive learning rates, each once; found {rates}"
            )
        self._check_labels()
        if self.planes is None and self.saliency is None:
            raise ConfigError(
                "nothing to test on; name labels with --task, or saliency"
            )

    def _check_labels(self) -> None:
        """Refuse to call labels scarce that an arm has learnt from."""
        if self.planes is None or min(self.planes.fractions) == 1:
            return
        for options in self.pretraining:
            asked = options.embedding
            if asked is not None and asked.alike == self.planes.task:
                raise ConfigError(
                    f"{options.recipe} learns from all labels of {asked.alike} of the "
                    "training subjects, so a share of them would not be all it saw; "
                    "give --fractions 1"
                )

    def of(
        self, pretraining: tuple[PretrainOptions, ...], seeds: tuple[int, ...]
    ) -> "Question":
        """The same of other arms and seeds."""
        return replace(
            self,
            pretraining=pretraining,
            seeds=seeds,
            planes=self.planes and replace(self.planes, seeds=seeds),
            saliency=self.saliency and replace(self.saliency, seeds=seeds),
        )
