"""Figures by device, site, operator or any other grouping of subjects or videos.

Legend: N frames, C classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from insonify.core.errors import ReportError
from insonify.core.predictions import Predictions
from insonify.report.tables.evaluation import Evaluated, evaluate
from insonify.report.tables.figures import figures
from insonify.report.tables.heterogeneity import LEAST, UNKNOWN, Names, heterogeneity_p
from insonify.report.tables.metrics import Booleans, Floats
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.rows import Group, GroupFigures, Grouping
from insonify.report.tables.statistics import Estimate, estimates, paired_differences
from insonify.report.tables.wording import primary_of

Groupings = Mapping[str, Mapping[str, str]]
"""Grouping to pseudonym of a subject or video to group; see ``groups.py``."""
SHOWN: Final = ("macro_f1", "macro_f1_foreground", "accuracy", "auroc", "ece", "brier")
"""Figures of a group."""


def subgroups(
    predictions: Predictions, groups: Groupings, options: ReportOptions
) -> tuple[Grouping, ...]:
    """Figures of every group, in the primary protocol with the most labels there are.

    Args:
        predictions: What was predicted.
        groups: Name of a grouping to pseudonym of a subject or a video to group; what
            is said of a video goes before what is said of its subject.
        options: How numbers are made.

    Raises:
        ReportError: a grouping is of no subject and no video of the predictions.
    """
    asked = _Asked(
        parts={part.arm: part for part in primary_of(evaluate(predictions))},
        baselines={
            a: str(card.get("baseline")) for a, card in predictions.arms.items()
        },
        foreground_C=np.array([n != options.background for n in predictions.classes]),
        options=options,
    )
    return tuple(_grouping(name, of, asked) for name, of in groups.items())


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What groups are asked of."""

    parts: Mapping[str, Evaluated]
    """By arm."""
    baselines: Mapping[str, str]
    foreground_C: Booleans
    options: ReportOptions


def _grouping(name: str, of: Mapping[str, str], asked: _Asked) -> Grouping:
    named = {arm: _names(part, of) for arm, part in asked.parts.items()}
    there = sorted({each for names_N in named.values() for each in names_N.tolist()})
    if there == [UNKNOWN]:
        raise ReportError(
            f"grouping {name!r} names no subject and no video that was tested; use the "
            "pseudonyms of the store, as `insonify ingest` gave them"
        )
    last = [UNKNOWN] if UNKNOWN in there else []
    foreground_C = asked.foreground_C
    return Grouping(
        name=name,
        figure="macro_f1" if foreground_C.all() else "macro_f1_foreground",
        groups=tuple(
            _group(group, named, asked)
            for group in [*(each for each in there if each not in last), *last]
        ),
        heterogeneity_p={
            arm: heterogeneity_p(part, named[arm], foreground_C, asked.options)
            for arm, part in asked.parts.items()
        },
    )


def _names(part: Evaluated, of: Mapping[str, str]) -> Names:
    """The group of each frame: (N,)."""
    pair_N2 = np.stack([part.video_N, part.subject_N], axis=1)
    pairs, pair_N = np.unique(pair_N2, axis=0, return_inverse=True)
    names = [
        of.get(part.videos[video], of.get(part.subjects[subject], UNKNOWN))
        for video, subject in pairs
    ]
    return np.array(names)[pair_N]


def _group(group: str, named: Mapping[str, Names], asked: _Asked) -> Group:
    mine = {
        arm: part.of_frames(np.flatnonzero(named[arm] == group))
        for arm, part in asked.parts.items()
    }
    widest = max(mine.values(), key=lambda part: len(part.frame_N))
    found = {
        arm: figures(part, asked.foreground_C, asked.options)
        for arm, part in mine.items()
        if len(part.subjects) >= LEAST
    }
    return Group(
        name=group,
        subjects=len(widest.subjects),
        videos=len(np.unique(widest.video_N)),
        frames=len(widest.frame_N),
        classes=len(np.unique(widest.truth_N)),
        arms=tuple(
            GroupFigures(
                arm=arm,
                figures=_shown(estimates(found.get(arm, {}))),
                gains=_gains(arm, asked.baselines[arm], mine, found),
            )
            for arm in mine
        ),
    )


def _shown(found: Mapping[str, Estimate]) -> dict[str, Estimate]:
    return {name: value for name, value in found.items() if name in SHOWN}


def _gains(
    arm: str,
    baseline: str,
    parts: Mapping[str, Evaluated],
    found: Mapping[str, dict[str, Floats]],
) -> dict[str, Estimate]:
    """Arm minus baseline, where both were tested on the same frames."""
    if arm not in found or baseline not in found:
        return {}
    if not np.array_equal(parts[arm].frame_N, parts[baseline].frame_N):
        return {}
    return _shown(paired_differences(found[arm], found[baseline]))


def group_notes(groupings: Sequence[Grouping]) -> tuple[str, ...]:
    """What is to be said of groups."""
    if not groupings:
        return ()
    return (
        f"A group of fewer than {LEAST} subjects shows counts alone. Macro figures are "
        "means over the classes that a group has: groups of different classes differ "
        "in them for that reason too.",
        "Groups were not assigned by chance: what differs between devices, sites or "
        "operators may be who was scanned there. Intervals of two groups may overlap "
        "although they differ, and with few subjects a large p value is no sign that "
        "groups are alike. P values are not adjusted for the number of groupings.",
    )
