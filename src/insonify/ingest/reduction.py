"""Crops frames to the image area and reduces them.

Legend: H rows, W columns; h, w rows and columns after reduction.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from insonify.core.errors import IngestError
from insonify.core.video import Box, Frames
from insonify.ingest.area.image_area import ImageArea
from insonify.ingest.area.rectangle import largest_rectangle
from insonify.ingest.recording import TimedFrame, levelled

Mask: TypeAlias = npt.NDArray[np.bool_]


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

    @classmethod
    def plan(cls, area: ImageArea, size: int) -> "Reduction":
        """Choose the reduced size; never larger than the source.

        Raises:
            IngestError: nothing of the area is left at that size.
        """
        box = area.box
        scale = min(1.0, size / min(box.height, box.width))
        height, width = round(box.height * scale), round(box.width * scale)
        share = _resize(_crop(area.mask_HW * np.uint8(255), box), height, width)
        mask_hw = share >= 254
        rectangle = largest_rectangle(mask_hw)
        if min(rectangle.height, rectangle.width) < 1:
            raise IngestError(
                f"the image area is too thin to be reduced to {size} pixels; "
                "pass a larger --size, in a store of its own"
            )
        return cls(
            area=area, height=height, width=width, mask_hw=mask_hw, rectangle=rectangle
        )

    def apply(self, frame: TimedFrame) -> Frames:
        """Crop, black out what is outside, reduce by averaging: (h, w)."""
        box = self.area.box
        inside = _crop(frame.luma_HW, box) * _crop(self.area.mask_HW, box)
        reduced = _resize(inside, self.height, self.width)
        if frame.levels is not None:  # they are linear in the codes
            reduced = levelled(reduced, frame.levels)
        return reduced * self.mask_hw

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


def _resize(image_HW: npt.NDArray[Any], height: int, width: int) -> Frames:
    if image_HW.shape == (height, width):
        return image_HW.astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(image_HW))
    # By a whole number first, where it is four or more; two cost SonoNet a plane.
    return np.asarray(
        image.resize((width, height), Image.Resampling.BOX, reducing_gap=2.0)
    )
