"""Numbered images in a folder that are one video, as the user says."""

import hashlib
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from insonify.core.errors import IngestError
from insonify.ingest.folder.walk import natural
from insonify.ingest.formats.frame_clock import assumed
from insonify.ingest.formats.stack import (
    BrokenOffError,
    Pixels,
    Stack,
    record,
    require_size,
)
from insonify.ingest.recording import Damaged, Recording

_FAILURES: Final = (
    *(OSError, SyntaxError, ValueError, KeyError, IndexError, TypeError, EOFError),
    *(RuntimeError, OverflowError, Image.DecompressionBombError),
)
"""What Pillow raises on a damaged file."""

_MAGIC: Final = (
    *(b"\x89PNG", b"\xff\xd8\xff", b"BM", b"II*\0", b"MM\0*"),
    *(b"P2\n", b"P3\n", b"P5\n", b"P6\n", b"\0\0\0\x0cjP  "),
)
"""How PNG, JPEG, BMP, TIFF, PNM and JPEG 2000 begin: kinds that hold single images."""

_SUFFIXES: Final = (
    *(".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".pgm", ".ppm", ".jp2"),
)


def looks_like_image(head: bytes | None, name: str) -> bool:
    """Whether a file can be one of a video's images: an image with a number.

    Args:
        head: Its first 512 bytes; None if it cannot be read: the name decides then, so
            that a video does not lose an image in silence.
        name: The name.
    """
    if not re.search("[0-9]", name.rpartition("/")[2]):
        return False
    if head is None:
        return name.lower().endswith(_SUFFIXES)
    dicom = head[128:132] == b"DICM"  # its preamble may be that of a TIFF
    return head.startswith(_MAGIC) and not dicom


def one_series(names: Iterable[str]) -> bool:
    """Whether names differ in numbers only.

    >>> one_series(["im_9.png", "im_10.png"]), one_series(["im_9.png", "mask_9.png"])
    (True, False)
    """
    return len({re.sub("[0-9]+", "0", name).lower() for name in names}) == 1


def read_image_folder(
    folder: Path, names: Sequence[str], rate: float, damaged: Damaged = "reject"
) -> Recording:
    """Open images as the frames of one video, in natural order of their names.

    Args:
        folder: Where they are.
        names: Their names.
        rate: Images a second.
        damaged: What to do where an image cannot be read: refuse all, or keep those
            before it.

    Raises:
        IngestError: the first image cannot be read, or they are no grey levels.
    """
    paths = [folder / name for name in sorted(names, key=natural)]
    try:
        first, kind = _pixels(paths[0])
    except BrokenOffError as error:
        raise IngestError(
            f"the first of {len(paths)} images cannot be decoded ({error}); "
            "export it again"
        ) from None
    stack = Stack(
        count=len(paths),
        shape=first.shape,
        dtype=first.dtype,
        pictures=lambda: _pictures(paths, first),
        facts={"frame_rate": rate},
    )
    return record(stack, assumed(len(paths), rate), f"{kind} folder", damaged)


def digest_images(folder: Path, names: Iterable[str]) -> bytes:
    """A hash of the content of images in natural order, whatever they are called.

    Raises:
        IngestError: one cannot be read.
    """
    whole = hashlib.sha256()
    for name in sorted(names, key=natural):
        try:
            with (folder / name).open("rb") as file:
                whole.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise IngestError(
                f"an image cannot be read ({error.strerror}); check its permissions"
            ) from None
    return whole.digest()


def _pictures(paths: Sequence[Path], first: Pixels) -> Iterator[Pixels]:
    for number, path in enumerate(paths, 1):
        pixels, _ = _pixels(path)
        if pixels.shape[:2] != first.shape[:2]:
            raise IngestError(
                f"image {number} of {len(paths)} is of {_size(pixels)} pixels, the "
                f"first of {_size(first)}: no video; pass --image-folders stills"
            )
        if pixels.dtype != first.dtype:
            raise IngestError(
                f"image {number} of {len(paths)} has {pixels.dtype} numbers, the "
                f"first {first.dtype}: no video; pass --image-folders stills"
            )
        yield pixels


def _pixels(path: Path) -> tuple[Pixels, str]:
    """Numbers of an image, and its format."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path) as image:
            kind = (image.format or "image").lower()
            require_size(1, (image.height, image.width), 1)
            if image.mode not in ("L", "F") and not image.mode.startswith("I"):
                grey = image.mode in ("1", "LA")
                return np.asarray(image.convert("L" if grey else "RGB")), kind
            return np.asarray(image), kind
    except _FAILURES as error:
        raise BrokenOffError(f"decoding: {type(error).__name__}") from None


def _size(pixels: Pixels) -> str:
    height, width = pixels.shape[:2]
    return f"{width} x {height}"
