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


def draw_subjects(
    subjects_N: npt.NDArray[np.str_], labels_N: Integers, fraction: float, seed: int
) -> frozenset[str]:
    """Keep a fraction of the subjects, rounded up.

    Subjects, not frames: what costs a hospital work is another examined and labelled
    subject. They stand in one order for each seed, of which every fraction takes the
    beginning, so that a smaller one is part of a larger one. The order begins with one
    subject of each kind and then goes through all kinds evenly; a kind is a subject's
    most frequent label. Be the fraction as small as it may, all kinds are there, but
    not all labels: what few subjects do not show is not learnt.
    """
    generator = np.random.default_rng(seed)
    kinds = _kinds(subjects_N, labels_N)
    ranked: list[tuple[float, int, str]] = []
    for kind, subjects in sorted(kinds.items()):
        order = [subjects[place] for place in generator.permutation(len(subjects))]
        ranked += [
            ((place + 0.5) / len(order) if place else 0.0, kind, subject)
            for place, subject in enumerate(order)
        ]
    wanted = int(np.ceil(round(fraction * len(ranked), 9)))
    count = max(len(kinds), wanted)
    return frozenset(subject for _, _, subject in sorted(ranked)[:count])


def _kinds(
    subjects_N: npt.NDArray[np.str_], labels_N: Integers
) -> dict[int, list[str]]:
    """Sorted subjects by their most frequent label."""
    kinds: dict[int, list[str]] = {}
    for subject in np.unique(subjects_N).tolist():
        its_N = labels_N[subjects_N == subject]
        most = Counter(its_N.tolist()).most_common(1)[0][0]
        kinds.setdefault(most, []).append(subject)
    return kinds
