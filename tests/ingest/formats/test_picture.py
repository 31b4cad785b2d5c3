"""Luma taken from a frame's plane, against libswscale's."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange

from insonify.core.video import Frames
from insonify.ingest.area.evidence import area_of
from insonify.ingest.formats.movie import read_movie
from insonify.ingest.formats.picture import luma
from insonify.ingest.recording import TimedFrame
from insonify.ingest.reduction import Reduction

Screen = Callable[..., Frames]
FORMATS = ("yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj444p", "nv12", "gray")


def decoded(form: str, full: bool | None = None) -> av.VideoFrame:
    """Every code of luma, in rows that are padded."""
    codes = np.arange(37 * 50, dtype=np.uint8).reshape(37, 50)[:36]
    picture = av.VideoFrame.from_ndarray(codes, format="gray")
    frame = picture.reformat(format=form) if form != "gray" else picture
    if full is not None:
        frame.color_range = ColorRange.JPEG if full else ColorRange.MPEG
    return frame


def shown(frame: av.VideoFrame, aspect: Fraction | None = None) -> Frames:
    luma_HW, levels = luma(frame, aspect)
    return TimedFrame(0, luma_HW, levels=levels).in_levels().luma_HW


@pytest.mark.parametrize("full", [None, True, False])
@pytest.mark.parametrize("form", FORMATS)
def test_luma_is_that_of_libswscale(form: str, full: bool | None) -> None:
    frame = decoded(form, full)
    slow = frame.reformat(format="gray", dst_color_range=ColorRange.JPEG).to_ndarray()
    assert np.array_equal(shown(frame), slow)
    assert slow.shape == (36, 50)


def test_pixels_become_square(screen: Screen) -> None:
    frame = av.VideoFrame.from_ndarray(screen(1)[0], format="gray")
    frame = frame.reformat(format="yuv420p")
    assert shown(frame, Fraction(3, 2)).shape == (176, 300)
    assert shown(frame, Fraction(1)).shape == (176, 200)


def test_key_frames_are_glimpses_of_a_movie(
    tmp_path: Path, screen: Screen, write_movie: Callable[..., Path]
) -> None:
    path = write_movie(tmp_path / "0.avi", screen(60))
    recording = read_movie(path)
    assert recording.glimpses is not None
    glimpses = [frame.in_levels().luma_HW for frame in recording.glimpses()]
    frames = [frame.luma_HW for frame in recording.frames()]
    assert 2 <= len(glimpses) < 20
    for glimpse_HW in glimpses:
        assert any(np.array_equal(glimpse_HW, frame_HW) for frame_HW in frames)


def test_codes_become_the_levels_that_frames_have(
    tmp_path: Path, screen: Screen, write_movie: Callable[..., Path]
) -> None:
    recording = read_movie(write_movie(tmp_path / "0.avi", screen(8)))
    assert recording.codes is not None
    for code, frame in zip(recording.codes(), recording.frames(), strict=True):
        assert code.levels is not None
        assert frame.levels is None
        assert np.array_equal(code.in_levels().luma_HW, frame.luma_HW)
        assert code.time_s == frame.time_s
    whole = area_of(np.ones(recording.shape_HW, bool), "given")
    for size in (50, 1000):
        reduction = Reduction.plan(whole, size)
        for code, frame in zip(recording.codes(), recording.frames(), strict=True):
            error = np.abs(reduction.apply(code) - reduction.apply(frame).astype(int))
            # A codec's codes beyond black and white are cut off after averaging.
            assert error.max() <= (4 if size == 50 else 0)
            assert error.mean() < 0.6
