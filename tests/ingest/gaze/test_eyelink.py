from pathlib import Path

import numpy as np
import pytest

from insonify.core.errors import IngestError
from insonify.ingest.gaze.eyelink import read_eyelink
from insonify.ingest.gaze.samples import GazeSamples

HEAD = """** TYPE: EDF_FILE BINARY EVENT SAMPLE TAGGED
MSG\t900 DISPLAY_COORDS 10 20 1009 819
START\t1000 \tLEFT\tRIGHT\tSAMPLES\tEVENTS
SAMPLES\tGAZE\t{eyes}\tRATE\t1000.00\tTRACKING\tCR\tFILTER\t2
"""
BOTH, LEFT = "LEFT\tRIGHT", "LEFT"


def read(folder: Path, body: str, eyes: str = BOTH, sync: str = "SYNC") -> GazeSamples:
    path = folder / "0.asc"
    path.write_text(HEAD.format(eyes=eyes) + body)
    return read_eyelink(path, sync)[0]


def test_both_eyes_are_averaged_and_one_is_enough(tmp_path: Path) -> None:
    body = """1001\t 110.0\t 120.0\t 700\t 130.0\t 140.0\t 700\t.....
1002\t   .\t   .\t    0.0\t 130.0\t 140.0\t 700\t.C...
1003\t 110.0\t 120.0\t 700\t -32768\t 140.0\t 700\t.....
1004\t   .\t   .\t    0.0\t   .\t   .\t    0.0\t.C.C.
"""
    found = read(tmp_path, body)
    points = [[110, 110], [120, 120], [100, 100], [np.nan, np.nan]]
    np.testing.assert_array_equal(found.points_G2, points)
    np.testing.assert_allclose(found.times_s_G, [0.001, 0.002, 0.003, 0.004])
    assert found.screen == (800, 1000)


def test_a_blink_makes_its_eye_invalid_until_it_ends(tmp_path: Path) -> None:
    row = "\t 110.0\t 120.0\t 700\t 130.0\t 140.0\t 700\t.....\n"
    body = f"""1001{row}SBLINK L 1002
1002{row}SBLINK R 1003
1003{row}EBLINK L 1002\t1003\t2
1004{row}EBLINK R 1003\t1004\t2
1005{row}"""
    found = read(tmp_path, body)
    assert found.valid_G.tolist() == [True, True, False, True, True]
    assert found.points_G2[:, 0].tolist()[:2] == [110.0, 120.0]


def test_velocity_and_resolution_columns_do_not_disturb(tmp_path: Path) -> None:
    body = "1001\t 110.0\t 120.0\t 700\t 5.5\t -3.0\t 38.5\t 31.1\t...\n"
    found = read(tmp_path, body, LEFT)
    assert found.points_G2.tolist() == [[100.0, 100.0]]


def test_at_2000_hz_two_samples_share_a_millisecond(tmp_path: Path) -> None:
    rows = "".join(f"{t}\t 110.0\t 120.0\t 700\t...\n" for t in (1, 1, 2, 2, 3))
    found = read(tmp_path, rows.replace("\n", "\n"), LEFT)
    np.testing.assert_allclose(np.diff(found.times_s_G), 0.0005)


@pytest.mark.parametrize(
    ("message", "zero"),
    [
        ("MSG\t1500 SYNC", 1500),
        ("MSG\t1500 -11 SYNC at last", 1511),
        ("MSG\t1500 20 my SYNC", 1480),
        ("MSG\t1500 something else", 1000),
        ("MSG\t1500", 1000),
    ],
)
def test_times_count_from_the_sync_message_or_the_start(
    tmp_path: Path, message: str, zero: int
) -> None:
    found = read(tmp_path, f"{message}\n2000\t 110.0\t 120.0\t 700\t...\n", LEFT)
    np.testing.assert_allclose(found.times_s_G, [(2000 - zero) / 1000])


def test_several_sync_messages_are_refused(tmp_path: Path) -> None:
    body = "MSG\t1 SYNC 1\nMSG\t9 SYNC 2\n10\t 1.0\t 1.0\t 700\n"
    with pytest.raises(IngestError, match="2 messages contain the text of --sync"):
        read(tmp_path, body, LEFT)
    assert len(read(tmp_path, body, LEFT, sync="SYNC 2").times_s_G) == 1


def test_samples_that_are_not_of_gaze_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "0.asc"
    path.write_text("START\t1 \tLEFT\nSAMPLES\tHREF\tLEFT\tRATE\t500.00\n")
    with pytest.raises(IngestError, match=r"line 2: samples are not of gaze"):
        read_eyelink(path)
