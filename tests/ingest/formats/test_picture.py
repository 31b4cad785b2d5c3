"""Luma taken from a frame's plane, against libswscale's."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange

from insonify.core.video import Frames
from insonify.ingest.formats.movie import read_movie
from insonify.ingest.formats.picture import luma

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


@pytest.mark.parametrize("full", [None, True, False])
@pytest.mark.parametrize("form", FORMATS)
def test_luma_is_that_of_libswscale(form: str, full: bool | None) -> None:
    frame = decoded(form, full)
    slow = frame.reformat(format="gray", dst_color_range=ColorRange.JPEG).to_ndarray()
    assert np.array_equal(luma(frame, None), slow)
    assert slow.shape == (36, 50)


def test_pixels_become_square(screen: Screen) -> None:
    frame = av.VideoFrame.from_ndarray(screen(1)[0], format="gray")
    frame = frame.reformat(format="yuv420p")
    assert luma(frame, Fraction(3, 2)).shape == (176, 300)
    assert luma(frame, Fraction(1)).shape == (176, 200)


def test_key_frames_are_glimpses_of_a_movie(
    tmp_path: Path, screen: Screen, write_movie: Callable[..., Path]
) -> None:
    path = write_movie(tmp_path / "0.avi", screen(60))
    recording = read_movie(path)
    assert recording.glimpses is not None
    glimpses = [frame.luma_HW for frame in recording.glimpses()]
    frames = [frame.luma_HW for frame in recording.frames()]
    assert 2 <= len(glimpses) < 20
    for glimpse_HW in glimpses:
        assert any(np.array_equal(glimpse_HW, frame_HW) for frame_HW in frames)
