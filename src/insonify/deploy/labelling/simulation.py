"""What a way of asking costs, on labels that are known but not asked for yet.

Legend: P points of a course, N candidates, B held-out frames, S held-out subjects,
C classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from insonify.core.errors import ConfigError
from insonify.deploy.labelling.choosing import choose
from insonify.deploy.labelling.curve import Doubles, HeldOut
from insonify.deploy.labelling.head import Head, learn
from insonify.deploy.labelling.labelled import FrameFeatures, read_labelled
from insonify.deploy.labelling.limits import Limits, spread
from insonify.deploy.labelling.options import LabellingOptions
from insonify.deploy.labelling.pool import build_pool
from insonify.deploy.labelling.sides import Sides
from insonify.report.tables.metrics import Outcomes
from insonify.store import Store
from insonify.transfer.examples import Examples, Floats, Integers

Strategy = Literal["active", "cover", "random", "subjects"]
"""What is asked next: what the queue names; what it would name if it knew no doubt; any
frame; any frame of the subjects and videos that the batch has least of."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """How well a head did after each batch of labels."""

    labels_P: Integers
    """Labelled frames."""
    outcomes_PSC: Outcomes
    """Right and wrong decisions of held-out frames, by subject and class."""
    held: HeldOut
    asked: Integers
    """Places of the labelled frames in the pool, in the order of asking."""

    def macro_f1_PR(self, counts_RS: Doubles) -> Doubles:
        """Macro F1 at each point and in every resample of held-out subjects."""
        return self.held.macro_f1(self.outcomes_PSC, counts_RS)


class Simulation:
    """Asks for labels that a store has, as if it had none of them.

    Frames without a label are never asked for; the queue does not know which these are
    and counts them among what a batch is to stand for.

    Args:
        store: Where the labels are.
        features: Of its frames.
        groups: Who is asked, and who is measured on.
        options: Task, batch and how is asked and learnt.

    Raises:
        ConfigError: one of the groups has no labelled frames.
    """

    def __init__(
        self,
        store: Store,
        features: FrameFeatures,
        groups: Sides,
        options: LabellingOptions,
    ) -> None:
        self._options = options
        self.pool = build_pool(
            store.frames(), features, groups.asked, options.candidates
        )
        truth = read_labelled(store, options.task, features)
        classes, held = truth.classes, truth.of(groups.held)
        known_N = np.isin(self.pool.positions_N, truth.positions_N)
        if not known_N.any() or not len(held):
            raise ConfigError(
                f"task {options.task!r}: labels are needed of those who are asked "
                f"({known_N.sum()} frames) and of those held out ({len(held)} frames)"
            )
        place_N = np.searchsorted(truth.positions_N, self.pool.positions_N[known_N])
        self._answers = truth.where(place_N).examples(features, classes)
        tested = held.spaced(options.held_frames).examples(features, classes)
        self._place_N = np.cumsum(known_N) - 1
        self.known_N, self.classes = known_N, classes
        self._tested_BD: Floats = tested.features_ND
        self.held = HeldOut(
            labels_B=tested.labels_N,
            subjects_B=tested.subjects_N,
            classes=classes,
            background=options.background,
        )

    def run(self, strategy: Strategy, *, budget: int, seed: int) -> Course:
        """Ask batch after batch.

        Args:
            strategy: Whom.
            budget: How many labels to ask for; fewer if there are no more.
            seed: Seed of all chance.
        """
        generator = np.random.default_rng(seed)
        asked, marks, head = np.zeros(0, np.int64), [], None
        while len(asked) < budget:
            count = min(self._options.batch, budget - len(asked))
            batch = self._next(strategy, asked, head, count, generator)
            if not len(batch):
                break
            asked = np.append(asked, batch)
            head = learn(self._taught(asked), len(self.classes), self._options)
            marks.append((len(asked), self._outcomes(head)))
        return self._course(asked, marks)

    def everything(self) -> Course:
        """One point: all labels of the pool."""
        asked = np.flatnonzero(self.known_N)
        head = learn(self._taught(asked), len(self.classes), self._options)
        return self._course(asked, [(len(asked), self._outcomes(head))])

    def _next(
        self,
        strategy: Strategy,
        asked: Integers,
        head: Head | None,
        count: int,
        generator: np.random.Generator,
    ) -> Integers:
        pool, options = self.pool, self._options
        free_N = self.known_N.copy()
        free_N[asked] = False
        if strategy == "random":
            free = np.flatnonzero(free_N)
            return generator.choice(free, min(count, len(free)), replace=False)
        limits = Limits(pool, free_N, options.apart_s)
        if strategy == "subjects":
            return spread(limits, count, generator)
        doubt_N = None
        if head is not None and strategy == "active":
            doubt_N = head.doubt(pool.features_ND, options.doubt)
        known_KD = pool.directions_ND[asked]
        return choose(pool, doubt_N, limits, known_KD, count=count, generator=generator)

    def _taught(self, asked: Integers) -> Examples:
        return self._answers.where(self._place_N[asked])

    def _outcomes(self, head: Head | None) -> Outcomes:
        """Of no head: everything is said to be the first class."""
        found_BC = np.zeros((len(self._tested_BD), len(self.classes)), np.float32)
        if head is not None:
            found_BC = head.probe(self._tested_BD)
        return self.held.outcomes(found_BC)

    def _course(self, asked: Integers, marks: Sequence[tuple[int, Outcomes]]) -> Course:
        labels, outcomes = zip(*marks, strict=True)
        return Course(
            labels_P=np.array(labels, np.int64),
            outcomes_PSC=Outcomes(*map(np.stack, zip(*outcomes, strict=True))),
            held=self.held,
            asked=asked,
        )
