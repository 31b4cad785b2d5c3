from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from pydicom.dataset import Dataset

from insonify.core.errors import IngestError
from insonify.core.video import Box, Frames
from insonify.ingest.area.image_area import find_image_areas
from insonify.ingest.clean import CleanOptions
from insonify.ingest.inspection import REASONS, describe, inspect_file
from insonify.ingest.recording import Recording, Region

Screen = Callable[..., Frames]
WriteMovie = Callable[..., Path]
MakeDataset = Callable[..., Dataset]
FanMask = Callable[[], npt.NDArray[np.bool_]]


def test_a_view_is_described_as_it_would_be_stored(
    tmp_path: Path, write_movie: WriteMovie, screen: Screen
) -> None:
    movie = write_movie(tmp_path / "Example_Erika.avi", screen(24))
    found = inspect_file(movie, CleanOptions(size=64))
    assert found.refusals == ()
    (view,) = found.views
    assert view.kept is not None
    assert min(view.kept.size) == 64
    assert view.kept.glimpse.frames_HW[0].shape == view.kept.size
    assert view.kept.duration_s == pytest.approx(23 / 25, abs=0.01)
    assert view.kept.segments == 1
    lines = list(describe(view))
    assert lines[0] == "found by: motion, sector"
    assert "kept: 24 of 24 frames" in lines
    assert "Erika" not in " ".join(lines)
    (row,) = found.rows()
    assert row.width > 4 * 320


def test_each_view_of_a_split_screen_has_a_row(
    tmp_path: Path, write_movie: WriteMovie, screen: Screen
) -> None:
    frames = np.concatenate([screen(seed=1), screen(seed=2)], axis=2)
    found = inspect_file(write_movie(tmp_path / "0.avi", frames), CleanOptions())
    assert [view.area.method for view in found.views] == [
        "motion, sector; view 1 of 2",
        "motion, sector; view 2 of 2",
    ]
    assert len(found.rows()) == 2


def test_a_view_without_a_frame_worth_keeping_is_drawn_with_the_reason(
    tmp_path: Path, write_movie: WriteMovie, screen: Screen
) -> None:
    black = write_movie(tmp_path / "0.avi", np.zeros_like(screen(9)))
    found = inspect_file(black, CleanOptions(area="full"))
    (view,) = found.views
    assert view.kept is None
    assert found.refusals == (view.refusal,)
    assert any(line.startswith("refused: no") for line in describe(view))
    assert len(found.rows()) == 1


def test_a_file_without_an_image_area_is_drawn_whole(
    tmp_path: Path, dataset: MakeDataset, region: MakeDataset, screen: Screen
) -> None:
    cine = dataset(screen(), SequenceOfUltrasoundRegions=[region(20, 20, 380, 340)])
    cine.PixelData = screen(1).repeat(24, 0).tobytes()
    cine.save_as(tmp_path / "0.dcm", enforce_file_format=True)
    found = inspect_file(tmp_path / "0.dcm", CleanOptions())
    assert found.views == ()
    assert "nothing moves" in found.refusals[0]
    (row,) = found.rows()
    blue = np.asarray(row).astype(int)[:, :320]
    assert (blue[..., 2] - blue[..., 0] > 80).sum() > 100


def test_what_cannot_be_opened_has_no_row(tmp_path: Path) -> None:
    (tmp_path / "0.avi").write_text("Erika")
    found = inspect_file(tmp_path / "0.avi", CleanOptions())
    assert found.recording is None
    with pytest.raises(IngestError, match="not a video"):
        found.rows()


def test_every_method_is_explained(screen: Screen, fan_mask: FanMask) -> None:
    frames = screen()
    plain = Recording(
        frames=lambda: iter(()), shape_HW=(176, 200), container="", timing=""
    )
    exact = Region(box=Box(10, 10, 170, 190), spacing_mm=None)
    shadowed = frames.copy()
    shadowed[:, 40:, :100] = 0
    made = [
        find_image_areas(plain, frames, "full"),
        find_image_areas(plain, frames, (0, 0, 90, 90)),
        find_image_areas(plain, frames, "auto"),
        find_image_areas(plain, shadowed, "auto"),
        find_image_areas(plain, frames[:, 80:130, 70:130], "auto"),
        find_image_areas(plain, frames, "auto", (Box(0, 0, 90, 90),)),
        find_image_areas(replace(plain, active_HW=fan_mask()), frames, "auto"),
        find_image_areas(replace(plain, regions=(exact,)), frames, "auto"),
        find_image_areas(replace(plain, regions=(exact,)), frames[:1], "auto"),
        find_image_areas(
            replace(plain, regions=(replace(exact, exact=False),)), frames, "auto"
        ),
    ]
    seen = {part for (area,) in made for part in area.method.split(", ")}
    assert seen == set(REASONS) - {"rectangle"}
