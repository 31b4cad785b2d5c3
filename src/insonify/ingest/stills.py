"""Still images: a recording of one frame."""

from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from insonify.core.errors import IngestError
from insonify.ingest.recording import Recording, TimedFrame

# Pillow opens these too, but PyAV reads their times: they are movies.
_MOVIES = {"GIF", "MPO", "WEBP"}


def is_still(path: Path) -> bool:
    """Whether Pillow knows the file, by its content, as an image."""
    try:
        with Image.open(path) as image:
            return image.format not in _MOVIES
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return False


def read_still(path: Path) -> Recording:
    """Read one image as luma.

    Raises:
        IngestError: the image is damaged, or there are several in the file.
    """
    try:
        with Image.open(path) as image:
            count = getattr(image, "n_frames", 1)
            kind = (image.format or "image").lower()
            luma_HW = np.asarray(_eight_bits(image).convert("L"))
    except (OSError, SyntaxError, ValueError) as error:
        raise IngestError(
            f"the image cannot be decoded ({type(error).__name__}); export it again"
        ) from None
    if count > 1:
        raise IngestError(
            f"{count} images in one {kind} file, without times; export it as a video"
        )
    return Recording(
        frames=lambda: iter([TimedFrame(0.0, luma_HW)]),
        shape_HW=luma_HW.shape,
        container=kind,
        timing="still",
    )


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale 16-bit grey to 8; Pillow's own conversion cuts off at 255."""
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image) // 256).clip(0, 255).astype(np.uint8))
