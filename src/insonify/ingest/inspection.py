"""What ingest would make of one file, and why; nothing is stored.

Legend: H rows, W columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from insonify.core.errors import IngestError
from insonify.core.video import Box, Frames
from insonify.ingest.area.evidence import ImageArea
from insonify.ingest.area.image_area import spread_frames
from insonify.ingest.area.moving import Spread
from insonify.ingest.clean import CleanOptions, Facts, Names, View, views
from insonify.ingest.formats.reading import read
from insonify.ingest.recording import Recording
from insonify.ingest.sheet import Glimpse, area_row, refusal_row

_NAMES: Final = Names("s", "e", "v")

REASONS: Final = {
    "full frame": "the whole picture, as was told",
    "given": "the rectangle that was given",
    "active image area of the device": "the device says which pixels are image",
    "DICOM region": "the device declares where the image is",
    "clipped DICOM region": "the device declares a region that exceeds the picture, "
    "so that it only bounds the search",
    "saved profile": "a saved profile matches",
    "motion": "these pixels vary over time, and text does not",
    "sector": "they are part of a symmetric sector, whose dark depths are taken too",
    "trapezoid": "they are part of a symmetric trapezoid, whose dark parts are taken "
    "too",
    "rectangle": "too sparse for a sector, so only the rectangle in it is taken",
}
"""What each part of a method means."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What would be stored of a view."""

    size: tuple[int, int]
    """Rows and columns."""
    duration_s: float
    segments: int
    spacing_mm: tuple[float, float] | None
    glimpse: Glimpse


@dataclass(frozen=True, kw_only=True)
class ViewFound:
    """One image of the file."""

    area: ImageArea
    facts: Facts
    kept: Kept | None = None
    """None if it is refused."""
    refusal: str | None = None

    def row(self, frame_HW: Frames) -> Image.Image:
        """A row of a sheet."""
        kept = self.kept.glimpse if self.kept else None
        return area_row(frame_HW, self.area, kept, describe(self))


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """One file."""

    recording: Recording | None
    """None if the file cannot be opened."""
    views: tuple[ViewFound, ...] = ()
    refusal: str | None = None
    """Why no image was found; a view has a reason of its own."""

    @property
    def refusals(self) -> tuple[str, ...]:
        """All reasons for which the file would be refused."""
        reasons = (self.refusal, *(view.refusal for view in self.views))
        return tuple(reason for reason in reasons if reason)

    def rows(self) -> tuple[Image.Image, ...]:
        """A row of a sheet for each view, also of a refused file.

        The source's own frame is on it, text and all: it is for who has the file.

        Raises:
            IngestError: not even a few frames can be read.
        """
        if self.recording is None:
            raise IngestError(self.refusal or "the file cannot be opened")
        spread_THW = spread_frames(self.recording.frames())
        frame_HW = spread_THW[len(spread_THW) // 2]
        if not self.views:
            return (self._refused(spread_THW, frame_HW),)
        return tuple(view.row(frame_HW) for view in self.views)

    def _refused(self, spread_THW: Frames, frame_HW: Frames) -> Image.Image:
        regions = self.recording.regions if self.recording else ()
        moves_HW, lines = None, [f"refused: {self.refusal}"]
        if len(spread_THW) > 1:
            moves_HW = Spread.of(spread_THW).moves(Box(0, 0, *frame_HW.shape))
            lines.append("red: what moves")
        if regions:
            lines.append("blue: regions that the device declares")
        return refusal_row(frame_HW, moves_HW, [r.box for r in regions], lines)


def inspect_file(path: Path, options: CleanOptions) -> Inspection:
    """Go through a file as ingest does; a refusal is a result, not an exception."""
    recording = None
    try:
        recording = read(path, options.damaged, options.rate_hz)
        found = views(recording, options, path)
    except IngestError as error:
        return Inspection(recording=recording, refusal=str(error))
    return Inspection(recording=recording, views=tuple(_look(view) for view in found))


def describe(view: ViewFound) -> Iterator[str]:
    """The view in words, a line each."""
    area, facts = view.area, view.facts
    yield f"found by: {area.method}"
    for part in area.method.split("; ")[0].split(", "):
        yield f"{part}: {REASONS[part]}"
    box, rectangle = area.box, area.rectangle
    yield (
        f"area (red): {area.mask_HW.mean():.0%} of the picture, rows {box.top} to "
        f"{box.bottom}, columns {box.left} to {box.right} (blue)"
    )
    yield f"largest rectangle (green): {rectangle.width} x {rectangle.height}"
    if view.kept is not None:
        height, width = view.kept.size
        yield f"kept: {facts['frames']} of {facts['frames_read']} frames"
        yield f"stored as {width} x {height}, {view.kept.duration_s:.1f} s"
    if view.refusal is not None:
        yield f"refused: {view.refusal}"
    if notes := facts.get("notes"):
        yield f"notes: {notes}"


def _look(view: View) -> ViewFound:
    glimpses, last = [], None
    try:
        for last in view.parts(_NAMES):
            glimpses.append(Glimpse.of(last))
    except IngestError as error:
        return ViewFound(area=view.area, facts=view.facts, refusal=str(error))
    assert last is not None
    kept = Kept(
        size=last.frames_THW.shape[1:],
        duration_s=float(last.times_s_T[-1]),
        segments=int(last.segments_T[-1]) + 1,
        spacing_mm=last.spacing_mm,
        glimpse=Glimpse.over(glimpses),
    )
    return ViewFound(area=view.area, facts=view.facts, kept=kept)
