"""The table and the sheets that a person signs off."""

import csv
import io
from pathlib import Path

import numpy as np
from PIL import Image

from insonify.ingest.handling import FileResult
from insonify.ingest.sheet import jpeg
from insonify.ingest.sign_off import SignOff
from insonify.store import VideoEntry


def picture(grey: int) -> bytes:
    return jpeg(Image.fromarray(np.full((40, 60, 3), grey, np.uint8)))


def taken(number: int) -> FileResult:
    row: dict[str, object] = {
        "video": f"v-{number}",
        "subject": "s-1",
        "exam": "e-1",
        "source_shape": [100, 200],
        "crop": [10, 20, 60, 120],
        "facts": '{"area": "motion", "frames_read": 9, "frames": 7, "codec": "h264"}',
    }
    entry = VideoEntry(row=row, fragments=())
    return FileResult(file=f"f-{number}", entries=[entry], pictures=[picture(number)])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_for_every_video_and_every_refused_file(tmp_path: Path) -> None:
    batch = SignOff(tmp_path / "deep" / "sign-off")
    batch.add([taken(1), FileResult(file="f-2", reason="the file is empty")])
    batch.add([taken(3)])
    assert batch.table is not None
    first, second, third = rows(batch.table)
    assert first["outcome"] == third["outcome"] == "taken"
    assert (first["video"], first["area"], first["frames"]) == ("v-1", "motion", "7")
    assert float(first["share_kept"]) == 0.25
    assert first["facts"] == '{"codec": "h264"}'
    assert (second["file"], second["outcome"]) == ("f-2", "the file is empty")
    assert second["video"] == ""


def test_sheets_hold_twenty_videos_and_nothing_is_overwritten(tmp_path: Path) -> None:
    for _ in range(2):
        batch = SignOff(tmp_path)
        batch.add([taken(number) for number in range(25)])
        batch.close()
        batch.close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [
        *("batch-0001-sheet-0001.jpg", "batch-0001-sheet-0002.jpg", "batch-0001.csv"),
        *("batch-0002-sheet-0001.jpg", "batch-0002-sheet-0002.jpg", "batch-0002.csv"),
    ]
    content = (tmp_path / "batch-0001-sheet-0002.jpg").read_bytes()
    with Image.open(io.BytesIO(content)) as sheet:
        assert sheet.height == 5 * 44
        assert not sheet.getexif()


def test_a_batch_of_nothing_leaves_nothing(tmp_path: Path) -> None:
    batch = SignOff(tmp_path / "sign-off")
    batch.add([])
    batch.close()
    assert batch.table is None
    assert list(tmp_path.iterdir()) == []
