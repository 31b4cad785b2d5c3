"""Images that Pillow opens: one, or several if the file says when each was taken.

Legend: T frames, H rows, W columns, C colour channels.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from insonify.core.errors import IngestError
from insonify.ingest.formats.frame_clock import assumed
from insonify.ingest.formats.image_times import image_clock
from insonify.ingest.formats.stack import (
    BrokenOffError,
    Pixels,
    Stack,
    record,
    require_size,
)
from insonify.ingest.recording import Damaged, Recording

_MOVIES: Final = {"GIF", "MPO"}
"""Pillow opens these too, but PyAV reads their times: they are movies."""

_FAILURES: Final = (
    *(OSError, SyntaxError, ValueError, KeyError, IndexError, TypeError),
    *(EOFError, RuntimeError, OverflowError, Image.DecompressionBombError),
)
"""What Pillow raises on a damaged file."""


def is_still(path: Path) -> bool:
    """Whether Pillow knows the file, by its content, as an image.

    Raises:
        IngestError: it is too large to be one.
    """
    try:
        with _opened(path) as image:
            return image.format not in _MOVIES
    except _FAILURES:
        return False


def read_still(
    path: Path, damaged: Damaged = "reject", rate_hz: float | None = None
) -> Recording:
    """Read an image, or several in one file with times: animations, ImageJ, OME.

    Args:
        path: The file.
        damaged: What to do where one of several images is damaged.
        rate_hz: Images a second where the file tells no times; None refuses several.

    Raises:
        IngestError: the first is damaged, or there are several without times.
    """
    try:
        with _opened(path) as image:
            count = getattr(image, "n_frames", 1)
            kind = (image.format or "image").lower()
            width, height = image.size
            require_size(count, (height, width), 1)
            first = _numbers(image)
            clock = image_clock(image) if count > 1 else None
    except _FAILURES as error:
        raise IngestError(
            f"the image cannot be decoded ({type(error).__name__}); export it again"
        ) from None
    if count > 1 and clock is None and rate_hz is None:
        raise IngestError(
            f"{count} images in one {kind} file, without times; export it as a video, "
            "or pass --rate-hz with how many there are a second"
        )
    stack = Stack(
        count=count,
        shape=first.shape,
        dtype=first.dtype,
        pictures=partial(_pictures, path, count, first.shape),
    )
    return record(stack, clock or assumed(count, rate_hz), kind, damaged)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    with warnings.catch_warnings(action="ignore"):
        try:
            image = Image.open(path)
        except Image.DecompressionBombError:
            raise IngestError(
                "an image of more pixels than any screen has; cut it to the ultrasound"
            ) from None
    with image:
        yield image


def _pictures(path: Path, count: int, shape: tuple[int, ...]) -> Iterator[Pixels]:
    with _opened(path) as image:
        for number in range(count):
            try:
                image.seek(number)
                pixels = _numbers(image)
            except _FAILURES as error:
                raise BrokenOffError(f"decoding: {type(error).__name__}") from None
            if pixels.shape != shape:
                raise IngestError(
                    "the pictures are of several sizes; export them apart"
                )
            yield pixels


def _numbers(image: Any) -> Pixels:
    """Grey levels as they are, colours as red, green, blue."""
    if image.mode in ("L", "F") or image.mode.startswith("I"):
        return np.asarray(image)
    return np.asarray(image.convert("L" if image.mode in ("1", "LA") else "RGB"))
