"""Tables beside the first one, as texts: calibration, tests, labels, events, groups."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from insonify.report.tables.rows import (
    Effect,
    Group,
    GroupFigures,
    Grouping,
    Row,
    Table,
)
from insonify.report.tables.statistics import Estimate
from insonify.report.tables.subgroups import SHOWN, group_notes
from insonify.report.tables.wording import (
    CALIBRATION,
    EVENTS,
    FIGURES,
    interval,
    p_words,
    primary_of,
    share,
)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table of texts."""

    title: str
    notes: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


CALIBRATION_NOTES = (
    "Expected calibration errors compare the mean probability with the share that is "
    "right, in 15 bins: ECE of the most probable class in bins of equal width, the "
    "next in bins that hold equally many frames, class-wise ECE over the probabilities "
    "of every class (mean over those that occur).",
    "Chance makes these errors larger where frames are few. Their intervals allow for "
    "it, so a figure may lie above its interval, and begin at 0 where perfect "
    "calibration is not excluded. They are rougher than others: in simulated studies "
    "of 40 subjects they held the truth in 88 to 100 %.",
    "Brier score: squared distance to the truth over all classes, 0 to 2. Log loss: "
    "nats; a probability of exactly 0 for what was true counts 15.9.",
)
TEST_NOTES = (
    "p: paired permutation of subjects, two-sided, adjusted by Holm's method for all "
    "tests of the same figure in this table. It can be no smaller than one in as many "
    "permutations as there were, times the number of tests.",
    "Effect size: mean difference in standard deviations of the difference over "
    "subjects (Cohen's d_z with Hedges' correction). Macro F1 is of all subjects, not "
    "of one, so for planes the difference is that in balanced accuracy over the "
    "classes that a subject has. 0.2 is called small, 0.5 medium, 0.8 large.",
)
LEARNING_NOTES = (
    "Area: mean of the figure over the logarithm of the share of labels, from the "
    "least to the most. Worth: the share of labels with which untrained weights do as "
    "well, on a straight line between their points over that logarithm; ≤ and > where "
    "they do with the least, or do not with the most.",
)


def grids(table: Table) -> list[Grid]:
    """Those that have something in them."""
    primary = primary_of(table.rows)
    found = [
        _figures("Calibration", CALIBRATION, primary, CALIBRATION_NOTES),
        _tests(table),
        _learning(table),
        _figures("Events in videos", EVENTS, primary, table.event_notes),
        *(_grouping(each) for each in table.groupings),
    ]
    return [grid for grid in found if grid.rows]


def _figures(
    title: str, names: Sequence[str], rows: Sequence[Row], notes: tuple[str, ...]
) -> Grid:
    there = [name for name in names if any(name in row.figures for row in rows)]
    return Grid(
        title=title,
        notes=notes,
        heads=("arm", "protocol", "labels", *(FIGURES[name] for name in there)),
        rows=tuple(
            (*_named(row), *(_cell(row.figures.get(name)) for name in there))
            for row in rows
            if there
        ),
    )


def _tests(table: Table) -> Grid:
    return Grid(
        title="Tests and effect sizes against untrained weights",
        notes=TEST_NOTES,
        heads=(
            *("arm", "protocol", "labels", "figure", "gain", "p", "p by Holm"),
            *("effect size", "subjects better", "worse"),
        ),
        rows=tuple(line for row in table.rows for line in _tested(row)),
    )


def _tested(row: Row) -> Iterator[tuple[str, ...]]:
    """A line for each tested figure, and the effects beside them."""
    for place, (name, p) in enumerate(row.p.items()):
        effect = row.effects[place] if place < len(row.effects) else None
        yield (
            *_named(row),
            FIGURES[name],
            _cell(row.gains[name], "+"),
            p_words(p).removeprefix("p "),
            p_words(row.p_holm[name]).removeprefix("p "),
            *(_effect(effect) if effect else ("", "", "")),
        )


def _effect(effect: Effect) -> tuple[str, str, str]:
    """Size and of what, and how many subjects are better and worse off."""
    better, worse = (
        f"{each * effect.subjects:.0f}" for each in (effect.improved, effect.worsened)
    )
    size = f"{FIGURES[effect.figure]}: {_cell(effect.size, '+')}"
    return size, f"{better} of {effect.subjects}", worse


def _learning(table: Table) -> Grid:
    return Grid(
        title="What labels are worth",
        notes=LEARNING_NOTES,
        heads=(
            "arm",
            "protocol",
            "figure",
            "area",
            "gain in area",
            "labels: worth without pretraining",
        ),
        rows=tuple(
            (
                each.arm,
                each.protocol,
                FIGURES[each.figure],
                _cell(each.area),
                _cell(each.gain, "+"),
                "; ".join(f"{share(e.fraction)}: {e.words}" for e in each.equals),
            )
            for each in table.learning
        ),
    )


def _grouping(grouping: Grouping) -> Grid:
    names = [
        name
        for name in SHOWN
        if any(name in arm.figures for g in grouping.groups for arm in g.arms)
    ]
    tested = [
        f"{arm}: {p_words(p)}"
        for arm, p in grouping.heterogeneity_p.items()
        if p_words(p)
    ]
    counts: tuple[str, ...] = ("subjects", "videos", "frames")
    if any(group.classes for group in grouping.groups):
        counts = (*counts, "classes")
    said = f"No difference between groups in {FIGURES[grouping.figure]}: "
    said += ", ".join(tested) or "not tested, as subjects are in several groups or few"
    return Grid(
        title=f"By {grouping.name}",
        notes=(said + ".", *group_notes([grouping])),
        heads=(
            *(grouping.name, *counts, "arm"),
            *(FIGURES[name] for name in names),
            f"gain in {FIGURES[grouping.figure]}",
        ),
        rows=tuple(
            _group_row(group, counts, arm, names, grouping.figure)
            for group in grouping.groups
            for arm in group.arms
        ),
    )


def _group_row(
    group: Group,
    counts: Sequence[str],
    arm: GroupFigures,
    names: Sequence[str],
    figure: str,
) -> tuple[str, ...]:
    return (
        group.name,
        *(str(getattr(group, count)) for count in counts),
        arm.arm,
        *(_cell(arm.figures.get(name)) for name in names),
        _cell(arm.gains.get(figure), "+"),
    )


def _named(row: Row) -> tuple[str, str, str]:
    return row.arm, row.protocol, share(row.fraction)


def _cell(figure: Estimate | None, sign: str = "") -> str:
    return "" if figure is None else " ".join(interval(figure, sign))
