"""From the tracker's clock and screen to the seconds and pixels of a stored video.

Legend: G samples of gaze, 2 right and down.
"""

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from insonify.core.errors import ConfigError, IngestError
from insonify.core.video import Box
from insonify.ingest.gaze.options import PlacingOptions
from insonify.ingest.gaze.samples import GazeSamples
from insonify.store import VideoGaze

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Size = tuple[float, float]
"""To the right and down."""

_DISTANCE_CM: Final = 60.0
_SAME_SHAPE: Final = 0.02
"""Share by which the proportions of screen and recording may differ."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """How a stored video came from its source (see ``core.video.Video``)."""

    source_shape: tuple[int, int]
    crop: Box
    shape_HW: tuple[int, int]
    """Of the stored frame."""
    times_s: tuple[float, float]
    """Of the first and last stored frame."""


class Placed(NamedTuple):
    """Gaze on a stored video, and what was left out."""

    gaze: VideoGaze
    samples: int
    valid: int
    off_picture: int
    """Valid samples beside the stored picture."""
    off_time: int
    """Samples on the picture, but before the first or after the last stored frame."""


def place(samples: GazeSamples, picture: Picture, options: PlacingOptions) -> Placed:
    """Map the valid samples to the stored frame; those beside it are left out.

    Raises:
        IngestError: none is on the picture, or within its time.
        ConfigError: an option is missing.
    """
    screen = _screen(samples, picture, options)
    capture = _capture(samples, screen, picture, options)
    scale = _scale(capture, picture)
    points_G2 = _to_stored(_pixels(samples, screen), capture, picture, scale)
    times_s_G = (samples.times_s_G - options.offset_s) * (1 + options.drift)
    height, width = picture.shape_HW
    with np.errstate(invalid="ignore"):
        on_G = np.all((points_G2 >= 0) & (points_G2 < (width, height)), axis=1)
    first_s, last_s = picture.times_s
    off_time_G = on_G & ((times_s_G < first_s) | (times_s_G > last_s))
    _check(samples, times_s_G, on_G, off_time_G, picture)
    sigma_2 = np.array(_degree(samples, screen, options)) * scale
    return Placed(
        VideoGaze(
            times_s_G=times_s_G[on_G],
            points_G2=points_G2[on_G],
            sigma_G2=np.tile(sigma_2, (int(on_G.sum()), 1)),
        ),
        samples=len(on_G),
        valid=int(samples.valid_G.sum()),
        off_picture=int((samples.valid_G & ~on_G).sum()),
        off_time=int(off_time_G.sum()),
    )


def _check(
    samples: GazeSamples, times_s_G: Floats, on_G: Flags, off_G: Flags, picture: Picture
) -> None:
    """Refuse gaze of which nothing is left."""
    if not on_G.any():
        raise IngestError(
            f"none of {samples.valid_G.sum()} valid samples is on the stored picture; "
            "check --capture and --screen"
        )
    if np.array_equal(on_G, off_G):
        first_s, last_s = picture.times_s
        raise IngestError(
            f"the samples last from {times_s_G[0]:.1f} to {times_s_G[-1]:.1f} s, the "
            f"video from {first_s:.1f} to {last_s:.1f} s; check --offset-s"
        )


def _screen(
    samples: GazeSamples, picture: Picture, options: PlacingOptions
) -> tuple[int, int]:
    """Rows and columns of the screen."""
    known = options.screen or samples.screen
    if known is None and samples.unit == "share" and options.capture:
        raise ConfigError(
            "the gaze is in shares of a screen of unknown size, but --capture in its "
            "pixels; pass --screen ROWS COLUMNS"
        )
    return known or picture.source_shape


def _capture(
    samples: GazeSamples,
    screen: tuple[int, int],
    picture: Picture,
    options: PlacingOptions,
) -> Box:
    """The part of the screen that the recording shows."""
    if options.capture:
        return Box(*options.capture)
    if samples.capture:
        return samples.capture
    (rows, columns), (height, width) = screen, picture.source_shape
    if abs(columns * height / (rows * width) - 1) > _SAME_SHAPE:
        raise IngestError(
            f"the screen is {columns} x {rows}, the recording {width} x {height}: of "
            "another shape; say with --capture which part of the screen it shows"
        )
    return Box(0, 0, rows, columns)


def _scale(capture: Box, picture: Picture) -> Size:
    """Stored pixels that a pixel of the screen becomes, per axis."""
    (height, width), (rows, columns) = picture.shape_HW, picture.source_shape
    return (
        columns / capture.width * width / picture.crop.width,
        rows / capture.height * height / picture.crop.height,
    )


def _pixels(samples: GazeSamples, screen: tuple[int, int]) -> Floats:
    """Points in pixels of the screen."""
    if samples.unit == "pixel":
        return samples.points_G2
    return samples.points_G2 * (screen[1], screen[0])


def _to_stored(
    points_G2: Floats, capture: Box, picture: Picture, scale: Size
) -> Floats:
    """Screen to captured picture to crop to stored frame, as precise as it is kept."""
    (rows, columns), crop = picture.source_shape, picture.crop
    left = capture.left + crop.left * capture.width / columns
    top = capture.top + crop.top * capture.height / rows
    kept_G2 = ((points_G2 - (left, top)) * scale).astype(np.float32)
    return kept_G2.astype(np.float64)


def _degree(
    samples: GazeSamples, screen: tuple[int, int], options: PlacingOptions
) -> Size:
    """Pixels of the screen that one degree of visual angle spans, per axis."""
    distance_cm = options.distance_cm or samples.distance_cm or _DISTANCE_CM
    degree_cm = 2 * distance_cm * math.tan(math.radians(0.5))
    if options.px_per_cm:
        return (degree_cm * options.px_per_cm,) * 2
    if samples.screen_cm is None:
        raise ConfigError(
            "the gaze file does not say how large the screen is, which one degree of "
            "visual angle depends on; pass --px-per-cm"
        )
    height_cm, width_cm = samples.screen_cm
    return degree_cm * screen[1] / width_cm, degree_cm * screen[0] / height_cm
