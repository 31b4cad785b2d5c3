"""What a reader finds in a recording of an eye tracker, before anything is mapped.

Legend: G samples of gaze, 2 right and down.
"""

import math
from array import array
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from insonify.core.errors import IngestError
from insonify.core.video import Box

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class GazeSamples:
    """The gaze of one person over one video, as the tracker saw it."""

    video: str | None
    """Path or name of the video that was looked at; None where the file names none."""
    times_s_G: Floats
    """Seconds on the tracker's clock, not decreasing."""
    points_G2: Floats
    """Where on the screen, from its upper left corner; NaN where invalid."""
    valid_G: npt.NDArray[np.bool_]
    """Whether the tracker saw an eye."""
    unit: Literal["pixel", "share"] = "pixel"
    """What points are measured in: pixels of the screen, or shares of its sides."""
    screen: tuple[int, int] | None = None
    """Rows and columns of the screen; None where the file does not say."""
    screen_cm: tuple[float, float] | None = None
    """Height and width of the screen in centimetres, if known."""
    distance_cm: float | None = None
    """From the eyes to the screen, if known."""
    capture: Box | None = None
    """The part of the screen, in its pixels, on which the video was shown, if known."""

    def __post_init__(self) -> None:
        count = len(self.times_s_G)
        if self.points_G2.shape != (count, 2) or len(self.valid_G) != count:
            raise ValueError("points_G2 and valid_G must have a row for each time")
        if not np.array_equal(np.isfinite(self.points_G2).all(1), self.valid_G):
            raise ValueError("points_G2 must be finite where valid, and only there")


class Tape:
    """Takes samples one by one, as the lines of a file are read."""

    def __init__(self) -> None:
        self.times, self.rights, self.downs = array("d"), array("d"), array("d")

    def __len__(self) -> int:
        return len(self.times)

    def add(self, line: int, time: float, point: tuple[float, float] | None) -> None:
        """Add a sample; None, or a point that is not finite, is an invalid one.

        Raises:
            IngestError: there is no time, or it is before that of the last sample.
        """
        if not math.isfinite(time):
            raise IngestError(
                f"line {line}: a sample has no time; export the file anew"
            )
        if self.times and time < self.times[-1]:
            raise IngestError(
                f"line {line}: the time goes back from {self.times[-1]:g} to {time:g}; "
                "sort the samples by time, or give each recording a file of its own"
            )
        right, down = point or (math.nan, math.nan)
        seen = math.isfinite(right) and math.isfinite(down)
        self.times.append(time)
        self.rights.append(right if seen else math.nan)
        self.downs.append(down if seen else math.nan)

    def samples(
        self, *, zero: float = 0.0, unit_s: float = 1.0, **about: Any
    ) -> GazeSamples:
        """All that was taken as :class:`GazeSamples`.

        Args:
            zero: Time that becomes 0.
            unit_s: Seconds that a unit of time lasts.
            about: The other fields.

        Raises:
            IngestError: nothing was taken.
        """
        if not self.times:
            raise IngestError("no sample of gaze in it; is it of another --format?")
        points_G2 = np.stack([np.array(self.rights), np.array(self.downs)], 1)
        return GazeSamples(
            times_s_G=(np.array(self.times) - zero) * unit_s,
            points_G2=points_G2,
            valid_G=np.isfinite(points_G2[:, 0]),
            **about,
        )


def mean_point(
    points: list[tuple[float, float] | None],
) -> tuple[float, float] | None:
    """The middle between the eyes that were seen; None where none was.

    >>> mean_point([(1.0, 2.0), None, (3.0, 2.0)])
    (2.0, 2.0)
    """
    seen = [point for point in points if point and all(map(math.isfinite, point))]
    if not seen:
        return None
    return (
        sum(right for right, _ in seen) / len(seen),
        sum(down for _, down in seen) / len(seen),
    )
