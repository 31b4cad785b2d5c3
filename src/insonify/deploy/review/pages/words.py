"""How numbers, times and classes read on the pages."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from markupsafe import Markup

COLOURS: Final = 8
"""Class colours that ``assets/classes.js`` has; later classes begin anew."""
KEYS: Final = "123456789qetyuadghxcvz"
"""A key for each class, in their order, as in ``assets/classes.js``."""


def clock(seconds: float, decimals: int = 0) -> str:
    """Minutes and seconds.

    >>> clock(125.04), clock(3.456, 2), clock(59.7)
    ('2:05', '0:03.46', '1:00')
    """
    unit = 10**decimals
    minutes, rest = divmod(round(seconds * unit), 60 * unit)
    width = 3 + decimals if decimals else 2
    return f"{minutes}:{rest / unit:0{width}.{decimals}f}"


def span(seconds: float) -> str:
    """How long something is, in the unit that people would say.

    >>> span(8.24), span(75), span(7380)
    ('8 s', '1 min 15 s', '2 h 3 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, rest = divmod(round(whole / 60), 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number of things.

    >>> count(1, "scan"), count(12345, "frame"), count(2, "class", "classes")
    ('1 scan', '12,345 frames', '2 classes')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def scan_address(video: str, frame: int | None = None) -> str:
    """Where a scan is looked at, at a frame."""
    where = f"/scan/{quote(video, safe='')}"
    return where if frame is None else f"{where}?frame={frame}"


def picture_address(kind: str, video: str, frame: int) -> str:
    """Where a frame's picture is; ``kind`` is ``frame`` or ``thumbnail``."""
    return f"/api/{kind}/{quote(video, safe='')}/{frame}"


def class_style(label: str, classes: Sequence[str]) -> str:
    """The colour of a class, as the player has it, for a ``style``."""
    if label not in classes:
        return ""
    return f"--class: var(--class-{classes.index(label) % COLOURS})"


def chip(label: str, classes: Sequence[str], more: str = "") -> Markup:
    """A class with its colour, and what else there is to say."""
    return Markup(
        '<span class="chip" style="{}"><i class="dot"></i>{}{}</span>'
    ).format(
        class_style(label, classes),
        label,
        Markup('<span class="quiet numbers"> {}</span>').format(more) if more else "",
    )
