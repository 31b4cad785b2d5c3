"""Frames of a live source: raw or encoded on a pipe, a capture device, a stream's URL.

Legend: H rows, W columns.
"""

import time
from collections.abc import Iterator
from typing import IO, Any, Final, NamedTuple

import av
import numpy as np

from insonify.core.errors import ConfigError
from insonify.ingest.formats.picture import luma
from insonify.ingest.recording import TimedFrame

_PIPED: Final = ",".join(
    (
        *("avi", "flv", "jpeg_pipe", "matroska", "mjpeg", "mpegts", "mpjpeg", "nut"),
        *("ogg", "h264", "hevc", "ivf", "m4v", "mpegvideo", "yuv4mpegpipe"),
    )
)
"""Formats that are taken from a pipe: those that hold the frames themselves."""
_PROMPT: Final = {"flags": "low_delay"}
"""Frames are not held back to be put in order."""
_LIVE: Final = {**_PROMPT, "fflags": "nobuffer"}
"""Nor are those that came while the format was found out. On a pipe that would lose the
beginning, which is not late: who writes to it waits."""


class Arrival(NamedTuple):
    """A frame, and when it came."""

    frame: TimedFrame
    """With seconds since the first frame, by the clock of this machine."""
    arrived: float
    """On the clock of ``time.perf_counter``: when all of it was there, not decoded."""


class _Pipe:
    """What PyAV reads from: a pipe has no position."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        """What there is, up to ``size`` bytes; waits for the first of them."""
        return self._file.read(size)


def raw_frames(file: IO[bytes], width: int, height: int) -> Iterator[Arrival]:
    """Frames of 8-bit grey, ``width * height`` bytes each, row by row.

    Args:
        file: Unbuffered; its last frame is left out if it is cut short.
        width: Columns.
        height: Rows.
    """
    begin = None
    while (data := _exactly(file, width * height)) is not None:
        now = time.perf_counter()
        begin = now if begin is None else begin
        luma_HW = np.frombuffer(data, np.uint8).reshape(height, width)
        yield Arrival(TimedFrame(now - begin, luma_HW), now)


def decoded_frames(source: IO[bytes] | str, kind: str | None) -> Iterator[Arrival]:
    """Frames of whatever PyAV opens.

    Args:
        source: An unbuffered pipe, a device such as ``/dev/video0``, or a URL.
        kind: Name that FFmpeg gives its format; None: v4l2 for ``/dev/video…``, else it
            is found out.

    Raises:
        ConfigError: it cannot be opened, has no video, or breaks off.
    """
    begin, count = None, 0
    try:
        with _open(source, kind) as container:
            if not container.streams.video:
                raise ConfigError("--stream: the source has no video; name another")
            stream = container.streams.video[0]
            stream.thread_type = "SLICE"  # Threads by frame hold frames back.
            for packet in container.demux(stream):
                now = time.perf_counter()
                for frame in packet.decode():
                    begin = now if begin is None else begin
                    luma_HW, levels = luma(frame, stream.sample_aspect_ratio)
                    timed = TimedFrame(now - begin, luma_HW, levels=levels)
                    yield Arrival(timed.in_levels(), now)
                    count += 1
    except (av.error.FFmpegError, OSError) as error:
        if isinstance(error, av.error.EOFError) and count:
            return
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ConfigError(
            f"--stream: {'it breaks off' if count else 'it cannot be opened'} "
            f"({reason}); raw frames need --frame-size W H, other sources perhaps "
            "--stream-format"
        ) from None


def _open(source: IO[bytes] | str, kind: str | None) -> Any:
    if isinstance(source, str):
        device = source.startswith("/dev/video")
        kind = kind or ("v4l2" if device else None)
        return av.open(source, format=kind, options=_LIVE)
    options = {**_PROMPT, "format_whitelist": _PIPED, "protocol_whitelist": "pipe"}
    return av.open(_Pipe(source), format=kind, options=options, buffer_size=4096)


def _exactly(file: IO[bytes], size: int) -> bytes | None:
    """So many bytes; None where the pipe ends before."""
    data = bytearray(size)
    view, got = memoryview(data), 0
    while got < size:
        part = file.read(size - got)
        if not part:
            return None
        view[got : got + len(part)] = part
        got += len(part)
    return bytes(data)
