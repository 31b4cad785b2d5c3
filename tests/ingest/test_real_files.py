"""Real recordings: lung clips (CC BY, see their manifest) and pydicom's cine."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest

from insonify.core.video import Video
from insonify.ingest.formats.reading import read

Cleaned = Callable[..., Video]


@pytest.mark.parametrize(
    ("name", "repeats"),
    [
        ("linear/Pneu_prospective_file3.mp4", 91),
        ("convex/Reg_Image_181739_trimmed_crop.mp4", 0),
        ("convex/Reg_pat4Image_140238.mpeg", 1),
    ],
)
def test_lung_clips(
    name: str, repeats: int, shared_data: Path, cleaned: Cleaned
) -> None:
    folder = shared_data / "lung_video_ccby"
    with (folder / "manifest.csv").open(newline="") as file:
        truth = {row["path"]: row for row in csv.DictReader(file)}[name]
    video = cleaned(read(folder / name))
    assert video.facts["frames_read"] == int(truth["frames"])
    assert video.facts["duplicates"] == pytest.approx(repeats, abs=2)
    assert video.facts["frozen"] == video.facts["black"] == 0
    height, width = video.frames_THW.shape[1:]
    assert min(height, width) == min(256, int(truth["width"]), int(truth["height"]))
    box = video.rectangle
    assert box.height * box.width > 0.3 * height * width
    rate = float(truth["fps"])
    assert np.diff(video.times_s_T).min() == pytest.approx(1 / rate, rel=0.1)


def test_the_cine_whose_region_is_of_twice_its_size(cleaned: Cleaned) -> None:
    folder = Path(pydicom.__file__).parent / "data" / "test_files"
    video = cleaned(read(folder / "examples_ybr_color.dcm"))
    assert video.facts["frames_read"] == 30
    assert video.facts["timing"] == "FrameTime"
    assert "exceeds the picture and is clipped to it" in str(video.facts["notes"])
    assert video.spacing_mm is None
    height, width = video.frames_THW.shape[1:]
    assert 140 < height < 200  # the heart, of 240 rows; the interface is gone
    assert 130 < width < 260
