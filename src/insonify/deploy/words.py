"""Text on pictures, in Pillow's own font."""

from functools import lru_cache
from typing import Final

from PIL import ImageDraw, ImageFont

from insonify.deploy.colours import Colour

_MORE: Final = "..."

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(maxsize=32)
def font(size: int) -> Font:
    """Pillow's built-in font; no file of the system is needed."""
    return ImageFont.load_default(size)


@lru_cache(maxsize=512)
def fitted(text: str, size: int, width: int) -> str:
    """The text, or as much of its beginning as fits, with dots behind.

    >>> fitted("abdominal", 13, 200)
    'abdominal'
    >>> fitted("abdominal", 13, 40)
    'abd...'
    """
    letters = font(size)
    if letters.getlength(text) <= width:
        return text
    kept = len(text)
    while kept and letters.getlength(text[:kept] + _MORE) > width:
        kept -= 1
    return text[:kept] + _MORE


def write(
    canvas: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    size: int,
    colour: Colour,
    *,
    width: int,
    anchor: str = "lm",
) -> None:
    """Write a line that is no wider than ``width``.

    Args:
        canvas: What to write on.
        place: Columns and rows of the anchor.
        text: What to write.
        size: Of the letters, in pixels.
        colour: Of the letters.
        width: Pixels that it may take.
        anchor: Which point of the line is placed; Pillow's.
    """
    line = fitted(text, size, width)
    canvas.text(place, line, fill=colour, font=font(size), anchor=anchor)
