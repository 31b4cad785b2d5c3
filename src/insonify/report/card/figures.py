"""What was measured, as sections of a card."""

import math
from collections.abc import Iterator, Sequence

from insonify.report.card.measured import Measured
from insonify.report.card.tested import Tested
from insonify.report.card.text import Grid, Section
from insonify.report.card.words import counted, interval
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
        if each.subgroups:
            yield (
                f"Task {each.task}, by device or site: classes that do not occur in a "
                "group are left out of its macro figures, so that groups are not "
                "compared with each other by them."
            )
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
    for factor in dict.fromkeys(each.factor for each in tested.subgroups):
        yield _subgroups(tested, task, factor)


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


def _subgroups(tested: Tested, task: str, factor: str) -> Grid:
    """Classes that do not occur in a group are left out of its macro figures."""
    return Grid(
        title=f"{task}: by {factor}, {tested.protocol}",
        heads=(
            *(factor, "subjects", "test frames", "figure", "this recipe"),
            *("without pretraining", "gain", ""),
        ),
        rows=tuple(
            (each.name, str(each.subjects), str(each.frames), *_row(figure)[2:])
            for each in tested.subgroups
            if each.factor == factor
            for figure in each.figures
        ),
    )
