"""A live source: the newest frame wins, and answers are those of the same frames."""

import io
import os
import threading
import time
from collections.abc import Iterator
from typing import IO, Any

import av
import numpy as np
import pytest

from insonify.core.errors import ConfigError, IngestError
from insonify.core.video import Box, Frames
from insonify.deploy.heads import Heads
from insonify.deploy.predict.held import Change, Holding, HoldOptions
from insonify.deploy.predict.live import Answer, LiveOptions, LiveSummary, watch
from insonify.deploy.predict.live_source import Arrival, decoded_frames, raw_frames
from insonify.deploy.predict.newest import Newest
from insonify.ingest.area.image_area import Area
from insonify.ingest.recording import TimedFrame

SHAPE_HW = (96, 128)


def pictures(count: int) -> Frames:
    """Noise in a rectangle that never moves, with black around it."""
    generator = np.random.default_rng(3)
    frames_THW = np.zeros((count, *SHAPE_HW), np.uint8)
    frames_THW[:, 16:80, 24:104] = generator.integers(0, 255, (count, 64, 80))
    return frames_THW


def arriving(frames_THW: Frames, gap_s: float = 0.0) -> Iterator[Arrival]:
    """Frames of a clock that runs at 25 a second, whatever time they really take."""
    for number, frame_HW in enumerate(frames_THW):
        time.sleep(gap_s)
        yield Arrival(TimedFrame(number / 25, frame_HW), time.perf_counter())


def answers(
    arrivals: Iterator[Arrival],
    heads: Heads,
    area: Area = "full",
    options: LiveOptions | None = None,
    *,
    slow_s: float = 0.0,
) -> tuple[list[Answer], LiveSummary]:
    summary = LiveSummary()
    found = []
    for each in watch(
        arrivals, heads, area, 256, options or LiveOptions(), summary=summary
    ):
        if isinstance(each, Answer):
            found.append(each)
            time.sleep(slow_s)
    return found, summary


def test_answers_are_those_of_the_same_frames(heads: Heads) -> None:
    frames_THW = pictures(12)
    found, summary = answers(arriving(frames_THW, 0.03), heads)
    assert summary.answered == len(found) > 0
    assert summary.answered + summary.dropped == summary.received == 12
    for answer in found:
        frame_1HW = frames_THW[answer.frame][None]
        wanted_C = heads.probabilities(heads.views(frame_1HW, Box(0, 0, *SHAPE_HW)))[0]
        np.testing.assert_allclose(answer.probabilities_C, wanted_C, atol=1e-6)
        assert answer.label == heads.classes[int(wanted_C.argmax())]
        assert answer.latency_ms > 0


def test_who_is_slow_gets_the_newest_frame(heads: Heads) -> None:
    read, write = os.pipe()
    frames_THW = pictures(60)

    def feed() -> None:
        with os.fdopen(write, "wb", buffering=0) as pipe:
            for frame_HW in frames_THW:
                pipe.write(frame_HW.tobytes())
                time.sleep(0.005)

    thread = threading.Thread(target=feed)
    with os.fdopen(read, "rb", buffering=0) as pipe:
        thread.start()
        found, summary = answers(raw_frames(pipe, 128, 96), heads, slow_s=0.06)
    thread.join()
    assert summary.received == 60
    assert summary.dropped == 60 - len(found) > 20
    numbers = [answer.frame for answer in found]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 59  # The last frame is never the one that is dropped.


def test_what_is_taken_is_the_newest_of_what_came() -> None:
    frame, come, more = pictures(1)[0], threading.Semaphore(0), (1, 5, 3)

    def source() -> Iterator[Arrival]:
        for number in range(sum(more)):
            come.acquire()
            yield Arrival(TimedFrame(number, frame), float(number))

    newest = Newest(source())
    for count in more:  # So many come while the one before is worked on.
        wanted = newest.received + count
        come.release(count)
        while newest.received < wanted:
            time.sleep(0.001)
        taken = newest.take()
        assert taken is not None
        assert (taken[0], taken[1].arrived) == (wanted - 1, wanted - 1)
        assert newest.dropped == wanted - 1 - more.index(count)
    assert newest.take() is None


def test_latency_ends_with_the_answer(heads: Heads) -> None:
    """What the taker then does is not part of it, however slow the machine is."""
    arrived = []

    def source() -> Iterator[Arrival]:
        for each in arriving(pictures(6), 0.01):
            arrived.append(each.arrived)
            yield each

    summary = LiveSummary()
    found = watch(source(), heads, "full", 256, LiveOptions(), summary=summary)
    for each in found:
        if isinstance(each, Answer):
            most_s = time.perf_counter() - arrived[each.frame]
            assert 0 < each.latency_ms <= 1000 * most_s
            time.sleep(0.03)
    assert summary.answered > 0


def test_the_area_is_found_in_the_first_second(heads: Heads) -> None:
    found, summary = answers(arriving(pictures(60), 0.004), heads, "auto")
    assert summary.method.startswith("motion")
    assert summary.looked_at > 0
    assert found[0].time_s > 1.0
    assert (
        summary.looked_at + summary.answered + summary.dropped == summary.received == 60
    )


def test_a_still_source_has_no_area(heads: Heads) -> None:
    still_THW = np.repeat(pictures(1), 40, 0)
    with pytest.raises(IngestError, match="nothing moves"):
        answers(arriving(still_THW, 0.002), heads, "auto")


def test_every_other_frame(heads: Heads) -> None:
    options = LiveOptions(every=3)
    found, summary = answers(arriving(pictures(12), 0.03), heads, options=options)
    gaps = np.diff([answer.frame for answer in found])
    assert (gaps >= 3).all()
    assert summary.answered + summary.skipped + summary.dropped == 12


def test_raw_frames_leave_out_what_is_cut_short() -> None:
    frames_THW = pictures(3)
    data = frames_THW.tobytes() + b"short"
    found = [arrival.frame.luma_HW for arrival in raw_frames(io.BytesIO(data), 128, 96)]
    np.testing.assert_array_equal(np.stack(found), frames_THW)


@pytest.mark.parametrize(
    ("container", "codec", "pixels", "loss"),
    [
        ("yuv4mpegpipe", "wrapped_avframe", "gray", 0),
        ("mjpeg", "mjpeg", "yuvj420p", 12),
    ],
)
def test_encoded_frames_come_as_they_were(
    container: str, codec: str, pixels: str, loss: int
) -> None:
    smooth_THW = np.repeat(np.arange(96, dtype=np.uint8)[None, :, None], 128, 2)
    frames_THW = np.concatenate([smooth_THW, smooth_THW + 40, smooth_THW + 80])
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 128, 96, pixels
        for frame_HW in frames_THW:
            frame = av.VideoFrame.from_ndarray(frame_HW, format="gray")
            out.mux(stream.encode(frame.reformat(format=pixels)))
        out.mux(stream.encode())
    pipe = piped(file.getvalue())
    found = [each.frame.luma_HW for each in decoded_frames(pipe, None)]
    pipe.close()
    assert len(found) == 3
    for found_HW, wanted_HW in zip(found, frames_THW, strict=True):
        assert np.abs(found_HW.astype(int) - wanted_HW).max() <= loss


def piped(data: bytes) -> IO[bytes]:
    """What reads bytes from a pipe."""
    read, write = os.pipe()

    def feed() -> None:
        with os.fdopen(write, "wb") as pipe:
            pipe.write(data)

    threading.Thread(target=feed).start()
    return os.fdopen(read, "rb", buffering=0)


def test_what_is_no_video_is_said(heads: Heads) -> None:
    pipe = piped(b"no video" * 100)
    with pytest.raises(ConfigError, match="cannot be opened"):
        answers(decoded_frames(pipe, None), heads)
    pipe.close()
    with pytest.raises(ConfigError, match="cannot be opened"):
        answers(decoded_frames("/dev/video-absent", None), heads)


def test_a_playlist_on_the_pipe_opens_nothing(heads: Heads) -> None:
    """What a pipe holds must not make libav open files or the network."""
    for text in (b"ffconcat version 1.0\nfile '/etc/passwd'\n", b"#EXTM3U\nx.ts\n"):
        pipe = piped(text)
        with pytest.raises(ConfigError, match="cannot be opened"):
            answers(decoded_frames(pipe, None), heads)
        pipe.close()


def changes(values_T: list[float], **options: object) -> list[Change]:
    hold = HoldOptions(hold_s=0.4, hold_at=0.8, **options)  # type: ignore[arg-type]
    holding = Holding(classes=("plane", "background"), options=hold)
    found = [
        holding.add(number / 10, np.array([value, 1 - value]))
        for number, value in enumerate(values_T)
    ]
    return [each for each in found if each is not None]


def test_a_plane_is_held_and_released() -> None:
    one = [0.5] * 5 + [1.0] * 10 + [0.3] * 10
    held, released = changes(one, hold_classes=("plane",))
    assert (held.held, held.label, held.time_s) == (True, "plane", 0.7)
    assert held.probability == pytest.approx(0.8)  # (0.5 + 0.5 + 3 * 1) / 5
    assert (released.held, released.label) == (False, "plane")
    # (1 + 1 + 0.3 * 3) / 5 = 0.58 is less than three quarters of 0.8
    assert released.time_s == pytest.approx(1.7)


def test_a_glimpse_is_not_held() -> None:
    assert changes([0.5] * 5 + [1.0] + [0.5] * 5) == []
    assert changes([1.0, 1.0, 1.0]) == []  # Not for as long as hold_s.


def test_what_can_be_held_is_a_class() -> None:
    with pytest.raises(ConfigError, match="femur"):
        changes([], hold_classes=("femur",))
