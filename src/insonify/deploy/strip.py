"""What scrolls under the frame: probabilities, the store's own labels, seconds.

Legend: T frames, C classes, X columns of a strip, H rows, W columns, 3 colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import ImageDraw

from insonify.core.video import Box
from insonify.deploy.colours import GREY, PANEL, PROBABILITY, WHITE, Picture, shade
from insonify.deploy.timeline import Run, Timeline
from insonify.deploy.words import write
from insonify.transfer.examples import Floats

_BLOCKS: Final = ((58, 66, 80), (82, 92, 110))
"""Shades of neighbouring labels: it is their words that tell them apart."""
_LEAST_WORDS: Final = 24
_STEPS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
_STEP_PX: Final = 60


@dataclass(frozen=True)
class Strip:
    """A window of the scan's time that moves with the frame."""

    timeline: Timeline
    span_s: float
    """Seconds that are shown; now is in the middle."""

    def probabilities(self, table_TC: Floats, box: Box, now_s: float) -> Picture:
        """A row a class, its colour the probability: (H, W, 3) of the box."""
        classes = table_TC.shape[1]
        places_X = self.timeline.frames_at(now_s, self.span_s, box.width)
        colours_XC3 = shade(PROBABILITY, table_TC[places_X])
        colours_XC3[places_X < 0] = PANEL
        rows = box.height // classes
        picture_HW3 = np.repeat(colours_XC3.swapaxes(0, 1), rows, axis=0)
        picture_HW3[rows - 1 :: rows] = PANEL
        return picture_HW3

    def labels(
        self,
        canvas: ImageDraw.ImageDraw,
        runs: Sequence[Run],
        box: Box,
        now_s: float,
    ) -> None:
        """Blocks with the names of the labels in them."""
        canvas.rectangle(_edges(box), fill=PANEL)
        for number, run in enumerate(runs):
            left = max(self._column(run.start_s, now_s, box), box.left)
            right = min(self._column(run.end_s, now_s, box), box.right)
            if right - left < 1:
                continue
            block = Box(box.top, round(left), box.bottom, round(right))
            canvas.rectangle(_edges(block), fill=_BLOCKS[number % 2])
            if block.width >= _LEAST_WORDS:
                middle = (block.left + 5, (block.top + block.bottom) / 2)
                write(canvas, middle, run.label, 13, WHITE, width=block.width - 8)

    def axis(self, canvas: ImageDraw.ImageDraw, box: Box, now_s: float) -> None:
        """Seconds of the scan, below the strips."""
        pixels = box.width / self.span_s
        step = next((s for s in _STEPS if s * pixels >= _STEP_PX), _STEPS[-1])
        first = max(now_s - self.span_s / 2, self.timeline.begin_s)
        last = min(now_s + self.span_s / 2, self.timeline.end_s)
        for number in range(int(np.ceil(first / step)), int(last / step) + 1):
            x = self._column(number * step, now_s, box)
            canvas.line((x, box.top, x, box.top + 4), fill=GREY)
            if box.left + 16 <= x <= box.right - 16:
                place = (x, box.top + 5)
                text = f"{number * step:g} s"
                write(canvas, place, text, 11, GREY, width=_STEP_PX, anchor="ma")

    def _column(self, time_s: float, now_s: float, box: Box) -> float:
        share = (time_s - now_s) / self.span_s + 0.5
        return box.left + share * box.width


def _edges(box: Box) -> tuple[int, int, int, int]:
    """Pillow counts the last row and column in."""
    return box.left, box.top, box.right - 1, box.bottom - 1
