"""What labels have been worth: macro F1 on held-out subjects.

Legend: B held-out frames, S held-out subjects, R resamples of them, C classes.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from insonify.report.tables.metrics import (
    Outcomes,
    confusion_by_subject,
    f1s,
    macro,
    outcomes,
)
from insonify.report.tables.statistics import (
    draw_subjects,
    estimate,
    resample_outcomes,
)
from insonify.transfer.examples import Floats, Integers

Doubles = npt.NDArray[np.float64]
_SEED: Final = 0
"""Of the resamples: all points of a curve are measured on the same ones."""


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """How well frames of held-out subjects are classified after so many labels."""

    labels: int
    """Labelled frames of subjects that are not held out."""
    stretches: int
    """Runs of neighbouring frames of one label: an interval is one decision."""
    macro_f1: float
    """Mean F1 over the classes that the held-out frames have, without background."""
    low: float | None
    """Lower end of the 95 % bootstrap interval over subjects; None with one subject."""
    high: float | None
    """Upper end."""
    subjects: int
    """Held-out subjects with labels."""


@dataclass(frozen=True, kw_only=True, eq=False)
class HeldOut:
    """Labelled frames of held-out subjects, and how predictions of them are judged."""

    labels_B: Integers
    """Positions in ``classes``; at least one."""
    subjects_B: npt.NDArray[np.str_]
    classes: tuple[str, ...]
    background: str | None
    """Class that the macro F1 leaves out, if there is another one."""

    @property
    def subjects(self) -> int:
        """How many subjects there are, S."""
        return len(np.unique(self.subjects_B))

    def outcomes(self, found_BC: Floats) -> Outcomes:
        """Right and wrong decisions by subject and class: (S, C) each."""
        names_S, subject_B = np.unique(self.subjects_B, return_inverse=True)
        confusion_SCC = confusion_by_subject(
            self.labels_B,
            found_BC.argmax(1),
            subject_B,
            len(names_S),
            len(self.classes),
        )
        return outcomes(confusion_SCC)

    def macro_f1(self, found_SC: Outcomes, counts_RS: Doubles) -> Doubles:
        """Macro F1 in every resample of subjects: (..., S, C) to (..., R)."""
        keep_C = np.array([name != self.background for name in self.classes])
        if not keep_C[self.labels_B].any():
            keep_C[:] = True
        return macro(f1s(resample_outcomes(counts_RS, found_SC)), keep_C)

    def point(
        self, found_SC: Outcomes, *, labels: int, stretches: int, resamples: int
    ) -> CurvePoint:
        """The point of a curve.

        Args:
            found_SC: From :meth:`outcomes`.
            labels: Labelled frames that was learnt from.
            stretches: Stretches of these.
            resamples: Resamples of subjects behind the interval.
        """
        counts_RS = draw_subjects(self.subjects, resamples, _SEED)
        found = estimate(self.macro_f1(found_SC, counts_RS)[:, None])
        alone = self.subjects == 1
        return CurvePoint(
            labels=labels,
            stretches=stretches,
            macro_f1=found.value,
            low=None if alone else found.low,
            high=None if alone else found.high,
            subjects=self.subjects,
        )
