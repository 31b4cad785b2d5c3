"""NRRD sequences: what their headers may ask for.

Legend: T frames, H rows, W columns.
"""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from insonify.core.errors import IngestError
from insonify.ingest.formats.reading import read

FRAMES_THW = np.random.default_rng(0).integers(0, 256, (5, 20, 24)).astype(np.uint8)


def write(path: Path, *lines: str, data: bytes = FRAMES_THW.tobytes()) -> Path:
    """A raw sequence of bytes; lines override those of the same field."""
    fields = {
        "type": "uint8",
        "dimension": "3",
        "sizes": "24 20 5",
        "kinds": "domain domain list",
        "encoding": "raw",
    }
    more = [line for line in lines if ":=" in line]
    fields |= dict(line.split(": ", 1) for line in lines if ":=" not in line)
    text = ["NRRD0005", *(f"{k}: {v}" for k, v in fields.items() if v), *more, "", ""]
    path.write_bytes("\n".join(text).encode() + data)
    return path


def luma(path: Path, **options: Any) -> Any:
    return np.stack([frame.luma_HW for frame in read(path, **options).frames()])


def times(path: Path) -> tuple[list[float], str]:
    recording = read(path)
    return [frame.time_s for frame in recording.frames()], recording.timing


@pytest.mark.parametrize(
    ("kind", "order", "dtype"),
    [
        *(("unsigned short", "big", ">u2"), ("short", "little", "<i2")),
        *(
            ("float", "big", ">f4"),
            ("double", "little", "<f8"),
            ("int32", "big", ">i4"),
        ),
    ],
)
def test_types_and_byte_orders(
    kind: str, order: str, dtype: str, tmp_path: Path
) -> None:
    data = FRAMES_THW.astype(dtype).tobytes()
    path = write(tmp_path / "0", f"type: {kind}", f"endian: {order}", data=data)
    assert np.array_equal(luma(path), FRAMES_THW)


@pytest.mark.parametrize(
    ("lines", "data"),
    [
        (["line skip: 2"], b"Erika\n4711\n" + FRAMES_THW.tobytes()),
        (["lineskip: 1", "byteskip: 3"], b"Erika\nabc" + FRAMES_THW.tobytes()),
        (["byte skip: -1"], b"anything" + FRAMES_THW.tobytes()),
        (
            ["line skip: 1", "byte skip: 3", "encoding: gz"],
            b"Erika\n" + gzip.compress(b"abc" + FRAMES_THW.tobytes()),
        ),
    ],
)
def test_what_is_skipped(lines: list[str], data: bytes, tmp_path: Path) -> None:
    assert np.array_equal(luma(write(tmp_path / "0", *lines, data=data)), FRAMES_THW)


@pytest.mark.parametrize(
    ("lines", "step_s", "timing"),
    [
        (["axis 2 index values:=5 5.1 5.2 5.3 5.4"], 0.1, "frame time stamps"),
        (
            ['units: "mm" "mm" "ms"', "axis 2 index values:=0 20 40 60 80"],
            0.02,
            "frame time stamps",
        ),
        (
            ["axis 2 index unit:=s", "axis 2 index values:=0 1 2 3 4"],
            1,
            "frame time stamps",
        ),
        (["axis 2 index values:=0 1 2 3 4"], 0.04, "assumed 25 frames/s"),
        (
            ["axis 2 index unit:=%R-R", "axis 2 index values:=0 20 40 60 80"],
            0.04,
            "assumed 25 frames/s",
        ),
        (["axis 2 index values:=a b c d e"], 0.04, "assumed 25 frames/s"),
        (
            ["spacings: 0.1 0.1 0.05", 'units: "mm" "mm" "s"'],
            0.05,
            "declared frame rate",
        ),
        (
            [f"Seq_Frame000{n}_Timestamp:={n / 8}" for n in range(5)],
            0.125,
            "frame time",
        ),
    ],
)
def test_where_times_come_from(
    lines: list[str], step_s: float, timing: str, tmp_path: Path
) -> None:
    found, source = times(write(tmp_path / "0", *lines))
    assert found == pytest.approx(np.arange(5) * step_s)
    assert source.startswith(timing)


@pytest.mark.parametrize(
    ("lines", "spacing_mm"),
    [
        (["spacings: 0.3 0.2 nan"], (0.2, 0.3)),
        (["spacings: 0.03 0.02 nan", 'units: "cm" "cm" ""'], (0.2, 0.3)),
        (["space directions: (0.18,0.24,0) (0,0,0.2) none"], (0.2, 0.3)),
        (["spacings: 1 1 nan"], None),
        (["spacings: 0.3 nan nan"], None),
        (["spacings: 0.3 0.2 nan", 'units: "px" "px" ""'], None),
        ([], None),
    ],
)
def test_spacing(
    lines: list[str], spacing_mm: tuple[float, float] | None, tmp_path: Path
) -> None:
    regions = read(write(tmp_path / "0", *lines)).regions
    assert (regions[0].spacing_mm if regions else None) == (
        spacing_mm and pytest.approx(spacing_mm)
    )


@pytest.mark.parametrize("kinds", ["", "domain domain domain", "space space space"])
def test_a_volume_is_refused_unless_its_slices_are_frames(
    kinds: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "0", f"kinds: {kinds}")
    with pytest.raises(IngestError, match="volume of 5 slices"):
        read(path)
    assert np.array_equal(luma(path, rate_hz=10), FRAMES_THW)


def test_the_axis_after_space_is_time(tmp_path: Path) -> None:
    path = write(tmp_path / "0", "dimension: 4", "sizes: 24 20 1 5", "kinds: ")
    assert np.array_equal(luma(path), FRAMES_THW)
    assert read(path).notes == ["no times and no frame rate; 25/s is assumed"]
    with pytest.raises(IngestError, match="24 x 10 x 2 x 5 elements is no video"):
        read(write(tmp_path / "1", "dimension: 4", "sizes: 24 10 2 5", "kinds: "))


def test_colours_interleaved_with_frames(tmp_path: Path) -> None:
    """Kinds in an order that no program writes: rows, list, columns, colours."""
    pixels = np.random.default_rng(1).integers(0, 256, (20, 5, 24, 3)).astype(np.uint8)
    path = write(
        tmp_path / "0",
        "dimension: 4",
        "sizes: 3 24 5 20",
        "kinds: RGB-color domain list domain",
        data=pixels.tobytes(),
    )
    weights = np.array([0.299, 0.587, 0.114])
    for number, luma_HW in enumerate(luma(path)):
        assert np.abs(luma_HW - pixels[:, number] @ weights).max() < 0.501


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        *(("encoding: text", "as text"), ("encoding: Erika", "as text")),
        *(("type: block", "type that no image has"), ("sizes: 24 Erika 5", "sizes")),
        *(("byte skip: -5", "skips more"), ("data file: LIST", "one data file")),
        ("data file: ../Erika.raw", "another folder"),
    ],
)
def test_what_is_refused(line: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=reason) as caught:
        read(write(tmp_path / "0", line))
    assert "Erika" not in str(caught.value)
