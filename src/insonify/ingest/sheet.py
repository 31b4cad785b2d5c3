"""Pictures of what is kept of recordings, in rows of tiles with words beside them.

A row of a batch is drawn from the clean video alone, so that nothing can be on it that
is not in the store. A row of an inspection shows the user his own file.

Legend: T frames, H rows, W columns.
"""

import io
import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from insonify.core.files import write_bytes
from insonify.core.video import Box, Frames, Video
from insonify.ingest.area.evidence import ImageArea
from insonify.ingest.area.shapes import Mask

_TILE: Final = 320
_SMALL_TILE: Final = 160
_LINE: Final = 44
"""Characters; what is longer is wrapped."""
_DIMMED: Final = 0.35
_RED: Final = (255, 60, 60)
_GREEN: Final = (60, 230, 90)
_BLUE: Final = (90, 160, 255)
_WHITE: Final = (235, 235, 235)
_GREY: Final = (45, 45, 45)


class Glimpse(NamedTuple):
    """Frames of a clean video that stand for all of it."""

    frames_HW: tuple[Frames, ...]
    """The first, the middle and the last, or fewer if there are not three."""
    rectangle: Box
    """The largest rectangle in them."""

    @classmethod
    def of(cls, video: Video) -> "Glimpse":
        """The frames of a video, copied, so that the rest can be let go."""
        frames_THW = video.frames_THW
        places = _ends_and_middle(len(frames_THW))
        return cls(tuple(frames_THW[at].copy() for at in places), video.rectangle)

    @classmethod
    def over(cls, parts: Sequence["Glimpse"]) -> "Glimpse":
        """The same of a video that was made in parts."""
        frames = [frame_HW for part in parts for frame_HW in part.frames_HW]
        places = _ends_and_middle(len(frames))
        return cls(tuple(frames[at] for at in places), parts[0].rectangle)


def area_row(
    frame_HW: Frames, area: ImageArea, kept: Glimpse | None, lines: Iterable[str]
) -> Image.Image:
    """One view of a file: the source, dimmed outside the area, and frames it gave.

    The outline of the area is red, its box blue, the largest rectangle green.

    Args:
        frame_HW: A frame of the source.
        area: What is kept of it.
        kept: Frames of what became of it; None if nothing did.
        lines: What to write beside them.
    """
    tiles = [_source_tile(frame_HW, area.mask_HW, area.box, area.rectangle)]
    if kept is not None:
        tiles += [_kept_tile(one, kept.rectangle, _TILE) for one in kept.frames_HW]
    return _row(tiles, lines, _TILE, count=4)


def refusal_row(
    frame_HW: Frames, found_HW: Mask | None, boxes: Sequence[Box], lines: Iterable[str]
) -> Image.Image:
    """A file without an image area: the whole frame and what was found in it.

    Args:
        frame_HW: A frame of the source.
        found_HW: What moves, outlined in red; None if that is unknown.
        boxes: What the device declares, in blue.
        lines: What to write beside it.
    """
    image = _as_image(frame_HW)
    if found_HW is not None:
        image = _outlined(image, found_HW)
    for box in boxes:
        _draw_box(image, box, _BLUE)
    image.thumbnail((_TILE, _TILE))
    return _row([image], lines, _TILE, count=1)


def batch_row(kept: Glimpse, row: Mapping[str, Any]) -> Image.Image:
    """One video of a batch, small: where it was on the screen, frames, facts.

    Args:
        kept: Frames of the clean video; no other pixels are drawn.
        row: The video's row in the store.
    """
    facts, rectangle = json.loads(row["facts"]), kept.rectangle
    lines = [
        row["video"],
        f"area: {facts.get('area', 'unknown')}",
        f"{row['frames']} of {facts.get('frames_read', row['frames'])} frames",
        f"{row['width']} x {row['height']} pixels",
        f"rectangle {rectangle.width} x {rectangle.height}",
    ]
    tiles = [_place_tile(row["source_shape"], Box(*row["crop"]))]
    tiles += [_kept_tile(one, rectangle, _SMALL_TILE) for one in kept.frames_HW]
    return _row(tiles, lines, _SMALL_TILE, count=4)


def page(rows: Sequence[Image.Image]) -> Image.Image:
    """Rows below each other."""
    gap = 4
    width = max(row.width for row in rows)
    sheet = Image.new("RGB", (width, sum(row.height + gap for row in rows)), _GREY)
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height + gap
    return sheet


def write_sheet(rows: Sequence[Image.Image], path: Path) -> None:
    """Write rows as one PNG, which holds the pixels and nothing else."""
    buffer = io.BytesIO()
    page(rows).save(buffer, "PNG")
    write_bytes(path, buffer.getvalue())


def _ends_and_middle(count: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys((0, (count - 1) // 2, count - 1)))


def jpeg(sheet: Image.Image) -> bytes:
    """The pixels and nothing else, small."""
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _source_tile(
    frame_HW: Frames, mask_HW: Mask, box: Box, rectangle: Box
) -> Image.Image:
    dimmed_HW = np.where(mask_HW, frame_HW, frame_HW * _DIMMED).astype(np.uint8)
    image = _outlined(_as_image(dimmed_HW), mask_HW)
    _draw_box(image, box, _BLUE)
    _draw_box(image, rectangle, _GREEN)
    image.thumbnail((_TILE, _TILE))
    return image


def _kept_tile(frame_HW: Frames, rectangle: Box, side: int) -> Image.Image:
    image = _as_image(frame_HW)
    _draw_box(image, rectangle, _GREEN)
    image.thumbnail((side, side))
    return image


def _place_tile(shape_HW: Sequence[int], crop: Box) -> Image.Image:
    """Where on the screen the video was, without the screen."""
    height, width = shape_HW
    image = Image.new("RGB", (width, height), _GREY)
    _draw_box(image, crop, _BLUE)
    image.thumbnail((_SMALL_TILE, _SMALL_TILE))
    return image


def _row(
    tiles: Sequence[Image.Image], lines: Iterable[str], side: int, count: int
) -> Image.Image:
    """Tiles beside each other, in room for so many, and words to their right."""
    wrapped = [part for line in lines for part in textwrap.wrap(line, _LINE)]
    font = ImageFont.load_default(size=14)
    below = 18 * len(wrapped) + 8
    row = Image.new("RGB", (side * count + 8 * _LINE, max(side, below)))
    for place, tile in enumerate(tiles):
        row.paste(tile, (place * side, 0))
    draw = ImageDraw.Draw(row)
    for number, line in enumerate(wrapped):
        corner = (side * count + 8, 4 + 18 * number)
        draw.text(corner, line, font=font, fill=_WHITE)
    return row


def _as_image(frame_HW: Frames) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(frame_HW)).convert("RGB")


def _outlined(image: Image.Image, mask_HW: Mask) -> Image.Image:
    """Draw the inner edge of a mask, about a pixel and a half wide once reduced."""
    pixels_HW3 = np.array(image)
    width = _stroke(image)
    inner_HW = ndimage.binary_erosion(mask_HW, iterations=width)
    pixels_HW3[mask_HW & ~inner_HW] = _RED
    return Image.fromarray(pixels_HW3)


def _draw_box(image: Image.Image, box: Box, colour: tuple[int, int, int]) -> None:
    top, left, bottom, right = box
    corners = (left, top, right - 1, bottom - 1)
    draw = ImageDraw.Draw(image)
    draw.rectangle(corners, outline=colour, width=_stroke(image))


def _stroke(image: Image.Image) -> int:
    return max(1, round(1.5 * max(image.size) / _TILE))
