"""What a protocol is: how frozen features become class probabilities.

A class without a training example gets probability 0: it can never be predicted, and
its test frames count as errors.

Legend: B predicted examples, D features, C classes.
"""

from collections.abc import Callable
from typing import Protocol

from insonify.transfer.examples import Examples, Floats

Predictor = Callable[[Floats], Floats]
"""Features (B, D) to probabilities (B, C) that sum to 1."""


class TransferProtocol(Protocol):
    """Learns classes from the labelled features of training subjects."""

    def fit(
        self, train: Examples, validation: Examples, classes: int, seed: int
    ) -> Predictor:
        """Learn from training examples.

        Args:
            train: At least one example.
            validation: Examples of other subjects, to choose options on; may be empty.
            classes: Number of classes, C.
            seed: Seed of whatever is drawn.
        """
        ...
