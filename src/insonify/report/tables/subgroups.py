"""Figures by device, site, operator or any other grouping of subjects or videos."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from insonify.core.errors import ReportError
from insonify.core.predictions import Predictions
from insonify.core.saliency_predictions import SaliencyPredictions
from insonify.report.tables.groups import Groupings
from insonify.report.tables.heterogeneity import LEAST, UNKNOWN
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.rows import Group, GroupFigures, Grouping
from insonify.report.tables.statistics import Estimate, estimates, paired_differences
from insonify.report.tables.tested_arms import Part, TestedArm, tested_arms

SHOWN: Final = (
    *("macro_f1", "macro_f1_foreground", "accuracy", "auroc", "ece", "brier"),
    *("kl", "nss", "cc"),
)
"""Figures of a group, of planes and of saliency."""


def subgroups(
    predictions: Predictions | SaliencyPredictions,
    groups: Groupings,
    options: ReportOptions,
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
    if not groups:
        return ()
    asked = _Asked(
        arms=tested_arms(predictions, options),
        baselines={
            a: str(card.get("baseline")) for a, card in predictions.arms.items()
        },
    )
    return tuple(_grouping(name, of, asked) for name, of in groups.items())


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What groups are asked of."""

    arms: Mapping[str, TestedArm]
    """By name."""
    baselines: Mapping[str, str]


def _grouping(name: str, of: Mapping[str, str], asked: _Asked) -> Grouping:
    group_of = {
        video: of.get(video, of.get(subject, UNKNOWN))
        for arm in asked.arms.values()
        for video, subject in arm.subject_of.items()
    }
    known = sorted(set(group_of.values()) - {UNKNOWN})
    if not known:
        raise ReportError(
            f"grouping {name!r} names no subject and no video that was tested; use the "
            "pseudonyms of the store, as `insonify ingest` gave them"
        )
    videos: dict[str, set[str]] = {group: set() for group in known}
    for video, group in group_of.items():
        videos.setdefault(group, set()).add(video)
    return Grouping(
        name=name,
        figure=next(arm.figure for arm in asked.arms.values()),
        groups=tuple(_group(group, its, asked) for group, its in videos.items()),
        heterogeneity_p={
            name: arm.heterogeneity_p(group_of) for name, arm in asked.arms.items()
        },
    )


def _group(name: str, videos: Collection[str], asked: _Asked) -> Group:
    parts = {arm: tested.on(videos) for arm, tested in asked.arms.items()}
    widest = max(parts, key=lambda arm: parts[arm].frames)
    return Group(
        name=name,
        subjects=parts[widest].subjects,
        videos=len(asked.arms[widest].subject_of.keys() & set(videos)),
        frames=parts[widest].frames,
        classes=parts[widest].classes,
        arms=tuple(
            GroupFigures(
                arm=arm,
                figures=_shown(estimates(part.figures)),
                gains=_gains(part, parts.get(asked.baselines[arm])),
            )
            for arm, part in parts.items()
        ),
    )


def _shown(found: Mapping[str, Estimate]) -> dict[str, Estimate]:
    return {name: value for name, value in found.items() if name in SHOWN}


def _gains(part: Part, baseline: Part | None) -> dict[str, Estimate]:
    """Arm minus baseline, where both were tested on the same frames."""
    if baseline is None or part.tested != baseline.tested:
        return {}
    return _shown(paired_differences(part.figures, baseline.figures))


def group_notes(groupings: Sequence[Grouping]) -> tuple[str, ...]:
    """What is to be said of groups."""
    if not groupings:
        return ()
    few = f"A group of fewer than {LEAST} subjects shows counts alone."
    if any(each.figure.startswith("macro") for each in groupings):
        few += (
            " Macro figures are means over the classes that a group has: groups of "
            "different classes differ in them for that reason too."
        )
    return (
        few,
        "Groups were not assigned by chance: what differs between devices, sites or "
        "operators may be who was scanned there. Intervals of two groups may overlap "
        "although they differ, and with few subjects a large p value is no sign that "
        "groups are alike. P values are not adjusted for the number of groupings.",
    )
