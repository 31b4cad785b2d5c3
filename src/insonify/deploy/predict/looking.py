"""Finds where the image of a live source is, before its frames are answered.

Legend: T frames, H rows, W columns.
"""

from typing import Final

import numpy as np

from insonify.core.errors import IngestError
from insonify.ingest.area.image_area import Area, find_image_areas
from insonify.ingest.recording import Recording, TimedFrame
from insonify.ingest.reduction import Reduction

_LOOK_S: Final = 1.0
"""How long frames are looked at before the image area is told …"""
_MOST_LOOKS: Final = 10
"""… and how often that is tried: a probe that nobody holds shows nothing that moves."""
RESIZED: Final = "the picture changes its size; begin again"


class Look:
    """Looks at frames until it can tell where the image is."""

    def __init__(self, area: Area, size: int) -> None:
        self.area, self.size = area, size
        self.frames: list[TimedFrame] = []
        self.looks = 0
        self.error = IngestError("the source ends before the image area is found")

    def add(self, frame: TimedFrame) -> Reduction | None:
        """Look at a frame; how frames are reduced, once that is told.

        Raises:
            IngestError: it cannot be told, however long one looks.
        """
        if self.frames and self.frames[0].luma_HW.shape != frame.luma_HW.shape:
            raise IngestError(RESIZED)
        self.frames.append(frame)
        first = self.frames[0].time_s
        if self.area == "auto" and frame.time_s - first < _LOOK_S:
            return None
        spread_THW = np.stack([each.luma_HW for each in self.frames])
        self.frames = []
        recording = Recording(
            frames=lambda: iter(()),
            shape_HW=spread_THW.shape[1:],
            container="stream",
            timing="arrival",
        )
        try:
            area = find_image_areas(recording, spread_THW, self.area)[0]
        except IngestError as error:
            self.looks, self.error = self.looks + 1, error
            if self.area != "auto" or self.looks >= _MOST_LOOKS:
                raise
            return None
        return Reduction.plan(area, self.size)

    def give_up(self) -> None:
        """Say why it was not told.

        Raises:
            IngestError: always.
        """
        raise self.error
