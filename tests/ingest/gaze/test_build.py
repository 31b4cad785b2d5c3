import csv
import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from insonify.cli.main import run
from insonify.core.errors import ConfigError, StoreError
from insonify.core.video import Frames
from insonify.ingest.build import ingest
from insonify.ingest.clean import CleanOptions
from insonify.ingest.gaze.build import import_gaze
from insonify.ingest.gaze.options import GazeImportOptions, PlacingOptions
from insonify.ingest.options import IngestOptions
from insonify.store import Store

Screen = Callable[..., Frames]
WriteMovie = Callable[..., Path]
NAMES = ("Example_Erika/one.mkv", "Example_Erika/two.mkv")
PLACING = PlacingOptions(px_per_cm=40)


@pytest.fixture
def home(tmp_path: Path, write_movie: WriteMovie, screen: Screen) -> Path:
    """Two lossless videos in ``in`` and in a store, which are not reduced."""
    (tmp_path / "in").mkdir()
    for seed, name in enumerate(NAMES):
        write_movie(tmp_path / "in" / name, screen(12, seed=seed), codec="ffv1")
    options = IngestOptions(
        subjects_from="file",
        workers=0,
        key=tmp_path / "k" / "site.key",
        clean=CleanOptions(size=1000),
    )
    ingest(tmp_path / "in", tmp_path / "store", options, lambda *_: None)
    return tmp_path


def table(path: Path, rows: Sequence[tuple[object, ...]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("path", "t_s", "x", "y", "valid"), *rows])
    return path


def options(home: Path, gaze: Path, **about: Any) -> GazeImportOptions:
    filled: dict[str, Any] = {"format": "neutral", "placing": PLACING, **about}
    return GazeImportOptions(gaze=gaze, key=home / "k" / "site.key", **filled)


@pytest.mark.parametrize("zoom", [1, 3])
def test_the_grey_level_that_was_looked_at_is_there_in_the_stored_frame(
    home: Path, screen: Screen, zoom: int
) -> None:
    """Each sample falls on the frame that was shown, on the pixel that was seen."""
    generator = np.random.default_rng(0)
    looked = [(frame, *generator.integers((60, 70), (140, 130))) for frame in range(12)]
    rows = [
        (NAMES[1], frame / 25, zoom * (x + 0.5) + 7, zoom * (y + 0.5) + 9, 1)
        for frame, x, y in looked
    ]
    capture = (9, 7, 9 + 176 * zoom, 7 + 200 * zoom)
    placing = PlacingOptions(px_per_cm=40, capture=capture)
    gaze = table(home / "gaze.csv", rows)
    summary = import_gaze(
        home / "in", home / "store", options(home, gaze, placing=placing)
    )
    assert (summary.videos, summary.counts["off_picture"]) == (1, 0)
    store = Store.open(home / "store")
    found = store.frame_gaze(0.02)
    assert len(found.positions) == 12
    raw = Store.open(home / "store").read_frames(found.positions)
    shown = screen(12, seed=1).astype(int)
    for frame_HW, points, (frame, x, y) in zip(raw, found.points, looked, strict=True):
        right, down = np.floor(points[0]).astype(int)
        assert (
            abs(int(frame_HW[down, right]) - shown[frame, y, x]) <= 6
        )  # stored as JPEG


def test_what_cannot_be_taken_is_counted_and_the_others_go_on(home: Path) -> None:
    folder = home / "trackers"
    folder.mkdir()
    rows: list[tuple[object, ...]] = [
        *[(NAMES[0], n / 100, 100.5, 100.5, 1) for n in range(10)],
        (NAMES[0], 0.2, 100.5, 4.5, 1),
        (NAMES[0], 0.3, "", "", 0),
        *[("Example_Erika/three.mkv", n, 100, 100, 1) for n in range(3)],
        *[(NAMES[1], n / 100, 1, 1, 1) for n in range(4)],
    ]
    table(folder / "a_Erika.csv", rows)
    (folder / "b_Erika.csv").write_text("path,t_s,x,y,valid\na,b,c,d,1\n")
    (folder / "notes.txt").write_text("not looked at")
    summary = import_gaze(home / "in", home / "store", options(home, folder))
    assert (summary.files, summary.videos) == (2, 1)
    assert dict(summary.counts) == {
        "samples": 12,
        "valid": 11,
        "off_picture": 1,
        "off_time": 0,
    }
    assert [refusal.samples for refusal in summary.absent] == [3]
    assert [refusal.samples for refusal in summary.misplaced] == [4]
    assert [refusal.reason[:7] for refusal in summary.unreadable] == ["line 2:"]
    private = summary.linkage.read_text()
    for refusal in (*summary.absent, *summary.misplaced, *summary.unreadable):
        assert "Erika" not in repr(refusal)
        assert refusal.file in private
    assert "b_Erika.csv" in private


def test_videos_are_found_by_name_where_that_is_unique(
    home: Path, write_movie: WriteMovie, screen: Screen
) -> None:
    gaze = table(home / "gaze.csv", [("C:\\films\\two.mkv", 0.1, 100, 100, 1)])
    summary = import_gaze(home / "in", home / "store", options(home, gaze))
    assert summary.videos == 1
    write_movie(home / "in" / "other" / "two.mkv", screen(12, seed=5), codec="ffv1")
    summary = import_gaze(home / "in", home / "store", options(home, gaze))
    assert "2 files of that name" in summary.absent[0].reason
    gaze = table(home / "gaze.csv", [("other/two.mkv", 0.1, 100, 100, 1)])
    summary = import_gaze(home / "in", home / "store", options(home, gaze))
    assert "not in the store" in summary.absent[0].reason


def test_two_eyes_are_pooled_in_the_order_of_time(home: Path) -> None:
    sidecar = {
        "PhysioType": "eyetrack",
        "SampleCoordinateSystem": "gaze-on-screen",
        "SamplingFrequency": 50,
        "StartTime": 0,
        "Columns": ["x_coordinate", "y_coordinate"],
        "x_coordinate": {"Units": "pixel"},
        "y_coordinate": {"Units": "pixel"},
        "StimulusFile": NAMES[0],
    }
    for eye in (1, 2):
        stem = home / f"sub-1_task-t_recording-eye{eye}_physio"
        about = sidecar | {"StartTime": 0.01 * eye}
        stem.with_suffix(".json").write_text(json.dumps(about))
        row = f"{99 + eye}\t100\n"
        stem.with_suffix(".tsv.gz").write_bytes(gzip.compress((row * 3).encode()))
    summary = import_gaze(
        home / "in", home / "store", options(home, home, format="bids")
    )
    assert (summary.files, summary.videos, summary.counts["samples"]) == (2, 1, 6)
    (points,) = Store.open(home / "store").frame_gaze(0.001 + 2 * 0.06).points[:1]
    steps = np.diff(points[:, 0])
    assert steps.tolist() == [1, -1, 1, -1, 1]


def test_gaze_that_is_there_stays_unless_told(home: Path) -> None:
    gaze = table(home / "gaze.csv", [(NAMES[0], 0.12, 100, 100, 1)])
    import_gaze(home / "in", home / "store", options(home, gaze))
    with pytest.raises(StoreError, match="--overwrite"):
        import_gaze(home / "in", home / "store", options(home, gaze))
    table(gaze, [(NAMES[0], 0.12, 110, 100, 1)])
    import_gaze(home / "in", home / "store", options(home, gaze, overwrite=True))
    (points,) = Store.open(home / "store").frame_gaze(0.02).points
    assert len(points) == 1


def test_a_file_that_names_no_video_needs_to_be_told(home: Path) -> None:
    gaze = table(home / "gaze.csv", [("", 0.1, 100, 100, 1)])
    summary = import_gaze(home / "in", home / "store", options(home, gaze))
    assert "pass --video" in summary.unreadable[0].reason
    told = options(home, gaze, video=NAMES[0])
    assert import_gaze(home / "in", home / "store", told).videos == 1
    table(gaze, [(name, 0.1, 100, 100, 1) for name in NAMES])
    summary = import_gaze(home / "in", home / "store", told)
    assert "holds 2 recordings" in summary.unreadable[0].reason


def test_mistakes_in_options_are_refused(home: Path) -> None:
    gaze = table(home / "gaze.csv", [(NAMES[0], 0.1, 100, 100, 1)])
    (home / "two").mkdir()
    table(home / "two" / "1.csv", [])
    table(home / "two" / "2.csv", [])
    for wrong, reason in (
        (options(home, home / "none"), "no such file"),
        (options(home, home / "in"), r"no file \*.csv"),
        (options(home, home / "two", video=NAMES[0]), "2 files, --video names one"),
        (
            GazeImportOptions(gaze=gaze, format="neutral", key=home / "other"),
            "no site key",
        ),
        (options(home, gaze, placing=PlacingOptions()), "--px-per-cm"),
    ):
        with pytest.raises(ConfigError, match=reason):
            import_gaze(home / "in", home / "store", wrong)
    with pytest.raises(ConfigError, match="no such file"):
        import_gaze(home / "out", home / "store", options(home, gaze))
    assert not (home / "other").exists()


def test_the_command_shows_counts_and_no_names(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [(NAMES[0], 0.1, 100, 100, 1), ("Example_Erika/no.mkv", 0.1, 1, 1, 1)]
    gaze = table(home / "gaze_Erika.csv", rows)
    words = ["gaze", str(home / "in"), str(home / "store"), "--gaze", str(gaze)]
    words += ["--format", "neutral", "--key", str(home / "k" / "site.key")]
    assert run(words) == 2
    assert "--px-per-cm" in capsys.readouterr().err
    words += ["--px-per-cm", "40", "--capture", "0", "0", "176", "200"]
    assert run([*words, "--strict"]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "videos that got gaze │ 1" in shown
    assert "no files of that name" in shown
    assert "linkage-" in shown
    assert "Erika" not in shown
    assert run(words) == 2
    assert run([*words, "--overwrite"]) == 0
    assert run(["doctor", "--store", str(home / "store")]) == 0
    assert "videos with gaze │ 1" in " ".join(capsys.readouterr().out.split())
