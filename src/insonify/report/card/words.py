"""Values of a card as text."""

from collections.abc import Iterable, Sequence
from typing import Any

from insonify.report.card.content import NOT_STATED
from insonify.report.card.counts import NOT_RECORDED, Factor, Group
from insonify.report.card.text import Grid
from insonify.report.tables.statistics import Estimate
from insonify.report.tables.wording import number


def stated(text: str | None) -> str:
    """What the maker says, or that nothing is said."""
    return text.strip() if text and text.strip() else NOT_STATED


def recorded(value: Any, unit: str = "") -> str:
    """A value with its unit, or that there is none."""
    return NOT_RECORDED if value is None else f"{plain(value)}{unit}"


def plain(value: Any) -> str:
    """An option's value."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(plain, value))
    if value is None:
        return "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def interval(found: Estimate | None, sign: str = "") -> str:
    """Such as ``0.757 [0.702, 0.811]``; empty where there is nothing."""
    if found is None:
        return ""
    value = number(found.value)
    if value == "undefined":
        return value
    return f"{found.value:{sign}.3f} [{number(found.low)}, {number(found.high)}]"


def percent(found: Estimate) -> str:
    """A share with its interval."""
    return f"{found.value:.0%} ({found.low:.0%} to {found.high:.0%})"


def counted(count: int, noun: str) -> str:
    """A count and its noun.

    >>> counted(1, "subject"), counted(2, "subject")
    ('1 subject', '2 subjects')
    """
    return f"{count} {noun}" + ("" if count == 1 else "s")


def size_of(group: Group) -> str:
    """Subjects, videos, frames and hours in one line."""
    return (
        f"{counted(group.subjects, 'subject')}, {counted(group.videos, 'video')}, "
        f"{counted(group.frames, 'frame')}, {duration(group.hours * 3600)}"
    )


def duration(seconds: float) -> str:
    """Seconds, minutes or hours, whichever fits."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def group_grid(head: str, groups: Iterable[Group], title: str = "") -> Grid:
    """A table of groups."""
    return Grid(
        title=title,
        heads=(head, "subjects", "videos", "frames", "minutes"),
        rows=tuple(
            (
                each.name,
                str(each.subjects),
                str(each.videos),
                str(each.frames),
                f"{each.hours * 60:.1f}",
            )
            for each in groups
        ),
    )


def factor_grids(factors: Sequence[Factor]) -> tuple[Grid, ...]:
    """A table for each factor."""
    return tuple(
        group_grid(each.name, each.groups, each.name.capitalize()) for each in factors
    )
