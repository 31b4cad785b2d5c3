"""The linear head that the labels so far have taught.

Legend: N labelled frames, B asked frames, C classes, K heads of a committee.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from insonify.deploy.labelling.doubt import MEASURES, Doubles, disagreement
from insonify.deploy.labelling.options import Doubt, LabellingOptions
from insonify.transfer.examples import Examples, Floats
from insonify.transfer.fitted_probe import FittedProbe
from insonify.transfer.linear import LinearProbe
from insonify.transfer.penalty import middle

_COMMITTEE: Final = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class Head:
    """Class probabilities of features, and how doubtful they are."""

    probe: FittedProbe
    committee: tuple[FittedProbe, ...] = ()
    """Heads of other samples of the labelled subjects, for ``disagreement``."""

    def doubt(self, features_BD: Floats, doubt: Doubt) -> Doubles:
        """How doubtful each frame is, from 0 to 1: (B,)."""
        if doubt == "disagreement":
            return disagreement(np.stack([one(features_BD) for one in self.committee]))
        known_C = np.isfinite(self.probe.bias_C)
        return MEASURES[doubt](self.probe(features_BD)[:, known_C])


def learn(train: Examples, classes: int, options: LabellingOptions) -> Head | None:
    """Learn a head as ``insonify transfer planes`` does; None of less than two classes.

    The penalty is chosen among the labelled subjects: no other label is looked at.
    """
    if len(np.unique(train.labels_N)) < 2:
        return None
    probe = _probe(options.linear, train, classes, options.seed)
    if options.doubt != "disagreement":
        return Head(probe=probe)
    return Head(probe=probe, committee=_committee(train, classes, options))


def _probe(
    linear: LinearProbe, train: Examples, classes: int, seed: int
) -> FittedProbe:
    nobody = train.where(np.zeros(0, np.int64))
    return linear.fit(train, nobody, classes, seed)


def _committee(
    train: Examples, classes: int, options: LabellingOptions
) -> tuple[FittedProbe, ...]:
    """Heads of subjects drawn with replacement, one penalty for all of them."""
    linear = replace(options.linear, grid=(middle(options.linear.grid),))
    generator = np.random.default_rng(options.seed)
    subjects = np.unique(train.subjects_N)
    heads = []
    for seed in range(_COMMITTEE):
        drawn = generator.choice(subjects, len(subjects))
        places = [np.flatnonzero(train.subjects_N == subject) for subject in drawn]
        sample = train.where(np.concatenate(places))
        heads.append(_probe(linear, sample, classes, seed))
    return tuple(heads)
