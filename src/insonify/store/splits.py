"""Splits by subject, written once, and the leak check that fails a run."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from insonify.core.errors import ConfigError, LeakError


class Roles(NamedTuple):
    """The subjects of each role in one fold; the three sets are disjoint."""

    train: frozenset[str]
    validation: frozenset[str]
    test: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Split:
    """Which part every subject of a store belongs to.

    Either folds (parts ``0`` … ``k-1``: fold *f* is tested on part *f* and, from three
    folds on, validated on the next part) or a split given from outside (parts
    ``train``, ``validation``, ``test``; one fold). Subjects of part ``train`` train in
    every fold; a subject without a part has no role.
    """

    name: str
    parts: Mapping[str, str]

    @property
    def folds(self) -> int:
        """How many folds there are."""
        return max(1, len(self._numbers()))

    def roles(self, fold: int) -> Roles:
        """The subjects to train on, to choose models on, and to test on.

        Raises:
            ConfigError: there is no such fold.
        """
        if not 0 <= fold < self.folds:
            raise ConfigError(
                f"split {self.name!r}: fold {fold} does not exist; "
                f"name one from 0 to {self.folds - 1}"
            )
        numbers = self._numbers()
        test, validation = "test", "validation"
        if numbers:
            test = str(fold)
            if len(numbers) >= 3:
                validation = str((fold + 1) % len(numbers))
        named = {test: "test", validation: "validation"}
        roles = {
            subject: named.get(part, "train") for subject, part in self.parts.items()
        }
        return Roles(*(_having(roles, role) for role in Roles._fields))

    def _numbers(self) -> set[str]:
        return {part for part in self.parts.values() if part.isdigit()}


def k_fold(
    label_of_subject: Mapping[str, str], others: Iterable[str], folds: int, seed: int
) -> dict[str, str]:
    """Deal subjects over folds so that every label is spread as evenly as can be.

    Args:
        label_of_subject: The (most frequent) label of each subject that has one.
        others: Subjects without a label; they train in every fold.
        folds: Number of folds, at least 2 and at most the labelled subjects.
        seed: Seed of the order within a label.

    Returns:
        The part of each subject.

    Raises:
        ConfigError: there are fewer labelled subjects than folds.
    """
    if not 2 <= folds <= len(label_of_subject):
        raise ConfigError(
            f"{folds} folds over {len(label_of_subject)} labelled subjects; "
            "choose at least 2 folds and at most one for each subject"
        )
    generator = np.random.default_rng(seed)
    subjects = np.array(sorted(label_of_subject))
    generator.shuffle(subjects)
    counts = Counter(label_of_subject.values())
    by_label = sorted(
        subjects.tolist(),
        key=lambda subject: (
            counts[label_of_subject[subject]],
            label_of_subject[subject],
        ),
    )
    parts = {subject: str(place % folds) for place, subject in enumerate(by_label)}
    return {**dict.fromkeys(others, "train"), **parts}


def check_leak(pretrained: Iterable[str], tested: Iterable[str]) -> None:
    """Fail if a subject that will be tested was already seen.

    Raises:
        LeakError: the two groups share a subject.
    """
    if shared := sorted(set(pretrained) & set(tested)):
        raise LeakError(
            f"{len(shared)} subject(s) were seen in training and would be tested "
            f"(first: {shared[0]}); pretrain with the same --split and --fold"
        )


def _having(roles: Mapping[str, str], role: str) -> frozenset[str]:
    return frozenset(subject for subject, its in roles.items() if its == role)
