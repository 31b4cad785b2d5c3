"""Video files: whatever container PyAV opens, decoded in order.

Sequential decoding is the only way that gives the right frames in every container:
of 40 random reads, seeking returned up to 40 wrong frames in AVI, WMV and MPEG-2.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av

from insonify.core.errors import IngestError
from insonify.ingest.formats.picture import colour, luma
from insonify.ingest.recording import Damaged, Recording, TimedFrame

_LEAST_SHARE: Final = 0.98
"""A file of which less than this share of the declared length decodes is cut short."""

_SHORT_S: Final = 0.5
"""Containers round their duration; less than this is never called cut short."""

_KEY_FRAMES: Final = 48
"""So many to twice as many key frames show where the image is. Together with 16 frames
of the beginning (``reread``) they are fewer than the 128 that a spread may have."""

_DEFAULT_RATE: Final = Fraction(25)

_FORMATS: Final = ",".join(
    (
        *("asf", "avi", "dv", "flv", "gif", "h264", "hevc", "ivf", "jpeg_pipe", "m4v"),
        *("matroska", "mjpeg", "mov", "mpeg", "mpegts", "mpegvideo", "mxf", "nut"),
        *("ogg", "rm", "wtv", "yuv4mpegpipe"),
    )
)
"""Containers that hold the frames themselves. Others open what the file names: a text
file with ``ffconcat`` hands over another patient's video, a playlist asks the network.
"""

av.logging.set_level(None)  # libav's messages name the file


def read_movie(
    source: Path | bytes, damaged: Damaged = "reject", rate_hz: float | None = None
) -> Recording:
    """Open a video file, or the bytes of one.

    Args:
        source: A path, or the file's content.
        damaged: What to do where the file breaks off. The default refuses it: a cine
            that was cut short in copying is usually whole elsewhere.
        rate_hz: Frames a second where the file tells neither times nor a rate.

    Raises:
        IngestError: no video stream, or no frame, can be read.
    """
    with _open(source) as container:
        stream = container.streams.video[0]
        first = next(iter(_decode(container)), None)
        if first is None or isinstance(first, av.error.FFmpegError):
            raise IngestError(
                "no frame can be decoded: the file is damaged or holds no picture; "
                "export it again"
            )
        stamped = first.pts is not None

        def codes() -> Iterator[TimedFrame]:
            return _frames(source, damaged, recording, rate_hz)

        recording = Recording(
            frames=lambda: (frame.in_levels() for frame in codes()),
            codes=codes,
            glimpses=lambda: _key_frames(source),
            shape_HW=luma(first, stream.sample_aspect_ratio)[0].shape,
            container=container.format.name.split(",")[0],
            timing="frame time stamps" if stamped else "declared frame rate",
            facts={
                "codec": stream.codec_context.name,
                "frame_rate": round(float(_rate(stream, rate_hz)), 3),
            },
        )
        # While it is open: of a closed one, the rate is read from memory that is freed.
        declared = stream.average_rate or stream.guessed_rate
        if not (stamped or declared or rate_hz):
            recording.add_note(
                f"no times and no frame rate; {_DEFAULT_RATE}/s is assumed"
            )
    return recording


def _frames(
    source: Path | bytes,
    damaged: Damaged,
    recording: Recording,
    rate_hz: float | None,
) -> Iterator[TimedFrame]:
    with _open(source) as container:
        stream = container.streams.video[0]
        step = float(1 / _rate(stream, rate_hz))
        start, time, count = None, -step, 0
        for frame in _decode(container):
            if isinstance(frame, av.error.FFmpegError):
                found = f"decoding fails after {count} frames ({_reason(frame)})"
                _break_off(found, damaged, recording, count)
                return
            if frame.is_corrupt:
                _break_off(f"frame {count} is corrupt", damaged, recording, count)
                return
            aspect = stream.sample_aspect_ratio
            luma_HW, levels = luma(frame, aspect)
            if luma_HW.shape != recording.shape_HW:
                found = f"the picture changes its size after {count} frames"
                _break_off(found, damaged, recording, count)
                return
            stamp = _seconds(frame)
            if start is None:
                start = stamp or 0.0
            # Missing or repeated stamps: one step on, so that time always increases.
            after = time + step if stamp is None else stamp - start
            if after <= time:
                recording.add_note("some frames have no increasing time stamp")
                after = time + step
            time, count = after, count + 1
            yield TimedFrame(time, luma_HW, colour(frame, aspect), levels)
        if found := _missing(container, count, time + step):
            _break_off(found, damaged, recording, count)


def _seconds(frame: Any) -> float | None:
    """The frame's time stamp."""
    if frame.pts is None:
        return None
    base = frame.time_base
    seconds: float = frame.pts * base.numerator / base.denominator
    return seconds


def _key_frames(source: Path | bytes) -> Iterator[TimedFrame]:
    """Some of the frames that are coded by themselves, evenly spread over the file.

    The others are not decoded: in some codecs all frames are key frames.
    """
    with _open(source) as container:
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"
        for number, frame in enumerate(_decoded(stream, _key_packets(container))):
            if frame.is_corrupt:
                return
            luma_HW, levels = luma(frame, stream.sample_aspect_ratio)
            yield TimedFrame(float(number), luma_HW, levels=levels)


def _key_packets(container: Any) -> list[Any]:
    """Evenly spread packets of key frames, up to where the file is damaged."""
    kept: list[Any] = []
    number, stride = 0, 1
    with suppress(av.error.FFmpegError):
        for packet in container.demux(video=0):
            if packet.is_keyframe and packet.size:
                if number % stride == 0:
                    kept.append(packet)
                number += 1
            if len(kept) == 2 * _KEY_FRAMES:
                kept, stride = kept[::2], 2 * stride
    return kept


def _decoded(stream: Any, packets: list[Any]) -> Iterator[Any]:
    """The frames of packets, up to where decoding fails."""
    with suppress(av.error.FFmpegError):
        for packet in (*packets, None):  # at None come those that were held back
            yield from stream.codec_context.decode(packet)


def _missing(container: Any, count: int, seconds: float) -> str:
    """What the container declares and does not hold; empty if it is complete."""
    stream = container.streams.video[0]
    if count < _LEAST_SHARE * stream.frames:
        return f"{count} of {stream.frames} declared frames decode"
    # The container's duration is that of its longest stream: use it for a sole one.
    declared = container.duration if len(container.streams) == 1 else None
    length_s = float(declared or 0) / av.time_base
    if seconds < min(_LEAST_SHARE * length_s, length_s - _SHORT_S):
        return f"{seconds:.1f} of {length_s:.1f} declared seconds decode"
    return ""


@contextmanager
def _open(source: Path | bytes) -> Iterator[Any]:
    file = io.BytesIO(source) if isinstance(source, bytes) else str(source)
    try:
        with av.open(
            file,
            options={"format_whitelist": _FORMATS, "protocol_whitelist": "file"},
            metadata_errors="ignore",  # what is not UTF-8 in it is no reason to refuse
        ) as container:
            if not container.streams.video:
                kinds = sorted({stream.type for stream in container.streams})
                raise IngestError(
                    f"no video stream (only {', '.join(kinds) or 'nothing'}); "
                    "export the picture too"
                )
            yield container
    except (av.error.FFmpegError, OSError) as error:
        raise IngestError(
            f"not a video, image or DICOM file that can be opened ({_reason(error)}); "
            "export it again"
        ) from None


def _decode(container: Any) -> Iterator[Any]:
    """The frames, and last the error if decoding fails."""
    try:
        yield from container.decode(video=0)
    except av.error.FFmpegError as error:
        if not isinstance(error, av.error.EOFError):
            yield error


def _break_off(found: str, damaged: Damaged, recording: Recording, good: int) -> None:
    """Refuse a damaged file, or note that so many frames of it are kept."""
    if damaged == "reject" or good == 0:
        raise IngestError(
            f"{found}; export the file again"
            + (", or keep what is good with --damaged keep" if good else "")
        )
    recording.add_note(found)


def _rate(stream: Any, given_hz: float | None) -> Fraction:
    """Declared frames a second; else those that are given, else 25."""
    declared = stream.average_rate or stream.guessed_rate
    return Fraction(declared or given_hz or _DEFAULT_RATE)


def _reason(error: Exception) -> str:
    """The kind of failure, without the file's name that libav puts into it."""
    return getattr(error, "strerror", None) or type(error).__name__
