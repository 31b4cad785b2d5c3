import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from insonify.core.errors import IngestError
from insonify.ingest.gaze.bids import read_bids

NAME = "sub-1_task-scan_recording-eye1_physio"
SIDECAR: dict[str, object] = {
    "PhysioType": "eyetrack",
    "SampleCoordinateSystem": "gaze-on-screen",
    "SamplingFrequency": 50,
    "StartTime": 2.5,
    "Columns": ["x_coordinate", "pupil_size", "y_coordinate"],
    "x_coordinate": {"Units": "pixel"},
    "y_coordinate": {"Units": "px"},
}
PRESENTATION = {
    "ScreenResolution": [1920, 1080],
    "ScreenSize": [0.48, 0.27],
    "ScreenDistance": 0.7,
}


def write(folder: Path, sidecar: dict[str, object] | None, table: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{NAME}.tsv.gz"
    path.write_bytes(gzip.compress((table or "1\t3\t2\n4\t3\t5\n").encode()))
    if sidecar is not None:
        (folder / f"{NAME}.json").write_text(json.dumps(sidecar))
    return path


def test_without_timestamps_the_rate_counts_from_the_start_time(tmp_path: Path) -> None:
    (found,) = read_bids(write(tmp_path, SIDECAR))
    np.testing.assert_allclose(found.times_s_G, [2.5, 2.52])
    assert found.points_G2.tolist() == [[1.0, 2.0], [4.0, 5.0]]
    assert (found.video, found.screen, found.distance_cm) == (None, None, None)


@pytest.mark.parametrize(("unit", "per_s"), [("s", 1), ("ms", 1e3), ("µs", 1e6)])
def test_timestamps_of_the_device_count_from_the_start_time(
    tmp_path: Path, unit: str, per_s: float
) -> None:
    sidecar = SIDECAR | {
        "Columns": ["timestamp", "x_coordinate", "y_coordinate"],
        "timestamp": {"Units": unit},
    }
    first, last = 5000 * per_s, 5000.25 * per_s
    path = write(tmp_path, sidecar, f"{first:.2f}\t1\t2\n{last:.2f}\t1\t2\n")
    np.testing.assert_allclose(read_bids(path)[0].times_s_G, [2.5, 2.75])


@pytest.mark.parametrize("where", ["sidecar", "events", "root"])
def test_screen_and_distance_come_from_sidecar_events_or_above(
    tmp_path: Path, where: str
) -> None:
    (tmp_path / "dataset_description.json").write_text("{}")
    shown = {"StimulusPresentation": PRESENTATION}
    folder = tmp_path / "sub-1" / "beh"
    path = write(folder, SIDECAR | (shown if where == "sidecar" else {}))
    if where == "events":
        (folder / "sub-1_task-scan_events.json").write_text(json.dumps(shown))
        (folder / "sub-1_task-other_events.json").write_text("not read")
    if where == "root":
        (tmp_path / "task-scan_events.json").write_text(json.dumps(shown))
    (found,) = read_bids(path)
    assert found.screen == (1080, 1920)
    assert found.screen_cm == pytest.approx((27.0, 48.0))
    assert found.distance_cm == pytest.approx(70.0)


def test_a_nearer_sidecar_overrides_one_above(tmp_path: Path) -> None:
    (tmp_path / "dataset_description.json").write_text("{}")
    root = SIDECAR | {"StartTime": 9, "StimulusFile": "a.mp4"}
    (tmp_path / "task-scan_physio.json").write_text(json.dumps(root))
    path = write(tmp_path / "sub-1" / "beh", {"StartTime": 1})
    (found,) = read_bids(path)
    assert (found.times_s_G[0], found.video) == (1.0, "a.mp4")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"PhysioType": "generic"}, "not 'eyetrack'"),
        ({"SampleCoordinateSystem": "eye-in-head"}, "gaze-on-screen"),
        ({"Columns": "x"}, "no list Columns"),
        ({"Columns": ["x_coordinate"]}, "lack 'y_coordinate'"),
        ({"x_coordinate": {"Units": "deg"}}, "Units of x_coordinate"),
        ({"y_coordinate": 3}, "Units of y_coordinate"),
        ({"SamplingFrequency": "n/a"}, "SamplingFrequency"),
        ({"StartTime": "n/a"}, "StartTime is not"),
        ({"Columns": ["timestamp", "x_coordinate", "y_coordinate"]}, "of timestamp"),
        ({"StimulusPresentation": {"ScreenSize": [1]}}, "ScreenSize is not a pair"),
        ({"StimulusPresentation": {"ScreenSize": [0, 1]}}, "pair of positive"),
    ],
)
def test_a_sidecar_that_does_not_fit_is_refused(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    with pytest.raises(IngestError, match=reason):
        read_bids(write(tmp_path, SIDECAR | change))


def test_a_missing_or_broken_sidecar_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, None)
    with pytest.raises(IngestError, match="no JSON sidecar"):
        read_bids(path)
    (tmp_path / f"{NAME}.json").write_text("{")
    with pytest.raises(IngestError, match="not a JSON object"):
        read_bids(path)


def test_a_compressed_table_that_breaks_off_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, SIDECAR, "1\t3\t2\n" * 5000)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(IngestError, match="breaks off"):
        read_bids(path)
