"""The frame, where one would look on it, and where one did.

Legend: H rows and W columns of stored frames, h rows and w columns of maps, P points,
2 right and down, 3 colours.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from insonify.clips.loader import largest_window
from insonify.core.saliency import Floats as Doubles
from insonify.core.video import Box, Frames
from insonify.deploy.colours import GAZE, HEAT, Picture, shade
from insonify.transfer.examples import Floats

OUTLINE: Final = (92, 97, 107)
"""Of what the encoder sees."""
_RADIUS: Final = 7
_MOST_RINGS: Final = 4


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """Draws frames of one shape."""

    frame_HW: tuple[int, int]
    """Rows and columns of the stored frames."""
    rectangle: Box
    """The largest rectangle in their image area."""
    size: tuple[int, int]
    """Rows and columns of the encoder's views."""
    drawn_HW: tuple[int, int]
    """Rows and columns of the drawn frame."""
    opacity: float

    @property
    def window(self) -> Box:
        """The part of the drawn frame that the encoder sees."""
        window = largest_window(self.rectangle, self.size)
        down, right = self._scale
        return Box(
            round(window.top * down),
            round(window.left * right),
            round(window.bottom * down),
            round(window.right * right),
        )

    def draw(
        self, frame_HW: Frames, map_hw: Floats | None, points_P2: Doubles | None
    ) -> Picture:
        """The frame in grey, under heat and rings: (H, W, 3).

        Args:
            frame_HW: A stored frame.
            map_hw: Where one would look on the encoder's view; hottest where it is
                greatest.
            points_P2: Where one looked, in pixels of the stored frame.
        """
        height, width = self.drawn_HW
        image = Image.fromarray(frame_HW).resize(
            (width, height), Image.Resampling.BICUBIC
        )
        picture_HW3 = np.repeat(np.asarray(image)[..., None], 3, axis=2)
        if map_hw is not None:
            self._heat(picture_HW3, map_hw)
        image = Image.fromarray(picture_HW3)
        canvas, box = ImageDraw.Draw(image), self.window
        edges = (box.left, box.top, box.right - 1, box.bottom - 1)
        canvas.rectangle(edges, outline=OUTLINE)
        if points_P2 is not None:
            self._rings(canvas, points_P2)
        return np.asarray(image)

    def _heat(self, picture_HW3: Picture, map_hw: Floats) -> None:
        box = self.window
        level_hw = map_hw / max(float(map_hw.max()), 1e-12)
        resized = Image.fromarray(level_hw.astype(np.float32)).resize(
            (box.width, box.height), Image.Resampling.BICUBIC
        )
        level_HW = np.clip(np.asarray(resized), 0, 1)
        below_HW3 = picture_HW3[box.top : box.bottom, box.left : box.right]
        alpha_HW1 = (self.opacity * level_HW)[..., None]
        heat_HW3 = shade(HEAT, level_HW)
        below_HW3[:] = (below_HW3 * (1 - alpha_HW1) + heat_HW3 * alpha_HW1).round()

    def _rings(self, canvas: ImageDraw.ImageDraw, points_P2: Doubles) -> None:
        """A ring for each point; of many, for a few that are evenly spaced."""
        few = min(len(points_P2), _MOST_RINGS)
        places = np.linspace(0, len(points_P2) - 1, few).round().astype(int)
        down, right = self._scale
        for x, y in (points_P2[places] * (right, down)).tolist():
            ring(canvas, x, y)

    @property
    def _scale(self) -> tuple[float, float]:
        down, right = (
            drawn / stored
            for drawn, stored in zip(self.drawn_HW, self.frame_HW, strict=True)
        )
        return down, right


def ring(canvas: ImageDraw.ImageDraw, x: float, y: float) -> None:
    """The mark of a place that was looked at, dark beneath so that bone shows it."""
    for colour, width in (((0, 0, 0), 4), (GAZE, 2)):
        reach = _RADIUS + width / 2
        box = (x - reach, y - reach, x + reach, y + reach)
        canvas.ellipse(box, outline=colour, width=width)
