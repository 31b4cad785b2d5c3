"""Decoding once what must be looked at twice."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from insonify.core.errors import IngestError
from insonify.core.video import Frames
from insonify.ingest import reread
from insonify.ingest.clean import CleanOptions, views
from insonify.ingest.recording import Recording, TimedFrame
from insonify.ingest.reread import looked_over

Screen = Callable[..., Frames]


class Reader:
    """Frames, and how many of them were decoded."""

    def __init__(self, frames_THW: Frames, *, glimpses: bool = False) -> None:
        self.frames_THW, self.decoded = frames_THW, 0
        self.recording = Recording(
            frames=self.read,
            shape_HW=frames_THW.shape[1:],
            container="test",
            timing="test",
            glimpses=(lambda: self.read(5)) if glimpses else None,
        )

    def read(self, step: int = 1) -> Iterator[TimedFrame]:
        for number in range(0, len(self.frames_THW), step):
            self.decoded += 1
            yield TimedFrame(number / 20, self.frames_THW[number])


@pytest.mark.parametrize(
    ("limit", "glimpses", "decoded"),
    [
        (1 << 30, False, 100),  # kept in memory
        (1 << 18, False, 200),  # decoded twice
        (1 << 18, True, 120),  # a spread, and once
    ],
)
def test_all_frames_come_once_however_they_were_looked_over(
    limit: int, glimpses: bool, decoded: int, screen: Screen
) -> None:
    reader = Reader(screen(100), glimpses=glimpses)
    spread_THW, frames = looked_over(reader.recording, limit)
    assert len(spread_THW) >= 20
    again = np.stack([frame.luma_HW for frame in frames()])
    assert np.array_equal(again, reader.frames_THW)
    assert reader.decoded == decoded


def test_too_few_glimpses_are_no_spread(screen: Screen) -> None:
    reader = Reader(screen(40), glimpses=True)
    spread_THW, frames = looked_over(reader.recording, 1 << 18)
    assert len(spread_THW) == 40
    assert sum(1 for _ in frames()) == 40


def test_no_frame_is_an_error(screen: Screen) -> None:
    with pytest.raises(IngestError, match="no frame"):
        looked_over(Reader(screen(2)[:0]).recording)


def test_a_thorough_look_is_not_content_with_glimpses(screen: Screen) -> None:
    reader = Reader(screen(100), glimpses=True)
    spread_THW, frames = looked_over(reader.recording, 1 << 18, thorough=True)
    assert len(spread_THW) == 100
    assert sum(1 for _ in frames()) == 100


def test_glimpses_that_are_all_alike_are_not_the_last_word(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames_THW = screen(100)
    frames_THW[::5] = frames_THW[0]  # the glimpses
    monkeypatch.setattr(reread, "_REMEMBERED", 1 << 18)
    recording = Reader(frames_THW, glimpses=True).recording
    (view,) = views(recording, CleanOptions(), Path("0"))
    assert view.area.method.startswith("motion")
