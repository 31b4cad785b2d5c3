"""Views cut out of frames that were read a little larger, and points that go along.

Legend: B batch, H rows, W columns, P points, 2 right and down.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Generator, Tensor

from insonify.clips.augment import Flip

Points = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Crop:
    """Where the view of each frame of a batch lies, and whether it is mirrored."""

    size: tuple[int, int]
    """Rows and columns of the views."""
    top_B: Tensor
    """First row of each view, in its frame."""
    left_B: Tensor
    """First column."""
    flipped_B: Tensor
    """Whether it is mirrored left to right."""

    def views(self, frames_BHW: Tensor) -> Tensor:
        """Cut the views out of frames."""
        height, width = self.size
        corners = zip(self.top_B.tolist(), self.left_B.tolist(), strict=True)
        views_BHW = torch.stack(
            [
                frame_HW[top : top + height, left : left + width]
                for frame_HW, (top, left) in zip(frames_BHW, corners, strict=True)
            ]
        )
        return Flip().apply(views_BHW[:, None], self.flipped_B)[:, 0]

    def points(self, place: int, points_P2: Points) -> Points:
        """Pixels of frame ``place`` as shares of its view; points off it are dropped.

        >>> flipped = Crop(
        ...     size=(2, 4),
        ...     top_B=torch.tensor([1]),
        ...     left_B=torch.tensor([1]),
        ...     flipped_B=torch.tensor([True]),
        ... )
        >>> flipped.points(0, np.array([(2.0, 1.5), (9.0, 1.5)])).tolist()
        [[0.75, 0.25]]
        """
        height, width = self.size
        corner_2 = np.array([self.left_B[place].item(), self.top_B[place].item()])
        shares_P2 = (points_P2 - corner_2) / (width, height)
        on_view_P = ((shares_P2 >= 0) & (shares_P2 < 1)).all(1)
        kept_P2: Points = shares_P2[on_view_P]
        if self.flipped_B[place]:
            # 0 would become 1, which is off the view: the next number below it is on.
            kept_P2[:, 0] = np.minimum(1 - kept_P2[:, 0], np.nextafter(1, 0))
        return kept_P2

    def centred_where(self, wanted_B: Tensor, source: tuple[int, int]) -> "Crop":
        """The same, but with the central view where it is wanted."""
        middle = centre_crop(len(wanted_B), source, self.size)
        return Crop(
            size=self.size,
            top_B=torch.where(wanted_B, middle.top_B, self.top_B),
            left_B=torch.where(wanted_B, middle.left_B, self.left_B),
            flipped_B=self.flipped_B,
        )


def centre_crop(batch: int, source: tuple[int, int], size: tuple[int, int]) -> Crop:
    """The central views, not mirrored."""
    top, left = ((whole - part) // 2 for whole, part in zip(source, size, strict=True))
    return Crop(
        size=size,
        top_B=torch.full((batch,), top),
        left_B=torch.full((batch,), left),
        flipped_B=torch.zeros(batch, dtype=torch.bool),
    )


def random_crop(
    batch: int,
    source: tuple[int, int],
    size: tuple[int, int],
    flip: Flip,
    generator: Generator,
) -> Crop:
    """Views drawn evenly from all that lie in the frame."""
    top_B, left_B = (
        torch.randint(whole - part + 1, (batch,), generator=generator)
        for whole, part in zip(source, size, strict=True)
    )
    flipped_B = flip.sample(batch, generator)
    return Crop(size=size, top_B=top_B, left_B=left_B, flipped_B=flipped_B)
