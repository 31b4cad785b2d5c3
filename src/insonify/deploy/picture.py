"""One picture of the video: frame, heat, words, strips, time.

Legend: T frames, C classes, H rows, W columns, h and w rows and columns of maps,
P points, 2 right and down, 3 colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from PIL import Image, ImageDraw

from insonify.core.saliency import Floats as Doubles
from insonify.core.video import Box, Frames
from insonify.deploy.colours import (
    BACKGROUND,
    GREY,
    NOW,
    PANEL,
    WARNING,
    WHITE,
    Picture,
)
from insonify.deploy.look import NAMES, Layout
from insonify.deploy.overlay import Overlay
from insonify.deploy.panel import draw_legend, draw_verdict
from insonify.deploy.strip import Strip
from insonify.deploy.timeline import Run, Timeline
from insonify.deploy.words import write
from insonify.transfer.examples import Floats


@dataclass(frozen=True, kw_only=True)
class Footer:
    """What stands under every picture."""

    lines: tuple[str, ...]
    warn: bool
    """Whether the last line is a warning."""


@dataclass(frozen=True, kw_only=True)
class Painter:
    """Draws the pictures of one scan."""

    layout: Layout
    overlay: Overlay
    timeline: Timeline
    strip: Strip
    footer: Footer
    names: tuple[str, ...] = ()
    """Classes of the strip; empty for no strip."""
    task: str = ""
    """What the classes are of."""
    table_TC: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    runs: tuple[Run, ...] | None = None
    """The store's own labels; None where they are not shown."""
    labels_T: tuple[str | None, ...] | None = None
    heat: bool
    """Whether there is a heat map."""
    rings: bool
    """Whether there are points."""

    def paint(
        self,
        number: int,
        frame_HW: Frames,
        map_hw: Floats | None,
        points_P2: Doubles | None,
    ) -> Picture:
        """The picture of a frame.

        Args:
            number: Which frame of the scan it is.
            frame_HW: The frame.
            map_hw: Where one would look.
            points_P2: Where one looked.
        """
        image = self._still.copy()
        drawn_HW3 = self.overlay.draw(frame_HW, map_hw, points_P2)
        image.paste(Image.fromarray(drawn_HW3), _corner(self.layout.frame))
        canvas = ImageDraw.Draw(image)
        now_s = float(self.timeline.times_s_T[number])
        self._verdict(canvas, number, now_s)
        self._strips(image, canvas, number, now_s)
        self._bar(canvas, now_s)
        return np.asarray(image)

    def _verdict(self, canvas: ImageDraw.ImageDraw, number: int, now_s: float) -> None:
        best = probability = label = None
        if self.names:
            place = int(self.table_TC[number].argmax())
            best, probability = self.names[place], float(self.table_TC[number, place])
        if self.labels_T is not None:
            label = self.labels_T[number] or "not labelled"
        clock = f"{now_s:.2f} s of {self.timeline.end_s:.2f} s"
        draw_verdict(
            canvas,
            self.layout.panel,
            task=self.task,
            best=best,
            probability=probability,
            label=label,
            clock=clock,
        )

    def _strips(
        self,
        image: Image.Image,
        canvas: ImageDraw.ImageDraw,
        number: int,
        now_s: float,
    ) -> None:
        layout, top = self.layout, self.layout.axis.top
        if self.runs is not None:
            self.strip.labels(canvas, self.runs, layout.labels, now_s)
            top = layout.labels.top
        if self.names:
            strip_HW3 = self.strip.probabilities(self.table_TC, layout.strip, now_s)
            image.paste(Image.fromarray(strip_HW3), _corner(layout.strip))
            best = int(self.table_TC[number].argmax())
            _name(canvas, layout.strip, self.names, best, WHITE)
            top = min(top, layout.strip.top)
        if layout.axis.height:
            self.strip.axis(canvas, layout.axis, now_s)
            middle = layout.axis.left + layout.axis.width // 2
            end = layout.axis.top + 3
            canvas.rectangle((middle - 2, top - 3, middle + 1, end), fill=BACKGROUND)
            canvas.rectangle((middle - 1, top - 3, middle, end), fill=NOW)

    def _bar(self, canvas: ImageDraw.ImageDraw, now_s: float) -> None:
        box, line = self.layout.bar, self.timeline
        share = (now_s - line.begin_s) / (line.end_s - line.begin_s)
        right = box.left + max(round(share * box.width), 2)
        canvas.rectangle((box.left, box.top, right - 1, box.bottom - 1), fill=GREY)

    @cached_property
    def _still(self) -> Image.Image:
        """What is the same on all pictures."""
        layout = self.layout
        height, width = layout.shape_HW
        image = Image.new("RGB", (width, height), BACKGROUND)
        canvas = ImageDraw.Draw(image)
        draw_legend(
            canvas,
            layout.panel,
            strip=bool(self.names),
            opacity=self.overlay.opacity if self.heat else 0.0,
            rings=self.rings,
        )
        for place in range(len(self.names)):
            _name(canvas, layout.strip, self.names, place, GREY)
        if self.runs is not None:
            box = layout.labels
            place_2 = (box.left - 8, (box.top + box.bottom) / 2)
            write(canvas, place_2, "labelled", 13, GREY, width=NAMES - 8, anchor="rm")
        bar = layout.bar
        canvas.rectangle((bar.left, bar.top, bar.right - 1, bar.bottom - 1), fill=PANEL)
        self._write_footer(canvas)
        return image

    def _write_footer(self, canvas: ImageDraw.ImageDraw) -> None:
        box, last = self.layout.footer, len(self.footer.lines) - 1
        for number, line in enumerate(self.footer.lines):
            colour = WARNING if self.footer.warn and number == last else GREY
            place = (box.left, box.top + 11 + 20 * number)
            write(canvas, place, line, 13, colour, width=box.width)


def _name(
    canvas: ImageDraw.ImageDraw,
    box: Box,
    names: Sequence[str],
    place: int,
    colour: tuple[int, int, int],
) -> None:
    """Write the name of a row of the strip, left of it."""
    rows = box.height // len(names)
    middle = (box.left - 8, box.top + (place + 0.5) * rows)
    size = min(rows - 2, 13)
    write(canvas, middle, names[place], size, colour, width=NAMES - 12, anchor="rm")


def _corner(box: Box) -> tuple[int, int]:
    return box.left, box.top
