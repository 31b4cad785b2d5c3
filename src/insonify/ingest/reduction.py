"""Crops frames to the image area and reduces them.

Legend: H rows, W columns; h, w rows and columns after reduction.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from insonify.core.errors import IngestError
from insonify.core.video import Box, Frames
from insonify.ingest.area.image_area import ImageArea
from insonify.ingest.area.rectangle import largest_rectangle
from insonify.ingest.recording import TimedFrame, levelled

Mask: TypeAlias = npt.NDArray[np.bool_]

_AT_ONCE: Final = 64
"""Rows that are turned at a time, for the processor's cache: in half of the time."""


@dataclass(frozen=True, kw_only=True)
class Reduction:
    """Crops frames to the image area and reduces them, clean to the edge."""

    area: ImageArea
    height: int
    width: int
    mask_hw: Mask
    """The image area after reduction: pixels that lie wholly inside it."""
    rectangle: Box
    """The largest rectangle inside ``mask_hw``."""
    inside_HW: Frames
    """255 where the image area is within its box, else 0; to black out by ``&``, which
    takes a third of what multiplying does …"""
    inside_hw: Frames
    """… and the same of ``mask_hw``."""
    scratch_HW: Frames
    """Where a frame is blacked out: taking memory for each takes longer than that."""

    @classmethod
    def plan(cls, area: ImageArea, size: int) -> "Reduction":
        """Choose the reduced size; never larger than the source.

        Raises:
            IngestError: nothing of the area is left at that size.
        """
        box = area.box
        scale = min(1.0, size / min(box.height, box.width))
        height, width = round(box.height * scale), round(box.width * scale)
        inside_HW = _crop(area.mask_HW, box) * np.uint8(255)
        mask_hw = _resize(inside_HW, height, width) >= 254
        rectangle = largest_rectangle(mask_hw)
        if min(rectangle.height, rectangle.width) < 1:
            raise IngestError(
                f"the image area is too thin to be reduced to {size} pixels; "
                "pass a larger --size, in a store of its own"
            )
        return cls(
            area=area,
            height=height,
            width=width,
            mask_hw=mask_hw,
            rectangle=rectangle,
            inside_HW=inside_HW,
            inside_hw=mask_hw * np.uint8(255),
            scratch_HW=np.empty_like(inside_HW),
        )

    def apply(self, frame: TimedFrame) -> Frames:
        """Crop, black out what is outside, reduce by averaging: (h, w)."""
        cropped = _crop(frame.luma_HW, self.area.box)
        np.bitwise_and(cropped, self.inside_HW, out=self.scratch_HW)
        reduced = _resize(self.scratch_HW, self.height, self.width)
        if frame.levels is not None:  # they are linear in the codes
            reduced = levelled(reduced, frame.levels)
        return reduced & self.inside_hw

    def share(self, chosen_HW: Mask | None) -> float:
        """The share of the image area that is chosen; 0 for None."""
        if chosen_HW is None:
            return 0.0
        box, mask_HW = self.area.box, self.area.mask_HW
        inside_HW = _crop(chosen_HW, box) & _crop(mask_HW, box)
        return np.count_nonzero(inside_HW) / np.count_nonzero(mask_HW)

    def spacing_mm(
        self, source_mm: tuple[float, float] | None
    ) -> tuple[float, float] | None:
        """Millimetres per reduced pixel, along rows and columns, if known."""
        if source_mm is None:
            return None
        (down, right), box = source_mm, self.area.box
        return down * box.height / self.height, right * box.width / self.width


def _crop(image_HW: npt.NDArray[Any], box: Box) -> npt.NDArray[Any]:
    return image_HW[box.top : box.bottom, box.left : box.right]


def _resize(image_HW: Frames, height: int, width: int) -> Frames:
    """Reduce by averaging."""
    rows, columns = image_HW.shape
    if image_HW.shape == (height, width):
        return image_HW
    # Of a tall picture Pillow averages rows first, which rounds in another way.
    if rows < min(4 * height, 2 * columns) and columns < 4 * width:
        return _averaged_both_ways(image_HW, height, width)
    # By a whole number first, where it is four or more; two cost SonoNet a plane.
    box, image = Image.Resampling.BOX, Image.fromarray(image_HW)
    return np.asarray(image.resize((width, height), box, reducing_gap=2.0))


def _averaged_both_ways(image_HW: Frames, height: int, width: int) -> Frames:
    """Means over bands of whole columns, and then of whole rows.

    What Pillow does with ``BOX``, to the last bit and in half of the time.
    """
    across_wH = _averaged(_turned(image_HW), _bands(image_HW.shape[1], width))
    return _averaged(_turned(across_wH), _bands(len(image_HW), height))


def _turned(image_HW: Frames) -> Frames:
    """Columns as rows: what lies in a row is added up four times as fast."""
    turned_WH = np.empty(image_HW.shape[::-1], np.uint8)
    for top in range(0, len(image_HW), _AT_ONCE):
        rows = slice(top, top + _AT_ONCE)
        turned_WH[:, rows] = image_HW[rows].T
    return turned_WH


Bands: TypeAlias = tuple[tuple[int, npt.NDArray[np.int64], npt.NDArray[np.int64]], ...]
"""Of each count of rows that are averaged: the count, the rows of the result that are
means of so many, and the first row of each of these means."""


@lru_cache(maxsize=16)
def _bands(rows: int, wanted: int) -> Bands:
    """Rows of a picture, parted into as many bands as are wanted.

    A row belongs to the band that holds its middle.
    """
    scale = rows / wanted
    centre = (np.arange(wanted) + 0.5) * scale
    first = (centre - scale / 2 + 0.5).astype(np.int64)
    last = (centre + scale / 2 - 0.5).astype(np.int64)
    first += (first - centre + 0.5) / scale <= -0.5  # as Pillow rounds
    last -= (last - centre + 0.5) / scale > 0.5
    counts = last + 1 - first
    return tuple(
        (int(count), np.flatnonzero(counts == count), first[counts == count])
        for count in np.unique(counts)
    )


def _averaged(image_HW: Frames, bands: Bands) -> Frames:
    """The mean of each band of rows: (h, W)."""
    height = sum(len(places) for _, places, _ in bands)
    means_hW = np.empty((height, image_HW.shape[1]), np.uint8)
    for count, places, first in bands:
        sums = image_HW[first].astype(np.uint16)
        for offset in range(1, count):
            sums += image_HW[first + offset]
        sums += count // 2
        sums //= count
        means_hW[places] = sums
    return means_hW
