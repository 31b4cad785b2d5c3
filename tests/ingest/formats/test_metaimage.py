"""MetaImage sequences: what their headers may ask for.

Legend: T frames, H rows, W columns, C colour channels.
"""

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from insonify.core.errors import IngestError
from insonify.core.video import Box
from insonify.ingest.formats.reading import read

FRAMES_THW = np.random.default_rng(0).integers(0, 256, (5, 20, 24)).astype(np.uint8)


def header(**fields: Any) -> dict[str, Any]:
    """Fields of a sequence without times, ElementDataFile the last."""
    return {
        "ObjectType": "Image",
        "NDims": 3,
        "DimSize": "24 20 5",
        "ElementType": "MET_UCHAR",
        "Kinds": "domain domain list",
        **fields,
        "ElementDataFile": fields.get("ElementDataFile", "LOCAL"),
    }


def write(path: Path, data: bytes = FRAMES_THW.tobytes(), **fields: Any) -> Path:
    made = header(**fields)
    made["ElementDataFile"] = made.pop("ElementDataFile")
    text = "".join(f"{key} = {value}\n" for key, value in made.items())
    path.write_bytes(text.encode() + data)
    return path


def stamps(*times_s: float, invalid: tuple[int, ...] = ()) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for number, time_s in enumerate(times_s):
        fields[f"Seq_Frame{number:04}_Timestamp"] = time_s
        bad = number in invalid
        fields[f"Seq_Frame{number:04}_ImageStatus"] = "INVALID" if bad else "OK"
    return fields


def luma(path: Path, **options: Any) -> npt.NDArray[np.uint8]:
    return np.stack([frame.luma_HW for frame in read(path, **options).frames()])


@pytest.mark.parametrize(
    ("code", "column_goes", "row_goes"),
    [
        *(("MF", "M", "F"), ("MFA", "M", "F"), ("UF", "U", "F"), ("MN", "M", "N")),
        *(("UNA", "U", "N"), ("UND", "U", "N"), ("FM", "F", "M"), ("NU", "N", "U")),
    ],
)
def test_frames_are_turned_upright(
    code: str, column_goes: str, row_goes: str, tmp_path: Path
) -> None:
    """Pixel by pixel: marked side and depth of each, as its code says."""
    stored_HW = FRAMES_THW[0]
    height, width = stored_HW.shape
    across, deep = (height, width) if column_goes in "FN" else (width, height)
    expected_HW = np.zeros((deep, across), np.uint8)
    for row in range(height):
        for column in range(width):
            place = {}
            for way, at, size in (
                (column_goes, column, width),
                (row_goes, row, height),
            ):
                forward = way in "MF"
                place["deep" if way in "FN" else "across"] = (
                    at if forward else size - 1 - at
                )
            expected_HW[place["deep"], place["across"]] = stored_HW[row, column]
    path = write(
        tmp_path / "0", UltrasoundImageOrientation=code, ElementSpacing="2 3 1"
    )
    assert np.array_equal(luma(path)[0], expected_HW)
    (region,) = read(path).regions
    assert region.box == Box(0, 0, deep, across)
    assert region.spacing_mm == ((2, 3) if column_goes in "FN" else (3, 2))
    assert not region.exact


def test_an_unknown_orientation_is_noted_and_a_volume_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "0", UltrasoundImageOrientation="XX")
    assert np.array_equal(luma(path), FRAMES_THW)
    assert "orientation is not known" in read(path).notes[0]
    with pytest.raises(IngestError, match="none of MF"):
        read(write(tmp_path / "1", UltrasoundImageOrientation="AMF"))


@pytest.mark.parametrize("kind", ["RF_REAL", "RF_IQ_LINE", "RF_I_LINE_Q_LINE"])
def test_radio_frequency_data_are_refused(kind: str, tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="B-mode"):
        read(write(tmp_path / "0", UltrasoundImageType=kind))


@pytest.mark.parametrize(
    ("element", "dtype"),
    [
        *(("MET_USHORT", "<u2"), ("MET_USHORT", ">u2"), ("MET_SHORT", ">i2")),
        *(("MET_INT", "<i4"), ("MET_FLOAT", ">f4"), ("MET_DOUBLE", "<f8")),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_types_and_byte_orders(
    element: str, dtype: str, packed: bool, tmp_path: Path
) -> None:
    data = FRAMES_THW.astype(dtype).tobytes()
    path = write(
        tmp_path / "0",
        zlib.compress(data) if packed else data,
        ElementType=element,
        BinaryDataByteOrderMSB=dtype[0] == ">",
        CompressedData=packed,
    )
    assert np.array_equal(luma(path), FRAMES_THW)
    assert read(path).facts == {"grey_levels_to": 255}


def test_invalid_frames_and_repeated_times_are_left_out(tmp_path: Path) -> None:
    fields = stamps(7.0, 7.5, 7.5, 9.0, 9.5, invalid=(0,))
    path = write(tmp_path / "0", **fields)
    recording = read(path)
    assert [frame.time_s for frame in recording.frames()] == [0.0, 1.5, 2.0]
    assert np.array_equal(luma(path), FRAMES_THW[[1, 3, 4]])
    assert recording.timing == "frame time stamps"
    assert recording.notes == [
        "frames that are invalid or have no time, left out: 1",
        "frames whose time repeats or goes back, left out: 1",
    ]


def test_invalid_frames_without_times(tmp_path: Path) -> None:
    path = write(tmp_path / "0", Seq_Frame0001_ImageStatus="INVALID")
    recording = read(path)
    times = [frame.time_s for frame in recording.frames()]
    assert times == pytest.approx([0, 0.08, 0.12, 0.16])
    assert recording.timing == "assumed 25 frames/s"
    assert len(recording.notes) == 2


def test_most_times_must_increase(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="only 2 of 5 frames"):
        read(write(tmp_path / "0", **stamps(5, 6, 4, 3, 2)))


def test_a_volume_is_refused_unless_its_slices_are_frames(tmp_path: Path) -> None:
    path = write(tmp_path / "0", Kinds="")
    with pytest.raises(IngestError, match=r"volume of 5 slices of 20 x 24.*--rate-hz"):
        read(path)
    recording = read(path, rate_hz=50)
    times = [frame.time_s for frame in recording.frames()]
    assert times == pytest.approx(np.arange(5) / 50)
    assert recording.timing == "given frame rate"
    assert recording.notes == []
    with pytest.raises(IngestError, match="no video"):
        read(write(tmp_path / "1", DimSize="4 3 10 20", Kinds=""), rate_hz=50)


def test_colour(tmp_path: Path) -> None:
    pixels = np.zeros((5, 20, 24, 3), np.uint8)
    pixels[:, :10] = 200, 100, 50
    pixels[:, 10:] = 80, 90, 100
    path = write(tmp_path / "0", pixels.tobytes(), ElementNumberOfChannels=3)
    first = next(iter(read(path).frames()))
    assert first.colour_HW is not None
    assert first.colour_HW[:10].all()
    assert not first.colour_HW[10:].any()
    assert set(np.unique(first.luma_HW[:10])) == {round(0.299 * 200 + 58.7 + 5.7)}


@pytest.mark.parametrize("skip", [-1, 7])
def test_bytes_before_the_pixels(skip: int, tmp_path: Path) -> None:
    (tmp_path / "0.raw").write_bytes(bytes(7) + FRAMES_THW.tobytes())
    path = write(tmp_path / "0", b"", ElementDataFile="0.raw", HeaderSize=skip)
    assert np.array_equal(luma(path), FRAMES_THW)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        *(("../out/Erika.raw", "another folder"), ("link.raw", "another folder")),
        *(("/etc/hostname", "another folder"), ("none.raw", "missing")),
        *(("LIST", "one data file a frame"), ("f%03d.raw 1 5 1", "one data file")),
    ],
)
def test_pixels_come_from_the_same_folder(
    name: str, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "out" / "Erika.raw").write_bytes(FRAMES_THW.tobytes())
    (tmp_path / "in" / "link.raw").symlink_to(tmp_path / "out" / "Erika.raw")
    with pytest.raises(IngestError, match=reason) as caught:
        read(write(tmp_path / "in" / "0.mhd", b"", ElementDataFile=name))
    assert name not in str(caught.value) or name == "LIST"


def test_pixels_may_lie_below_the_folder(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "0").write_bytes(FRAMES_THW.tobytes())
    path = write(tmp_path / "0.mhd", b"", ElementDataFile="raw/0")
    assert np.array_equal(luma(path), FRAMES_THW)
