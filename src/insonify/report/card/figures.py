"""What was measured, as sections of a card."""

import math
from collections.abc import Iterator, Sequence

from insonify.report.card.arm import Arm
from insonify.report.card.counts import NOT_RECORDED
from insonify.report.card.measured import Measured
from insonify.report.card.tested import Tested
from insonify.report.card.text import Grid, Section
from insonify.report.card.words import counted, interval
from insonify.report.tables.heterogeneity import UNKNOWN
from insonify.report.tables.render import SHORT
from insonify.report.tables.rows import Group, Grouping
from insonify.report.tables.subgroups import group_notes
from insonify.report.tables.wording import FIGURES, number, share


def metrics_told(tested: Sequence[Tested]) -> Iterator[str]:
    """What the figures mean, and how they and their intervals were made."""
    if not tested:
        yield "None: no predictions were given to this card."
    yield from dict.fromkeys(
        line for each in tested for line in (*each.readings, *each.notes)
    )


def analyses(tested: Sequence[Tested]) -> Section:
    """All figures with 95 % intervals over subjects."""
    return Section(
        title="Quantitative analyses",
        sentences=tuple(_told(tested)),
        grids=tuple(grid for each in tested for grid in _grids(each)),
    )


def _told(tested: Sequence[Tested]) -> Iterator[str]:
    if not tested:
        yield "None: no predictions were given to this card."
        return
    yield "In brackets: 95 % intervals over test subjects."
    for each in tested:
        if notes := group_notes(each.groupings):
            yield f"Task {each.task}, by device or site: {notes[0]}"
        else:
            yield (
                f"Task {each.task}, by device or site: not told. Its test frames do "
                "not differ in what is recorded, or their store was not given."
            )


def _grids(tested: Tested) -> Iterator[Grid]:
    task = f"Task {tested.task}"
    yield Grid(
        title=f"{task}: against the same network without pretraining",
        heads=(
            *("protocol", "labels", "figure", f"this recipe ({tested.arm.name})"),
            *("without pretraining", "gain", ""),
        ),
        rows=tuple(map(_row, tested.figures)),
    )
    if tested.blind:
        yield _blind(tested, task)
    if tested.alone:
        fold = tested.arm.fold
        yield Grid(
            title=f"{task}: this checkpoint alone, on the "
            f"{counted(tested.alone_subjects, 'test subject')} of fold {fold}",
            heads=(
                *("protocol", "labels", "figure", "this checkpoint"),
                *("without pretraining", "gain", ""),
            ),
            rows=tuple(map(_row, tested.alone)),
        )
    if tested.calibration:
        yield _calibration(tested, task)
    if tested.classes:
        yield _classes(tested, task)
    for grouping in tested.groupings:
        yield _subgroups(tested, task, grouping)


def _row(each: Measured) -> tuple[str, ...]:
    return (
        each.protocol,
        share(each.fraction),
        FIGURES[each.figure],
        interval(each.value),
        interval(each.untrained),
        interval(each.gain, "+"),
        each.word,
    )


def _blind(tested: Tested, task: str) -> Grid:
    names = list(dict.fromkeys(k for each in tested.blind for k in each.figures))
    return Grid(
        title=f"{task}: without looking at the image",
        heads=("who", "labels", *(FIGURES[name] for name in names)),
        rows=tuple(
            (
                each.who,
                share(each.fraction),
                *(number(each.figures.get(name, math.nan)) for name in names),
            )
            for each in tested.blind
        ),
    )


def _calibration(tested: Tested, task: str) -> Grid:
    return Grid(
        title=f"{task}: are the probabilities right? {tested.protocol}",
        heads=("figure", "this recipe"),
        rows=tuple(
            (FIGURES[name], interval(found))
            for name, found in tested.calibration.items()
        ),
    )


def _classes(tested: Tested, task: str) -> Grid:
    return Grid(
        title=f"{task}: class by class, {tested.protocol}",
        heads=("class", "test frames", "F1", "precision", "recall"),
        rows=tuple(
            (
                each.name,
                str(each.support),
                *map(interval, (each.f1, each.precision, each.recall)),
            )
            for each in tested.classes
        ),
    )


def _subgroups(tested: Tested, task: str, grouping: Grouping) -> Grid:
    return Grid(
        title=f"{task}: by {grouping.name}, {tested.protocol}",
        heads=(
            *(grouping.name, "subjects", "test frames", "figure", "this recipe"),
            *("without pretraining", "gain", ""),
        ),
        rows=tuple(
            (_name(group), str(group.subjects), str(group.frames), *cells)
            for group in grouping.groups
            for cells in _group_cells(tested.arm, group)
        ),
    )


def _name(group: Group) -> str:
    return NOT_RECORDED if group.name == UNKNOWN else group.name


def _group_cells(arm: Arm, group: Group) -> list[tuple[str, ...]]:
    """The figures of a group that are told first; of too few subjects an empty one."""
    found = {each.arm: each for each in group.arms}
    mine, its = found[arm.name], found.get(str(arm.baseline))
    measured = [
        Measured(
            protocol="",
            fraction=None,
            figure=figure,
            value=mine.figures[figure],
            untrained=its.figures.get(figure) if its else None,
            gain=mine.gains.get(figure),
        )
        for figure in SHORT
        if figure in mine.figures
    ]
    return [_row(each)[2:] for each in measured] or [("",) * 5]
