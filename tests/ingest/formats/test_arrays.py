"""NumPy files: axes, orders and types of arrays, and which of several is taken.

Legend: T frames, H rows, W columns.
"""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from insonify.core.errors import IngestError
from insonify.ingest.formats.reading import read

FRAMES_THW = np.random.default_rng(0).integers(0, 256, (5, 20, 24)).astype(np.uint8)
COLOUR = np.repeat(FRAMES_THW[..., None], 3, -1)


def save(path: Path, array: Any) -> Path:
    with path.open("wb") as file:
        np.save(file, array)
    return path


def archive(path: Path, **arrays: Any) -> Path:
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)
    return path


def luma(path: Path) -> Any:
    return np.stack([frame.luma_HW for frame in read(path).frames()])


@pytest.mark.parametrize(
    "array",
    [
        *(FRAMES_THW, np.asfortranarray(FRAMES_THW), FRAMES_THW.astype(">u2") * 257),
        *(FRAMES_THW / 255, FRAMES_THW.astype(np.float16), FRAMES_THW.astype(np.int64)),
        *(
            COLOUR,
            np.asfortranarray(COLOUR),
            COLOUR / 255,
            COLOUR.swapaxes(1, 3).copy(),
        ),
        *(FRAMES_THW[:, None], FRAMES_THW[..., None]),
    ],
)
def test_shapes_types_and_orders(array: Any, tmp_path: Path) -> None:
    path = save(tmp_path / "0", array)
    expected_THW = FRAMES_THW
    if array.shape == (5, 3, 24, 20):  # Channels first; here of turned pictures.
        expected_THW = FRAMES_THW.swapaxes(1, 2)
    recording = read(path)
    assert np.array_equal(luma(path), expected_THW)
    assert recording.timing == "assumed 25 frames/s"
    assert recording.notes == ["no times and no frame rate; 25/s is assumed"]


@pytest.mark.parametrize("array", [FRAMES_THW[0], COLOUR[0], FRAMES_THW[0] > 99])
def test_stills(array: Any, tmp_path: Path) -> None:
    (frame,) = read(save(tmp_path / "0", array)).frames()
    expected_HW = array * 255 if array.dtype == bool else FRAMES_THW[0]
    assert np.array_equal(frame.luma_HW, expected_HW)


@pytest.mark.parametrize(
    ("more", "step_s", "timing"),
    [
        ({"times_s": np.arange(5) / 8 + 3}, 0.125, "frame time stamps"),
        ({"timestamps": np.arange(5)[:, None] / 8}, 0.125, "frame time stamps"),
        ({"fps": 50}, 0.02, "declared frame rate"),
        ({"frame_rate": np.array([50.0])}, 0.02, "declared frame rate"),
        ({"fps": "Erika"}, 0.04, "assumed 25 frames/s"),
        ({"times_s": np.arange(4)}, 0.04, "assumed 25 frames/s"),
        ({}, 0.04, "assumed 25 frames/s"),
    ],
)
def test_where_times_come_from(
    more: dict[str, Any], step_s: float, timing: str, tmp_path: Path
) -> None:
    recording = read(archive(tmp_path / "0", Erika=FRAMES_THW, **more))
    times = [frame.time_s for frame in recording.frames()]
    assert times == pytest.approx(np.arange(5) * step_s)
    assert recording.timing == timing


def test_times_tell_the_axis_of_time(tmp_path: Path) -> None:
    path = archive(
        tmp_path / "0", x=FRAMES_THW.transpose(1, 2, 0), times=np.arange(5) / 8
    )
    assert np.array_equal(luma(path), FRAMES_THW)


def test_the_array_with_a_common_name_is_taken(tmp_path: Path) -> None:
    path = archive(tmp_path / "0", Erika=FRAMES_THW[:2], Images=FRAMES_THW)
    assert np.array_equal(luma(path), FRAMES_THW)


def test_several_arrays_are_refused_without_their_names(tmp_path: Path) -> None:
    path = archive(tmp_path / "0", Erika_4711=FRAMES_THW, Anna_1999=FRAMES_THW[:2])
    with pytest.raises(
        IngestError, match=r"5x20x24, 2x20x24.*images or frames"
    ) as caught:
        read(path)
    assert not any(name in str(caught.value) for name in ("Erika", "4711", "Anna"))


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.array([{"a": 1}] * 9), "no|none"),
        (np.zeros((20, 24), complex), "plain numbers"),
        (np.zeros((2, 3, 4, 5, 6)), "plain numbers"),
        (np.zeros((5, 7, 20, 24)), "no video"),
        (np.zeros(100), "plain numbers"),
        (-FRAMES_THW.astype(np.float32), "no grey levels"),
        (FRAMES_THW * np.float64(1e6), "no grey levels"),
        (np.where(FRAMES_THW > 9, np.nan, 0.0), "no grey levels"),
    ],
)
def test_what_is_no_video(array: Any, reason: str, tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=reason):
        read(save(tmp_path / "0", array))


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    """An array of objects would run code as it is loaded."""

    class Trap:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "sprung",))

    array = np.empty(5, object)
    array[:] = [Trap() for _ in range(5)]
    for path in (
        save(tmp_path / "0", array),
        archive(tmp_path / "1", images=array),
        archive(tmp_path / "2", images=FRAMES_THW, times_s=array),
    ):
        with pytest.raises(IngestError):
            list(read(path).frames())
    assert not (tmp_path / "sprung").exists()


def test_a_locked_archive_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "0", images=FRAMES_THW)
    data = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + flags] |= 1  # "encrypted"
    path.write_bytes(data)
    assert zipfile.is_zipfile(path)
    with pytest.raises(IngestError, match="damaged NumPy file"):
        read(path)
