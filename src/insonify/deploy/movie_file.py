"""An mp4 that plays everywhere, whose frames come when they came.

Legend: H rows, W columns, 3 colours.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av

from insonify.core.errors import ConfigError
from insonify.deploy.colours import Picture

_CODEC: Final = "libx264"
_TICKS: Final = 90_000
"""A second, in ticks of the file's clock."""
_COMMENT: Final = "insonify. For research use only; not a medical device."


class MovieFile:
    """Takes pictures and their times; a frame stays until the next one comes."""

    def __init__(self, path: Path, shape_HW: tuple[int, int], rate_hz: float) -> None:
        """Begin a file.

        Args:
            path: Where to write; ends in ``.mp4``.
            shape_HW: Rows and columns of the pictures, both even.
            rate_hz: About how many there are a second; times need not keep to it.
        """
        self._container = av.open(
            str(path),
            "w",
            format="mp4",
            # Without the bitexact flag the muxer writes its version, and a date where
            # it is asked to; with faststart players can begin before all is there.
            options={"movflags": "+faststart", "fflags": "+bitexact"},
        )
        self._container.metadata["comment"] = _COMMENT
        rate = Fraction(max(rate_hz, 1.0)).limit_denominator(1000)
        stream: Any = self._container.add_stream(_CODEC, rate=rate)
        stream.height, stream.width = shape_HW
        stream.pix_fmt = "yuv420p"
        # No B frames: some players take times that go back and forth amiss.
        stream.options = {"crf": "18", "preset": "veryfast", "bf": "0", "g": "60"}
        stream.codec_context.time_base = Fraction(1, _TICKS)
        self._stream = stream

    def add(self, picture_HW3: Picture, time_s: float) -> None:
        """Show a picture from a time on; later than the one before."""
        frame = av.VideoFrame.from_ndarray(picture_HW3, format="rgb24")
        frame.pts, frame.time_base = round(time_s * _TICKS), Fraction(1, _TICKS)
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Write what is left."""
        self._container.mux(self._stream.encode())

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()


@contextmanager
def new_movie(
    path: Path, shape_HW: tuple[int, int], rate_hz: float
) -> Iterator[MovieFile]:
    """Yield a movie that becomes ``path`` when the block succeeds.

    An existing ``path`` is replaced; if the block raises, it stays as it was.

    Raises:
        ConfigError: this PyAV cannot write H.264.
    """
    if _CODEC not in av.codecs_available:
        raise ConfigError(
            f"this PyAV has no {_CODEC} to write H.264; install the wheel of PyAV "
            "(pip install --force-reinstall av)"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        movie = MovieFile(Path(name), shape_HW, rate_hz)
        try:
            yield movie
            movie.finish()
        finally:
            movie.close()
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
