from pathlib import Path

import numpy as np
import pytest

from insonify.core.errors import IngestError
from insonify.core.video import Box
from insonify.ingest.gaze.samples import GazeSamples
from insonify.ingest.gaze.tobii import read_tobii


def read(folder: Path, *rows: str, encoding: str = "utf-8") -> list[GazeSamples]:
    path = folder / "0.tsv"
    lines = (row.replace(" | ", "\t") for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding=encoding)
    return read_tobii(path)


EYES = (
    "Recording timestamp [ms] | Gaze point left X | Gaze point left Y | Gaze point "
    "right X | Gaze point right Y | Validity left | Validity right | Event"
)


@pytest.mark.parametrize(
    ("valid", "right"),
    [
        ("Valid | Valid", 15.0),
        ("Valid | Invalid", 10.0),
        ("4 | 0", 20.0),
        ("1 | 2", 10.0),
        ("Invalid | Invalid", np.nan),
    ],
)
def test_eyes_are_averaged_where_they_are_valid(
    tmp_path: Path, valid: str, right: float
) -> None:
    row = f"8 | 10 | 30 | 20 | 30 | {valid} | "
    (found,) = read(tmp_path, EYES, row, "9 |  |  |  |  |  |  | MouseEvent")
    np.testing.assert_array_equal(found.points_G2[:, 0], [right])
    np.testing.assert_allclose(found.times_s_G, [0.008])
    assert found.video is None


@pytest.mark.parametrize(("step", "seconds"), [(8, 0.008), (8333, 0.008333)])
def test_a_unit_that_is_not_said_follows_from_the_rate(
    tmp_path: Path, step: int, seconds: float
) -> None:
    rows = [f"{step * n} | 1 | 2" for n in range(20)]
    head = "Recording timestamp | Gaze point X | Gaze point Y"
    (found,) = read(tmp_path, head, *rows)
    np.testing.assert_allclose(np.diff(found.times_s_G), seconds)
    odd = [f"{200 * n} | 1 | 2" for n in range(20)]
    with pytest.raises(IngestError, match="export them with their unit"):
        read(tmp_path, head, *odd)


def test_each_showing_of_a_medium_is_a_recording_with_its_place(tmp_path: Path) -> None:
    head = (
        "Recording timestamp [ms] | Recording name | Presented Media name | Presented "
        "Media position X [DACS px] | Presented Media position Y [DACS px] | Presented "
        "Media width [px] | Presented Media height [px] | Sensor | Gaze point X [DACS "
        "px] | Gaze point Y [DACS px] | Gaze point X [MCS norm]"
    )
    found = read(
        tmp_path,
        head,
        "90 | r |  |  |  |  |  | Eye Tracker | 1 | 1 | 0",
        "100 | r | a.mp4 | 20 | 10 | 640 | 480 |  |  |  | ",
        "101 | r | a.mp4 | 20 | 10 | 640 | 480 | Eye Tracker | 5 | 6 | 0",
        "102 | r | a.mp4 | 20 | 10 | 640 | 480 | Mouse | 9 | 9 | 0",
        "103 | r |  |  |  |  |  | Mouse |  |  | ",
        "104 | r | a.mp4 | 20 | 10 | 640 | 480 | Eye Tracker | 7 | 8 | 0",
        "200 | r | b.mp4 |  |  |  |  | Eye Tracker | 2 | 2 | 0",
        "300 | r | a.mp4 | 20 | 10 | 640 | 480 | Eye Tracker | 3 | 3 | 0",
        "50 | s | a.mp4 | 20 | 10 | 640 | 480 | Eye Tracker | 4 | 4 | 0",
    )
    assert [one.video for one in found] == ["a.mp4", "b.mp4", "a.mp4", "a.mp4"]
    assert [one.times_s_G.round(6).tolist() for one in found] == [
        [0.001, 0.004],
        [0.0],
        [0.0],
        [0.0],
    ]
    assert found[0].points_G2.tolist() == [[5.0, 6.0], [7.0, 8.0]]
    assert [one.capture for one in found[:2]] == [Box(10, 20, 490, 660), None]


def test_decimal_commas_and_utf_16_are_read(tmp_path: Path) -> None:
    head = "Recording timestamp [μs] | Gaze point X (DACSpx) | Gaze point Y (DACSpx)"
    (found,) = read(tmp_path, head, "1500 | 10,5 | 20,25", encoding="utf-16")
    assert found.points_G2.tolist() == [[10.5, 20.25]]
    np.testing.assert_allclose(found.times_s_G, [0.0015])


def test_a_plain_name_is_preferred_to_an_older_duplicate(tmp_path: Path) -> None:
    head = (
        "Recording timestamp [ms] | Gaze point X (RCSpx) | Gaze point X | Gaze point Y"
    )
    (found,) = read(tmp_path, head, "1 | 7 | 8 | 9")
    assert found.points_G2.tolist() == [[8.0, 9.0]]


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("Gaze point X | Gaze point Y", "no column 'Recording timestamp'"),
        ("Recording timestamp [ms] | Gaze point X [MCS norm]", "no columns 'Gaze"),
        ("Recording timestamp [ms] | Gaze point left X", "no columns 'Gaze"),
    ],
)
def test_columns_that_are_missing_are_named(
    tmp_path: Path, head: str, reason: str
) -> None:
    with pytest.raises(IngestError, match=rf"line 1: {reason}"):
        read(tmp_path, head, "1 | 2")
