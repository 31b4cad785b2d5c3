"""Which axis of an array file is which.

Legend: T frames, H rows, W columns, C colour channels.
"""

from collections.abc import Sequence
from typing import Final

from insonify.core.errors import IngestError

_COLOUR: Final = ("rgb-color", "rgba-color", "vector", "3-color", "4-color")
_TIME: Final = ("list", "time")


def name_axes(
    sizes: Sequence[int], kinds: Sequence[str], slices_are_frames: bool
) -> list[str]:
    """The letter of each axis; empty for axes of one element.

    Args:
        sizes: Of each axis, the fastest first: columns, rows, …
        kinds: What each axis is (NRRD's words), or an empty text.
        slices_are_frames: Take the third axis for time, if the file does not say.

    Raises:
        IngestError: a volume, or no image.
    """
    letters: list[str] = []
    plane: list[int] = []
    places = 0
    for size, kind in zip(sizes, kinds, strict=True):
        if kind in _TIME:
            letters.append("T")
        elif kind in _COLOUR and size in (3, 4):
            letters.append("C")
        else:
            # After x, y and z, one of which has one element, comes time.
            third = "Z" if places < 3 else "T"
            letters.append(("W", "H", third)[min(len(plane), 2)] if size != 1 else "")
            plane += [size] if size != 1 else []
            places += 1
    if slices_are_frames and "T" not in letters:
        letters = ["T" if letter == "Z" else letter for letter in letters]
    named = sorted(letter for letter in letters if letter)
    if named in (["H", "W", "Z"], ["C", "H", "W", "Z"]):
        raise IngestError(
            f"a volume of {plane[2]} slices of {plane[1]} x {plane[0]} pixels, without "
            "times; if its slices are the frames of a video, pass --rate-hz with how "
            "many there are a second"
        )
    if len(set(named)) < len(named) or "Z" in named or not {"H", "W"} <= set(named):
        shape = " x ".join(str(size) for size in sizes[:8])
        raise IngestError(
            f"an array of {shape} elements is no video of plane frames; export planes"
        )
    return letters


def slowest_first(
    letters: Sequence[str], sizes: Sequence[int]
) -> tuple[tuple[str, int], ...]:
    """Letter and size of each named axis, in the order of a layout."""
    named = zip(letters, sizes, strict=True)
    return tuple((letter, size) for letter, size in named if letter)[::-1]
