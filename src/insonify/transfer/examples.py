"""Labelled features of some subjects, and fewer of them.

Legend: N examples, D features.
"""

from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Features of labelled frames.

    Attributes:
        features_ND: float32.
        labels_N: Position of each frame's class.
        subjects_N: Pseudonym of each frame's subject.
    """

    features_ND: Floats
    labels_N: Integers
    subjects_N: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.labels_N)

    def where(self, chosen_N: npt.NDArray[np.bool_] | Integers) -> "Examples":
        """The examples that a mask or positions choose."""
        return Examples(
            features_ND=self.features_ND[chosen_N],
            labels_N=self.labels_N[chosen_N],
            subjects_N=self.subjects_N[chosen_N],
        )

    def of(self, subjects: AbstractSet[str]) -> "Examples":
        """The examples of the given subjects."""
        return self.where(np.isin(self.subjects_N, sorted(subjects)))


def draw_fraction(examples: Examples, fraction: float, seed: int) -> Examples:
    """Keep the examples of a fraction of the subjects; see :func:`draw_subjects`."""
    drawn = draw_subjects(examples.subjects_N, examples.labels_N, fraction, seed)
    return examples.of(drawn)


def draw_subjects(
    subjects_N: npt.NDArray[np.str_], labels_N: Integers, fraction: float, seed: int
) -> frozenset[str]:
    """Keep a fraction of the subjects, at least one for each label.

    Subjects, not frames: what costs a hospital work is another examined and labelled
    subject. They are drawn by their most frequent label, rounded up, and a smaller
    fraction of the same seed is part of a larger one.
    """
    generator = np.random.default_rng(seed)
    by_label: dict[int, list[str]] = {}
    for subject in np.unique(subjects_N).tolist():
        its_N = labels_N[subjects_N == subject]
        most = Counter(its_N.tolist()).most_common(1)[0][0]
        by_label.setdefault(most, []).append(subject)
    kept: set[str] = set()
    for _, subjects in sorted(by_label.items()):
        order = generator.permutation(len(subjects))
        count = int(np.ceil(round(fraction * len(subjects), 9)))
        kept.update(subjects[place] for place in order[:count])
    return frozenset(kept)
