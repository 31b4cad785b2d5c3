"""The one form in which ultrasound leaves ingest.

Legend: T frames, H rows, W columns.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Frames = npt.NDArray[np.uint8]


class Box(NamedTuple):
    """A rectangle of pixels: rows ``top`` to ``bottom``, columns ``left`` to ``right``.

    Ends are exclusive, so ``frame[top:bottom, left:right]`` is the rectangle.
    """

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    def within(self, shape_HW: tuple[int, ...]) -> bool:
        """Whether it holds a pixel and lies in a picture of this shape."""
        height, width = shape_HW
        rows = 0 <= self.top < self.bottom <= height
        return rows and 0 <= self.left < self.right <= width


@dataclass(frozen=True, kw_only=True)
class Video:
    """A de-identified greyscale ultrasound video, cropped to the image area.

    It is checked once, here, and trusted above (style.md, 5).

    Attributes:
        frames_THW: Luma, 0 to 255; pixels outside the image area are 0.
        times_s_T: Seconds since the first frame of the source, strictly increasing.
        segments_T: The segment each frame belongs to, not decreasing; a clip never
            crosses from one segment to the next (cut, freeze or lift-off between).
        motion_T: Mean absolute grey-level difference between a frame and its
            predecessor, both reduced eightfold so that speckle noise averages out;
            0 for the first frame of a segment. A path length: it may be summed.
        rectangle: The largest rectangle that lies wholly inside the image area.
        spacing_mm: Millimetres per pixel along rows (downwards) and along columns;
            None where the source did not say.
        subject: Keyed pseudonym of the subject.
        exam: Keyed pseudonym of the examination.
        video: Keyed hash of the source file's content.
        source_shape: Rows and columns of the source picture; None where it is the
            stored frame itself.
        crop: The part of the source picture, in its pixels, that became the whole
            stored frame; None for all of it. Both say where on a screen the image was.
        facts: What ingest recorded of the source: container, timing source, image-area
            method, counts of dropped frames, notes. Never an identifier.
    """

    frames_THW: Frames
    times_s_T: npt.NDArray[np.float64]
    segments_T: npt.NDArray[np.int32]
    motion_T: npt.NDArray[np.float32]
    rectangle: Box
    spacing_mm: tuple[float, float] | None
    subject: str
    exam: str
    video: str
    source_shape: tuple[int, int] | None = None
    crop: Box | None = None
    facts: dict[str, str | int | float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.frames_THW)
        if self.frames_THW.dtype != np.uint8 or self.frames_THW.ndim != 3:
            raise ValueError("frames_THW must be uint8 with axes T, H, W")
        if count == 0:
            raise ValueError("a video needs at least one frame")
        for name in ("times_s_T", "segments_T", "motion_T"):
            if len(getattr(self, name)) != count:
                raise ValueError(f"{name} must have one entry for each frame")
        if np.any(np.diff(self.times_s_T) <= 0):
            raise ValueError("times_s_T must be strictly increasing")
        if np.any(np.diff(self.segments_T) < 0):
            raise ValueError("segments_T must not decrease")
        if not self.rectangle.within(self.frames_THW.shape[1:]):
            raise ValueError(f"rectangle {self.rectangle} is not within the frame")
        shape, crop = self.origin
        if not crop.within(shape):
            raise ValueError(f"crop {crop} is not within a picture of {shape}")

    @property
    def origin(self) -> tuple[tuple[int, int], Box]:
        """Shape of the source picture, and the part of it that was stored."""
        height, width = self.frames_THW.shape[1:]
        shape = self.source_shape or (height, width)
        return shape, self.crop or Box(0, 0, *shape)
