from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from insonify.core.errors import IngestError
from insonify.core.video import Frames, Video
from insonify.ingest.clean import CleanOptions, Names, clean
from insonify.ingest.reading import read

Screen = Callable[..., Frames]
MakeDataset = Callable[..., Dataset]
NAMES = Names(subject="s-1", exam="e-1", video="v-1")


def make(path: Path, cine: Dataset, options: CleanOptions | None = None) -> Video:
    cine.save_as(path, enforce_file_format=True)
    return clean(read(path), NAMES, options or CleanOptions())


def test_nothing_outside_the_area_survives_not_even_at_its_edge(
    tmp_path: Path, dataset: MakeDataset, screen: Screen
) -> None:
    frames = screen()
    lit = np.where(frames[:1].max(0) == 0, 255, frames).astype(np.uint8)
    dark = make(tmp_path / "dark.dcm", dataset(frames), CleanOptions(size=64))
    bright = make(tmp_path / "lit.dcm", dataset(lit), CleanOptions(size=64))
    # The same image on a black and on a white screen: what is kept is the same but
    # where the area, which is found in both, differs by a pixel of the screen.
    assert dark.frames_THW.shape == bright.frames_THW.shape
    black = (bright.frames_THW == 0) | (dark.frames_THW == 0)
    assert black.mean() > 0.2
    assert np.array_equal(bright.frames_THW[~black], dark.frames_THW[~black])


@pytest.mark.parametrize("size", [16, 50, 100, 1000])
def test_size_rectangle_and_spacing(
    size: int,
    tmp_path: Path,
    dataset: MakeDataset,
    region: MakeDataset,
    screen: Screen,
) -> None:
    cine = dataset(
        screen(),
        SequenceOfUltrasoundRegions=[region(20, 20, 180, 170, PhysicalDeltaY=0.03)],
    )
    video = make(tmp_path / "0.dcm", cine, CleanOptions(size=size))
    full = make(tmp_path / "0.dcm", cine)
    height, width = video.frames_THW.shape[1:]
    tall, wide = full.frames_THW.shape[1:]
    assert min(height, width) == min(size, tall, wide)
    top, left, bottom, right = video.rectangle
    inside = video.frames_THW[:, top:bottom, left:right]
    # The area may exceed the fan by a pixel of the screen, which is black.
    assert (inside == 0).mean() < 1e-3
    assert inside.shape[1] * inside.shape[2] > 0.3 * height * width
    assert full.spacing_mm == pytest.approx((0.3, 0.2))
    assert video.spacing_mm == pytest.approx((0.3 * tall / height, 0.2 * wide / width))


def test_the_crop_says_where_the_stored_frame_was_on_the_screen(
    tmp_path: Path, dataset: MakeDataset, screen: Screen
) -> None:
    frames = screen()
    video = make(tmp_path / "0.dcm", dataset(frames), CleanOptions(size=1000))
    assert video.source_shape == frames.shape[1:]
    assert video.crop is not None
    top, left, bottom, right = video.crop
    assert (top, left) > (0, 0)
    inside = video.frames_THW[0] > 0
    assert np.array_equal(
        video.frames_THW[0][inside], frames[0, top:bottom, left:right][inside]
    )


def test_facts_hold_no_identity(
    tmp_path: Path, dataset: MakeDataset, screen: Screen
) -> None:
    cine = dataset(
        screen(),
        InstitutionName="Hospital of Example",
        OperatorsName="Doe^Jane",
        SeriesDescription="Erika",
        Manufacturer="Maker",
    )
    video = make(tmp_path / "Example_Erika.dcm", cine)
    assert video.facts["Manufacturer"] == "Maker"
    assert video.facts["frames_read"] == 24
    for secret in ("Erika", "Hospital", "Doe", "4711", "1999"):
        assert secret not in repr(video.facts)


def test_a_recording_of_nothing_is_refused(
    tmp_path: Path, dataset: MakeDataset, screen: Screen
) -> None:
    black = dataset(np.zeros_like(screen()))
    with pytest.raises(IngestError, match="24 black"):
        make(tmp_path / "0.dcm", black, CleanOptions(area="full"))
