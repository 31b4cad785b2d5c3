from pathlib import Path

import pytest

from insonify.core.errors import IngestError
from insonify.ingest.gaze.gazepoint import read_gazepoint


def write(folder: Path, *lines: str) -> Path:
    path = folder / "0.csv"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_the_fixation_filter_s_point_is_taken_where_there_is_no_other(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, "TIME,FPOGX,FPOGY,FPOGV", "3.5,0.25,0.5,1", "3.6,0.3,0.5,0")
    (found,) = read_gazepoint(path)
    assert found.points_G2[:1].tolist() == [[0.25, 0.5]]
    assert found.valid_G.tolist() == [True, False]
    assert found.times_s_G.tolist() == [3.5, 3.6]
    assert (found.video, found.unit) == (None, "share")


@pytest.mark.parametrize("later", [0.0, 7.0], ids=["restarts", "goes on"])
def test_times_of_each_medium_count_from_its_first_row(
    tmp_path: Path, later: float
) -> None:
    path = write(
        tmp_path,
        "MEDIA_ID,MEDIA_NAME,TIME(2020/01/01 10:00:00.000),BPOGX,BPOGY,BPOGV",
        "0,a.mp4,0.5,0.1,0.1,1",
        "0,a.mp4,0.75,0.1,0.1,1",
        f"1,b.mp4,{later},0.1,0.1,1",
        f"1,b.mp4,{later + 0.25},0.1,0.1,1",
    )
    found = read_gazepoint(path)
    assert [one.video for one in found] == ["a.mp4", "b.mp4"]
    assert [one.times_s_G.tolist() for one in found] == [[0.0, 0.25]] * 2


def test_a_missing_time_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "TIMETICK(f=10000000),BPOGX,BPOGY,BPOGV", "1,0.1,0.1,1")
    with pytest.raises(IngestError, match="line 1: no column TIME"):
        read_gazepoint(path)
