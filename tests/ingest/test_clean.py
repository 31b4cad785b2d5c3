from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from pydicom.dataset import Dataset

from insonify.core.errors import IngestError
from insonify.core.video import Frames, Video
from insonify.ingest import parts as parts_of_a_recording
from insonify.ingest.area.evidence import area_of
from insonify.ingest.clean import CleanOptions, Names, views
from insonify.ingest.formats.reading import read
from insonify.ingest.recording import TimedFrame
from insonify.ingest.reduction import Reduction

Screen = Callable[..., Frames]
MakeDataset = Callable[..., Dataset]
Cleaned = Callable[..., Video]
Make = Callable[..., Video]
NAMES = Names(subject="s-1", exam="e-1", video="v-1")


@pytest.fixture
def make(cleaned: Cleaned) -> Make:
    def write(path: Path, cine: Dataset, options: CleanOptions | None = None) -> Video:
        cine.save_as(path, enforce_file_format=True)
        return cleaned(read(path), options)

    return write


@pytest.mark.parametrize("size", [50, 64, 1000])
def test_nothing_outside_the_area_survives_not_even_at_its_edge(
    size: int, screen: Screen, fan_mask: Callable[[], npt.NDArray[np.bool_]]
) -> None:
    dark = screen(3)
    bright = np.where(fan_mask(), dark, 255).astype(np.uint8)
    reduction = Reduction.plan(area_of(fan_mask(), "given"), size)
    for one_HW, other_HW in zip(dark, bright, strict=True):
        reduced_hw = reduction.apply(TimedFrame(0, one_HW))
        assert np.array_equal(reduced_hw, reduction.apply(TimedFrame(0, other_HW)))
        assert (reduced_hw == 0).mean() > 0.2


@pytest.mark.parametrize("size", [16, 50, 100, 1000])
def test_size_rectangle_and_spacing(
    size: int,
    *,
    make: Make,
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
    make: Make, tmp_path: Path, dataset: MakeDataset, screen: Screen
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
    make: Make, tmp_path: Path, dataset: MakeDataset, screen: Screen
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
    make: Make, tmp_path: Path, dataset: MakeDataset, screen: Screen
) -> None:
    black = dataset(np.zeros_like(screen()))
    with pytest.raises(IngestError, match="24 black"):
        make(tmp_path / "0.dcm", black, CleanOptions(area="full"))


def test_a_long_recording_is_cleaned_in_parts(
    make: Make,
    tmp_path: Path,
    dataset: MakeDataset,
    screen: Screen,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = make(tmp_path / "0.dcm", dataset(screen(40)))
    monkeypatch.setattr(parts_of_a_recording, "_PART", 12 * whole.frames_THW[0].size)
    (view,) = views(read(tmp_path / "0.dcm"), CleanOptions(), Path("0"))
    parts = list(view.parts(NAMES))
    assert [len(part.frames_THW) for part in parts] == [12, 12, 12, 4]
    assert [part.segments_T[0] for part in parts] == [0, 1, 2, 3]
    joined = np.concatenate([part.frames_THW for part in parts])
    assert np.array_equal(joined, whole.frames_THW)
    times = np.concatenate([part.times_s_T for part in parts])
    assert np.array_equal(times, whole.times_s_T)
    assert view.facts == whole.facts


def test_a_damaged_end_is_noted_after_the_parts_before_it(
    tmp_path: Path, write_movie: Callable[..., Path], screen: Screen
) -> None:
    path = write_movie(tmp_path / "0.avi", screen(60))
    path.write_bytes(path.read_bytes()[: int(0.6 * path.stat().st_size)])
    (view,) = views(read(path, "keep"), CleanOptions(damaged="keep"), Path("0"))
    (part,) = view.parts(NAMES)
    assert 10 < len(part.frames_THW) < 60
    assert view.facts["notes"]
