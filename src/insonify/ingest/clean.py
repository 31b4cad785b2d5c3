"""From a recording to a clean video: find the image, crop, resize, triage.

The recording is read twice, first a spread of frames for the image area and then all
of it; only the cropped and reduced frames are ever held together.

Legend: T frames, H rows, W columns.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from insonify.core.errors import ConfigError, IngestError
from insonify.core.video import Box, Frames, Video
from insonify.ingest.image_area import Area, ImageArea, find_image_area, spread_frames
from insonify.ingest.recording import Damaged, Recording
from insonify.ingest.rectangle import largest_rectangle
from insonify.ingest.triage import TriageOptions, triage

Facts = dict[str, str | int | float]


@dataclass(frozen=True, kw_only=True)
class CleanOptions:
    """What is made of a recording."""

    area: Area = "auto"
    """Where the image is: found; the full frame, for sources that are cropped and have
    nothing burned in; or TOP LEFT BOTTOM RIGHT in pixels of the source picture (rows
    TOP to BOTTOM, columns LEFT to RIGHT), such as for stills amid burned-in text."""
    size: int = 256
    """Short side of the image area in pixels; smaller images are not enlarged."""
    damaged: Damaged = "reject"
    """A file that breaks off: refuse it, or keep what comes before."""
    triage: TriageOptions = field(default_factory=TriageOptions)
    """Which frames are dropped."""

    def __post_init__(self) -> None:
        if not isinstance(self.area, str):
            top, left, bottom, right = self.area
            if not (0 <= top < bottom and 0 <= left < right):
                raise ConfigError(
                    f"--area {top} {left} {bottom} {right} holds no pixel; give TOP "
                    "LEFT BOTTOM RIGHT with 0 <= TOP < BOTTOM and 0 <= LEFT < RIGHT"
                )


class Names(NamedTuple):
    """Pseudonyms under which a video is stored."""

    subject: str
    exam: str
    video: str


def clean(recording: Recording, names: Names, options: CleanOptions) -> Video:
    """Make a clean video.

    Raises:
        IngestError: the image cannot be found, or no frame is worth keeping.
    """
    spread_THW = spread_frames(recording.frames())
    area = find_image_area(recording, spread_THW, options.area)
    reduce = Reduction.plan(area, options.size)
    frames, times = [], []
    for time_s, luma_HW, _ in recording.frames():
        if luma_HW.shape != area.mask_HW.shape:
            raise IngestError("the picture changes its size; export its parts apart")
        frames.append(reduce.apply(luma_HW))
        times.append(time_s)
    frames_THW, times_s_T = np.stack(frames), np.array(times)
    found = triage(frames_THW, times_s_T, reduce.mask_hw, options.triage)
    if not found.keep_T.any():
        raise IngestError(
            f"none of {len(frames)} frames is worth keeping "
            f"({', '.join(f'{n} {kind}' for kind, n in found.counts.items())})"
        )
    notes = "; ".join(dict.fromkeys(recording.notes))
    facts: Facts = {
        "container": recording.container,
        "timing": recording.timing,
        "area": area.method,
        **recording.facts,
        "frames_read": len(frames),
        **found.counts,
        **({"notes": notes} if notes else {}),
    }
    return Video(
        frames_THW=frames_THW[found.keep_T],
        times_s_T=times_s_T[found.keep_T],
        segments_T=found.segments,
        motion_T=found.motion,
        rectangle=reduce.rectangle,
        spacing_mm=reduce.spacing_mm(recording),
        subject=names.subject,
        exam=names.exam,
        video=names.video,
        source_shape=recording.shape_HW,
        crop=area.box,
        facts=facts,
    )


@dataclass(frozen=True, kw_only=True)
class Reduction:
    """Crops frames to the image area and reduces them, clean to the edge."""

    area: ImageArea
    height: int
    width: int
    mask_hw: npt.NDArray[np.bool_]
    """The image area after reduction: pixels that lie wholly inside it."""
    rectangle: Box
    """The largest rectangle inside ``mask_hw``."""

    @classmethod
    def plan(cls, area: ImageArea, size: int) -> "Reduction":
        """Choose the reduced size; never larger than the source."""
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

    def apply(self, luma_HW: Frames) -> Frames:
        """Crop, black out what is outside, reduce by averaging: (height, width)."""
        box = self.area.box
        inside = np.where(_crop(self.area.mask_HW, box), _crop(luma_HW, box), 0)
        reduced = _resize(inside.astype(np.uint8), self.height, self.width)
        return np.where(self.mask_hw, reduced, 0).astype(np.uint8)

    def spacing_mm(self, recording: Recording) -> tuple[float, float] | None:
        """Millimetres per reduced pixel, along rows and columns, if known."""
        if not recording.regions or recording.regions[0].spacing_mm is None:
            return None
        down, right = recording.regions[0].spacing_mm
        box = self.area.box
        return down * box.height / self.height, right * box.width / self.width


def _crop(image_HW: npt.NDArray[np.generic], box: Box) -> npt.NDArray[np.generic]:
    return image_HW[box.top : box.bottom, box.left : box.right]


def _resize(image_HW: npt.NDArray[np.generic], height: int, width: int) -> Frames:
    if image_HW.shape == (height, width):
        return image_HW.astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(image_HW))
    return np.asarray(image.resize((width, height), Image.Resampling.BOX))
