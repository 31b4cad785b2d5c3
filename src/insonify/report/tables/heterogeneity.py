"""Do groups of subjects differ more than chance lets them?

Legend: N frames, C classes, S subjects, K seeds, R resamples, G groups.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from insonify.report.tables import metrics
from insonify.report.tables.evaluation import Evaluated
from insonify.report.tables.metrics import Booleans, Integers, Outcomes
from insonify.report.tables.options import ReportOptions

Names = npt.NDArray[np.str_]
LEAST: Final = 2
"""Subjects of a group for which figures are given: one has no interval, and could be
told from the figures."""
UNKNOWN: Final = "(not known)"


def heterogeneity_p(
    part: Evaluated, name_N: Names, foreground_C: Booleans, options: ReportOptions
) -> float:
    """P value of no difference in macro F1 between groups of subjects.

    Under the null which group a subject is in says nothing, so groups are dealt anew
    (Good, Permutation Tests, 2000, section 3.4); what is compared is the spread of the
    groups' figures about their mean, weighted by subjects. nan where some subject is in
    several groups, since then frames of a subject would be dealt as if independent, or
    where fewer than two groups have two subjects.
    """
    groups, group_N = np.unique(name_N, return_inverse=True)
    group_S = group_N[np.unique(part.subject_N, return_index=True)[1]]
    size_G = np.bincount(group_S, minlength=len(groups))
    known_G = (size_G >= LEAST) & (groups != UNKNOWN)
    if (group_S[part.subject_N] != group_N).any() or known_G.sum() < 2:
        return float("nan")
    kept = np.flatnonzero(known_G[group_S])
    spread_R = np.array(
        [
            _spread(part.outcomes_KSC, kept, dealt_S, foreground_C)
            for dealt_S in _dealings(group_S[kept], options)
        ]
    )
    reached_R = spread_R >= spread_R[0] * (1 - 1e-12)
    return float(reached_R[np.isfinite(spread_R)].mean())


def _dealings(group_S: Integers, options: ReportOptions) -> Iterator[Integers]:
    """The groups as they are, and dealt anew."""
    yield group_S
    generator = np.random.default_rng(options.seed)
    for _ in range(options.resamples):
        yield generator.permutation(group_S)


def _spread(
    outcomes_KSC: Outcomes, kept: Integers, group_S: Integers, foreground_C: Booleans
) -> float:
    """How far groups' macro F1, means over seeds, are from each other."""
    groups, group_S = np.unique(group_S, return_inverse=True)
    member_GS = (group_S == np.arange(len(groups))[:, None]).astype(np.float64)
    found_KGC = Outcomes(*(member_GS @ each[:, kept] for each in outcomes_KSC))
    value_G = metrics.macro(metrics.f1s(found_KGC), foreground_C).mean(0)
    weight_G = member_GS.sum(1) / len(group_S)
    return float(weight_G @ (value_G - weight_G @ value_G) ** 2)
