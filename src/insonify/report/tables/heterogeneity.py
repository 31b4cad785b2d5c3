"""Do groups of subjects differ more than chance lets them?

Legend: N frames, C classes, S subjects, R resamples, G groups.
"""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from insonify.report.tables.metrics import Floats, Integers
from insonify.report.tables.options import ReportOptions

Names = npt.NDArray[np.str_]
OfGroups = Callable[[Floats], Floats]
"""Which subjects are in which group, 1 or 0, (G, S), to a figure of each, (G,)."""
LEAST: Final = 2
"""Subjects of a group for which figures are given: one has no interval, and could be
told from the figures."""
UNKNOWN: Final = "(not known)"


def heterogeneity_p(
    name_N: Names, subject_N: Integers, of_groups: OfGroups, options: ReportOptions
) -> float:
    """P value of no difference in a figure between groups of subjects.

    Under the null which group a subject is in says nothing, so groups are dealt anew
    (Good, Permutation Tests, 2000, section 3.4); what is compared is the spread of the
    groups' figures about their mean, weighted by subjects. nan where some subject is in
    several groups, since then frames of a subject would be dealt as if independent, or
    where fewer than two groups have two subjects.

    Args:
        name_N: The group of each frame.
        subject_N: The subject of each frame.
        of_groups: Makes the figure.
        options: Seed and number of dealings.
    """
    groups, group_N = np.unique(name_N, return_inverse=True)
    group_S = group_N[np.unique(subject_N, return_index=True)[1]]
    size_G = np.bincount(group_S, minlength=len(groups))
    known_G = (size_G >= LEAST) & (groups != UNKNOWN)
    if (group_S[subject_N] != group_N).any() or known_G.sum() < 2:
        return float("nan")
    known = np.flatnonzero(known_G)
    spread_R = np.array(
        [
            _spread((group_S == known[:, None]).astype(np.float64), of_groups)
            for group_S in _dealings(group_S, np.flatnonzero(known_G[group_S]), options)
        ]
    )
    reached_R = spread_R >= spread_R[0] * (1 - 1e-12)
    return float(reached_R[np.isfinite(spread_R)].mean())


def _dealings(
    group_S: Integers, kept: Integers, options: ReportOptions
) -> Iterator[Integers]:
    """The groups as they are, and those of the kept subjects dealt anew."""
    yield group_S
    generator = np.random.default_rng(options.seed)
    for _ in range(options.resamples):
        dealt_S = group_S.copy()
        dealt_S[kept] = generator.permutation(group_S[kept])
        yield dealt_S


def _spread(member_GS: Floats, of_groups: OfGroups) -> float:
    """How far groups' figures are from each other."""
    value_G = of_groups(member_GS)
    weight_G = member_GS.sum(1) / member_GS.sum()
    return float(weight_G @ (value_G - weight_G @ value_G) ** 2)
