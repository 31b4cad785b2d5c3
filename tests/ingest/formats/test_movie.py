"""Glimpses of a movie: few, evenly spread, and of the right frames.

Legend: H rows, W columns.
"""

from pathlib import Path

import av
import numpy as np
import pytest

from insonify.core.video import Frames
from insonify.ingest.formats.movie import read_movie


def numbered(number: int) -> Frames:
    """A picture whose halves say, in steps of 16 grey levels, which frame it is."""
    frame_HW = np.empty((64, 64), np.uint8)
    frame_HW[:, :32], frame_HW[:, 32:] = number // 16 * 12 + 8, number % 16 * 15 + 8
    return frame_HW


def number_of(luma_HW: Frames) -> int:
    left, right = (float(half.mean()) for half in (luma_HW[:, 4:28], luma_HW[:, 36:60]))
    return round((left - 8) / 12) * 16 + round((right - 8) / 15)


def write(path: Path, frames: int, every: int) -> Path:
    """A movie with a key frame ``every`` so many frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt, stream.gop_size = "yuv420p", every
        stream.options = {"sc_threshold": "1000000000"}  # no key frames at cuts
        stream.bit_rate = 4_000_000
        for number in range(frames):
            picture = av.VideoFrame.from_ndarray(numbered(number), format="gray")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("frames", "every", "wanted"),
    [
        (300, 1, range(0, 300, 4)),  # every frame is a key frame
        (300, 10, range(0, 300, 10)),  # few enough: all of them
        (90, 1, range(90)),
        (96, 1, range(0, 96, 2)),
    ],
)
def test_glimpses_are_evenly_spread_key_frames(
    frames: int, every: int, wanted: range, tmp_path: Path
) -> None:
    recording = read_movie(write(tmp_path / "movie.avi", frames, every))
    assert recording.glimpses is not None
    glimpses = [frame.in_levels() for frame in recording.glimpses()]
    assert [number_of(frame.luma_HW) for frame in glimpses] == list(wanted)


def test_glimpses_of_a_file_that_breaks_off_end_there(tmp_path: Path) -> None:
    path = write(tmp_path / "movie.avi", 300, 1)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    recording = read_movie(path, damaged="keep")
    assert recording.glimpses is not None
    found = [number_of(each.in_levels().luma_HW) for each in recording.glimpses()]
    assert 48 <= len(found) < 96
    assert found == sorted(found)
    assert max(found) < 200
