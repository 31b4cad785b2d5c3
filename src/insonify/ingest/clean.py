"""From a recording to clean videos: find the image, crop, reduce, triage.

A recording is gone through in parts, so that the memory it takes does not grow with
its length. Each part ends a segment.

Legend: T frames, H rows, W columns.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from insonify.core.errors import ConfigError, IngestError
from insonify.core.video import Video
from insonify.ingest.area.image_area import Area, ImageArea, find_image_areas
from insonify.ingest.area.profiles import Profiles
from insonify.ingest.area.shapes import Outline
from insonify.ingest.parts import Part, reduced_parts
from insonify.ingest.recording import Damaged, Recording, TimedFrame
from insonify.ingest.reduction import Reduction
from insonify.ingest.reread import looked_over
from insonify.ingest.triage import (
    Triage,
    TriageOptions,
    join_figures,
    paint_over,
    thresholds,
    triage,
)

Facts = dict[str, str | int | float]


@dataclass(frozen=True, kw_only=True)
class CleanOptions:
    """What is made of a recording."""

    area: Area = "auto"
    """Where the image is: found; the full frame, for sources that are cropped and have
    nothing burned in; or TOP LEFT BOTTOM RIGHT in pixels of the source picture (rows
    TOP to BOTTOM, columns LEFT to RIGHT), such as for stills amid burned-in text."""
    profile: Path | None = None
    """YAML file of saved profiles: where the image is, by device, picture shape or
    folder; for what the device does not declare exactly. See insonify inspect
    --save-profile."""
    size: int = 256
    """Short side of the image area in pixels; smaller images are not enlarged."""
    rate_hz: float | None = None
    """Frames a second of files that tell no times, and of folders of images; also says
    that the slices of a volume are frames."""
    damaged: Damaged = "reject"
    """A file that breaks off: refuse it, or keep what comes before."""
    triage: TriageOptions = field(default_factory=TriageOptions)
    """Which frames are dropped."""

    def __post_init__(self) -> None:
        if self.rate_hz is not None and not 0 < self.rate_hz < math.inf:
            raise ConfigError(f"--rate-hz must be above 0, found {self.rate_hz:g}")
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


@dataclass(kw_only=True)
class View:
    """One image of a recording; a split screen has several."""

    area: ImageArea
    recording: Recording
    frames: Callable[[], Iterator[TimedFrame]]
    """Goes through the recording."""
    options: CleanOptions
    counts: Counter[str] = field(default_factory=Counter)
    """Frames read, kept, and dropped by reason, as far as the parts were taken."""
    figures: dict[str, float] = field(default_factory=dict)
    """How near the frames came to thresholds of triage."""
    facts: Facts = field(default_factory=dict)
    """What is known of the view; all parts share it, and it grows while they are
    taken."""

    def parts(self, names: Names) -> Iterator[Video]:
        """Clean videos that follow each other in time, each a part of the view.

        Raises:
            IngestError: no frame is worth keeping, or the recording is damaged.
        """
        reduction, segment = Reduction.plan(self.area, self.options.size), 0
        parts = reduced_parts(self.frames(), self.recording.shape_HW, reduction)
        while part := next(parts, None):
            found = self._triaged(part, reduction)
            video = self._video(part, found, reduction, names, segment)
            del part  # before the next is made
            if video is not None:
                segment = int(video.segments_T[-1]) + 1
                yield video
                del video
        self._note()
        if not self.counts["frames"]:
            dropped = ", ".join(f"{n} {kind}" for kind, n in self.counts.items() if n)
            raise IngestError(f"no frame is worth keeping ({dropped})")

    def _triaged(self, part: Part, reduction: Reduction) -> Triage:
        """Look through a part, and count what is found."""
        found = triage(
            part.frames_THW,
            part.times_s_T,
            reduction.mask_hw,
            self.options.triage,
            part.colour_T,
        )
        read, kept = len(part.times_s_T), int(found.keep_T.sum())
        self.counts.update(frames_read=read, frames=kept, **found.counts)
        self.figures = join_figures([self.figures, found.figures])
        self._note()
        return found

    def _note(self) -> None:
        """Bring the facts up to date; a damaged end is only found when it is read."""
        recording, notes = self.recording, "; ".join(self.recording.notes)
        self.facts |= {
            "container": recording.container,
            "timing": recording.timing,
            "area": self.area.method,
            **recording.facts,
            **self.counts,
            **self.figures,
            "thresholds": thresholds(self.options.triage),
            **({"notes": notes} if notes else {}),
        }

    def _video(
        self,
        part: Part,
        found: Triage,
        reduction: Reduction,
        names: Names,
        segment: int,
    ) -> Video | None:
        if not found.keep_T.any():
            return None
        # A mask copies even where it drops nothing.
        chosen = slice(None) if found.keep_T.all() else found.keep_T
        frames_THW = part.frames_THW[chosen]
        if found.overlay_HW is not None:
            paint_over(frames_THW, found.overlay_HW, reduction.mask_hw)
        return Video(
            frames_THW=frames_THW,
            times_s_T=part.times_s_T[found.keep_T],
            segments_T=found.segments + np.int32(segment),
            motion_T=found.motion,
            rectangle=reduction.rectangle,
            spacing_mm=reduction.spacing_mm(self.area.spacing_mm),
            subject=names.subject,
            exam=names.exam,
            video=names.video,
            source_shape=self.recording.shape_HW,
            crop=self.area.box,
            facts=self.facts,
        )


def views(
    recording: Recording, options: CleanOptions, relative: Path
) -> tuple[View, ...]:
    """Find the image of a recording, or the images of a split screen.

    Args:
        recording: What to look at.
        options: How.
        relative: Path within the folder that is ingested; for profiles.

    Raises:
        IngestError: it cannot be told from what is around it.
    """
    profile: tuple[Outline, ...] = ()
    if options.profile is not None:
        profile = Profiles.read(options.profile).find(recording, relative)
    spread_THW, frames = looked_over(recording)
    try:
        areas = find_image_areas(recording, spread_THW, options.area, profile)
    except IngestError:
        if recording.glimpses is None:
            raise
        # Key frames may all show the same: look at all frames before giving up.
        spread_THW, frames = looked_over(recording, thorough=True)
        areas = find_image_areas(recording, spread_THW, options.area, profile)
    return tuple(
        View(area=area, recording=recording, frames=frames, options=options)
        for area in areas
    )
