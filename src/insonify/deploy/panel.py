"""The words and scales beside the frame."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from PIL import ImageDraw

from insonify.core.video import Box
from insonify.deploy.colours import (
    GREY,
    HEAT,
    PROBABILITY,
    WHITE,
    Colour,
    Picture,
    shade,
)
from insonify.deploy.overlay import OUTLINE, ring
from insonify.deploy.words import font, write

_SCALE: Final = (120, 10)
"""Columns and rows of a colour scale."""
_GREY_BELOW: Final = 60
"""Grey level on which the heat's scale lies, as it lies on tissue."""


def draw_verdict(
    canvas: ImageDraw.ImageDraw,
    panel: Box,
    *,
    task: str,
    best: str | None,
    probability: float | None,
    label: str | None,
    clock: str,
) -> None:
    """Write the best class and its probability, the store's label, and the time.

    Args:
        canvas: The picture.
        panel: Where.
        task: What the classes are of.
        best: The best class; None where there are no classes.
        probability: Its probability.
        label: The store's label; None where it is not shown.
        clock: The time.
    """
    x, y, width = panel.left, panel.top, panel.width
    if best is not None and probability is not None:
        write(canvas, (x, y + 8), f"most probable {task}", 13, GREY, width=width)
        size = _largest(best, width)
        write(canvas, (x, y + 36), best, size, WHITE, width=width)
        write(canvas, (x, y + 76), f"{probability:.2f}", 36, WHITE, width=width)
    if label is not None:
        write(canvas, (x, y + 116), "labelled", 13, GREY, width=width)
        write(canvas, (x, y + 138), label, 18, WHITE, width=width)
    write(canvas, (x, panel.bottom - 8), clock, 15, WHITE, width=width)


def draw_legend(
    canvas: ImageDraw.ImageDraw,
    panel: Box,
    *,
    strip: bool,
    opacity: float,
    rings: bool,
) -> None:
    """Say what the colours mean, above the time.

    Args:
        canvas: The picture.
        panel: Where.
        strip: Whether there are probabilities.
        opacity: Of the heat at its peak; 0 where there is none.
        rings: Whether there are points.
    """
    y = panel.bottom - 36
    if rings:
        ring(canvas, panel.left + 10, y)
        place = (panel.left + 28, y)
        write(canvas, place, "sonographer's gaze", 13, GREY, width=panel.width - 28)
        y -= 28
    canvas.rectangle((panel.left, y - 6, panel.left + 20, y + 6), outline=OUTLINE)
    place = (panel.left + 28, y)
    write(canvas, place, "what the network sees", 13, GREY, width=panel.width - 28)
    y -= 32
    if opacity:
        y = _scale(
            canvas,
            panel,
            y,
            "predicted gaze",
            ends=("none", "most in this frame"),
            colours=_heat(opacity),
        )
    if strip:
        _scale(
            canvas,
            panel,
            y,
            "probability",
            ends=("0", "1"),
            colours=_row(PROBABILITY),
        )


def _scale(
    canvas: ImageDraw.ImageDraw,
    panel: Box,
    y: int,
    title: str,
    *,
    ends: tuple[str, str],
    colours: Iterable[Colour],
) -> int:
    """Draw a scale whose lowest line is at ``y``; returns where the next one ends."""
    width, height = _SCALE
    write(canvas, (panel.left, y - 30), title, 13, GREY, width=panel.width)
    for column, colour in enumerate(colours):
        x = panel.left + column
        canvas.line((x, y - 18, x, y - 19 + height), fill=colour)
    write(canvas, (panel.left, y), ends[0], 11, GREY, width=panel.width)
    right = (panel.left + width, y)
    anchor = "rm" if len(ends[1]) < 4 else "mm"
    write(canvas, right, ends[1], 11, GREY, width=panel.width, anchor=anchor)
    return y - 56


def _row(scale: Picture) -> Iterator[Colour]:
    yield from map(tuple, shade(scale, np.linspace(0, 1, _SCALE[0])).tolist())


def _heat(opacity: float) -> Iterator[Colour]:
    """The heat as it looks over tissue."""
    for place, colour in enumerate(_row(HEAT)):
        alpha = opacity * place / (_SCALE[0] - 1)
        red, green, blue = (
            round(_GREY_BELOW * (1 - alpha) + channel * alpha) for channel in colour
        )
        yield red, green, blue


def _largest(text: str, width: int) -> int:
    """The largest size, from 15 to 26, in which a text fits."""
    sizes = range(26, 15, -1)
    return next((s for s in sizes if font(s).getlength(text) <= width), 15)
