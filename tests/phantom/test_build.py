import csv
import gzip
import json
from pathlib import Path

import av
import numpy as np
import pydicom
import pytest

from insonify.core.config import load_config
from insonify.core.errors import ConfigError
from insonify.core.video import Box
from insonify.phantom import Outcome, PhantomOptions, make_phantom
from insonify.phantom.tables import COLUMNS
from insonify.phantom.write import MARK, Header, write_cine, write_movie

SMALL = PhantomOptions(subjects=1, sweeps=2, seconds=2, size=(96, 128), fps=15)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Outcome]]:
    out = tmp_path_factory.mktemp("phantom") / "data"
    return out, make_phantom(out, SMALL)


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def count_frames(path: Path) -> int:
    if path.suffix == ".dcm":
        return int(pydicom.dcmread(path, stop_before_pixels=True).NumberOfFrames)
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_every_file_is_in_the_tables_and_decodes(
    made: tuple[Path, list[Outcome]],
) -> None:
    out, outcomes = made
    videos = {str(p.relative_to(out / "videos")) for p in out.rglob("sweep-*")}
    assert videos == {row["path"] for row in rows(out, "subjects")}
    assert videos == {name for outcome in outcomes for name in outcome.files}
    assert {Path(name).suffix for name in videos} == {".mp4", ".dcm"}
    frames = sum(count_frames(out / "videos" / name) for name in videos)
    assert frames == sum(outcome.frames for outcome in outcomes)
    assert load_config(PhantomOptions, out / "phantom.json") == SMALL


def test_labels_are_ordered_and_within_their_video(
    made: tuple[Path, list[Outcome]],
) -> None:
    out, _ = made
    ends: dict[str, float] = {}
    for row in rows(out, "labels"):
        start, end = float(row["start_s"]), float(row["end_s"])
        assert row["task"] == "plane"
        assert ends.get(row["path"], 0.0) <= start < end
        ends[row["path"]] = end
    for path, end in ends.items():
        assert end <= count_frames(out / "videos" / path) / SMALL.fps + 1e-3


def test_tables_have_their_columns(made: tuple[Path, list[Outcome]]) -> None:
    out, _ = made
    for name, columns in COLUMNS.items():
        with (out / f"{name}.csv").open(newline="") as file:
            assert tuple(next(csv.reader(file))) == columns


def test_bids_gaze_equals_the_neutral_table(made: tuple[Path, list[Outcome]]) -> None:
    out, _ = made
    neutral = rows(out, "gaze")
    (table,) = (out / "bids").rglob("*_physio.tsv.gz")
    lines = gzip.decompress(table.read_bytes()).decode().splitlines()
    assert len(lines) == len(neutral) > 100
    for line, row in zip(lines, neutral, strict=True):
        ms, x, _ = line.split("\t")
        assert float(ms) == pytest.approx(1000 * float(row["t_s"]), abs=0.1)
        assert (x == "n/a") == (row["x"] == "") == (row["valid"] == "0")
    side = json.loads(table.with_suffix("").with_suffix(".json").read_text())
    assert side["SamplingFrequency"] == 90
    assert side["StimulusFile"] == neutral[0]["path"]
    assert (out / "bids" / "dataset_description.json").is_file()


def test_the_same_seed_gives_the_same_bytes_in_any_process(
    made: tuple[Path, list[Outcome]], tmp_path: Path
) -> None:
    make_phantom(tmp_path / "again", SMALL, workers=1)
    assert content(tmp_path / "again") == content(made[0])


def test_only_what_is_ours_is_overwritten_and_only_when_asked(tmp_path: Path) -> None:
    tiny = PhantomOptions(
        subjects=1, sweeps=1, seconds=1, fps=8, size=(64, 64), formats=("dicom",)
    )
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("dear")
    with pytest.raises(ConfigError, match="not empty"):
        make_phantom(foreign, tiny)
    with pytest.raises(ConfigError, match="not a phantom data set"):
        make_phantom(foreign, tiny, overwrite=True)
    assert (foreign / "thesis.txt").read_text() == "dear"
    make_phantom(tmp_path / "ours", tiny)
    assert not (tmp_path / "ours" / "gaze.csv").exists()
    with pytest.raises(ConfigError, match="--overwrite"):
        make_phantom(tmp_path / "ours", tiny)
    (tmp_path / "ours" / "stale").write_text("")
    make_phantom(tmp_path / "ours", tiny, overwrite=True)
    assert not (tmp_path / "ours" / "stale").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"subjects": 0},
        {"sweeps": 0},
        {"seconds": 0.5},
        {"fps": 500.0},
        {"size": (63, 128)},
        {"formats": ()},
    ],
)
def test_impossible_options_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="phantom: "):
        PhantomOptions(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("photometric", ["MONOCHROME2", "YBR_FULL_422"])
def test_a_cine_reads_back(tmp_path: Path, photometric: str) -> None:
    header = Header(
        subject="phantom-007",
        exam="phantom-007-1",
        number=3,
        fps=25.0,
        box=Box(10, 20, 50, 84),
        mm_per_px=0.5,
        photometric=photometric,
        maker="ECHO-7",
    )
    ramp = np.linspace(0, 255, 96, dtype=np.uint8)
    frame = np.repeat(np.tile(ramp, (64, 1))[:, :, None], 3, 2)
    write_cine(tmp_path / "a.dcm", [frame, frame[:, ::-1].copy()], header)
    cine = pydicom.dcmread(tmp_path / "a.dcm")
    pixels = cine.pixel_array
    grey = pixels if photometric == "MONOCHROME2" else pixels[..., 0]
    assert grey.shape == (2, 64, 96)
    assert np.abs(grey[0].astype(int) - frame[..., 0]).mean() < 3
    region = cine.SequenceOfUltrasoundRegions[0]
    assert (region.RegionLocationMinX0, region.RegionLocationMaxY1) == (20, 49)
    assert region.PhysicalDeltaX == pytest.approx(0.05)
    assert float(cine.FrameTime) == 40
    assert cine.PatientID == "phantom-007"


def test_a_movie_reads_back(tmp_path: Path) -> None:
    frames = [np.full((64, 96, 3), 20 * t, np.uint8) for t in range(8)]
    write_movie(tmp_path / "a.mp4", frames, 20.0)
    with av.open(str(tmp_path / "a.mp4")) as container:
        found = list(container.decode(video=0))
        times = [frame.time for frame in found]
        said = dict(container.metadata)
    assert said.items() >= MARK.items()
    assert "synthetic" in MARK["comment"]
    assert len(found) == 8
    np.testing.assert_allclose(np.diff(np.array(times, float)), 0.05, atol=1e-4)
    for number, frame in enumerate(found):
        assert frame.to_ndarray(format="gray").mean() == pytest.approx(
            20 * number, abs=4
        )
