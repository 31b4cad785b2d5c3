"""A picture of what is kept of a recording.

Legend: H rows, W columns.
"""

import io
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from insonify.core.files import write_bytes
from insonify.core.video import Frames, Video
from insonify.ingest.clean import CleanOptions
from insonify.ingest.image_area import find_image_area, spread_frames
from insonify.ingest.recording import Recording

_TILE: Final = 320
_RED: Final = (255, 40, 40)
_GREEN: Final = (60, 230, 90)


def contact_sheet(
    recording: Recording, video: Video, options: CleanOptions, path: Path
) -> None:
    """Draw source, image area and kept frames side by side as PNG.

    Args:
        recording: The source.
        video: What was made of it.
        options: What it was made with.
        path: The PNG to write.
    """
    spread_THW = spread_frames(recording.frames())
    area = find_image_area(recording, spread_THW, options.area)
    middle_HW = spread_THW[len(spread_THW) // 2]
    source = Image.fromarray(middle_HW).convert("RGB")
    pixels = np.array(source)
    pixels[area.mask_HW ^ ndimage.binary_erosion(area.mask_HW, iterations=2)] = _RED
    outlined = _with_box(pixels, area.rectangle)
    last = len(video.frames_THW) - 1
    kept = [
        _with_box(np.stack([video.frames_THW[place]] * 3, -1), video.rectangle)
        for place in (0, last // 2, last)
    ]
    sheet = Image.new("RGB", (5 * _TILE, _TILE))
    for place, tile in enumerate((source, outlined, *kept)):
        tile.thumbnail((_TILE, _TILE))
        sheet.paste(tile, (place * _TILE, 0))
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    write_bytes(path, buffer.getvalue())


def _with_box(pixels_HW3: Frames, box: tuple[int, int, int, int]) -> Image.Image:
    image = Image.fromarray(np.ascontiguousarray(pixels_HW3))
    top, left, bottom, right = box
    corners = (left, top, right - 1, bottom - 1)
    ImageDraw.Draw(image).rectangle(corners, outline=_GREEN, width=2)
    return image
