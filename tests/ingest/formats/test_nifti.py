"""NIfTI of frames in time, as nibabel writes it.

Legend: T frames, H rows, W columns.
"""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from insonify.core.errors import IngestError
from insonify.ingest.formats import extra_library
from insonify.ingest.formats.reading import read

FRAMES_THW = np.random.default_rng(0).integers(0, 256, (5, 20, 24)).astype(np.uint8)


def write(
    path: Path,
    numbers_XYZT: Any = FRAMES_THW.T[:, :, None],
    *,
    zooms: tuple[float, ...] = (0.3, 0.2, 1, 0.05),
    units: tuple[str | None, str | None] = ("mm", "sec"),
    kind: str = "Nifti1Image",
    slope: tuple[float, float] | None = None,
    order: str = "<",
) -> Path:
    nibabel = pytest.importorskip("nibabel")
    header = getattr(nibabel, kind).header_class(endianness=order)
    header.set_data_dtype(numbers_XYZT.dtype)
    header.set_data_shape(numbers_XYZT.shape)
    header.set_zooms(zooms)
    header.set_xyzt_units(*units)
    if slope:
        header.set_slope_inter(*slope)
    header["vox_offset"] = start = 352 if "1" in kind else 544
    data = numbers_XYZT.astype(numbers_XYZT.dtype.newbyteorder(order))
    block = header.binaryblock.ljust(start, b"\0")
    path.write_bytes(block + data.tobytes(order="F"))
    return path


def luma(path: Path, **options: Any) -> Any:
    return np.stack([frame.luma_HW for frame in read(path, **options).frames()])


@pytest.mark.parametrize("kind", ["Nifti1Image", "Nifti2Image"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_versions_and_byte_orders(kind: str, order: str, tmp_path: Path) -> None:
    numbers = FRAMES_THW.T[:, :, None].astype(np.int16)
    path = write(tmp_path / "0", numbers, kind=kind, order=order)
    assert np.array_equal(luma(path), FRAMES_THW)
    assert read(path).regions[0].spacing_mm == pytest.approx((0.2, 0.3))
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert np.array_equal(luma(path), FRAMES_THW)


def test_scaled_numbers(tmp_path: Path) -> None:
    numbers = FRAMES_THW.T[:, :, None].astype(np.int16) - 100
    path = write(tmp_path / "0", numbers, slope=(1 / 255, 100 / 255))
    assert np.array_equal(luma(path), FRAMES_THW)
    assert read(path).facts["grey_levels_to"] == 1


def test_colours(tmp_path: Path) -> None:
    pixels = np.repeat(FRAMES_THW.T[:, :, None, :, None], 3, -1)
    numbers = np.ascontiguousarray(pixels).view([(c, "u1") for c in "RGB"])[..., 0]
    assert np.array_equal(luma(write(tmp_path / "0", numbers)), FRAMES_THW)
    path = write(tmp_path / "1", pixels, zooms=(0.3, 0.2, 1, 0.05, 1))  # As ITK does.
    assert np.array_equal(luma(path), FRAMES_THW)


@pytest.mark.parametrize(
    ("zooms", "unit", "step_s", "timing"),
    [
        ((1, 1, 1, 0.05), "sec", 0.05, "declared frame rate"),
        ((1, 1, 1, 20), "msec", 0.02, "declared frame rate"),
        ((1, 1, 1, 40_000), "usec", 0.04, "declared frame rate"),
        ((1, 1, 1, 0.05), None, 0.04, "assumed 25 frames/s"),
        ((1, 1, 1, 0), "sec", 0.04, "assumed 25 frames/s"),
        ((1, 1, 1, 0.05), "hz", 0.04, "assumed 25 frames/s"),
    ],
)
def test_where_times_come_from(
    zooms: tuple[float, ...],
    unit: str | None,
    step_s: float,
    timing: str,
    tmp_path: Path,
) -> None:
    recording = read(write(tmp_path / "0", zooms=zooms, units=("mm", unit)))
    times = [frame.time_s for frame in recording.frames()]
    assert times == pytest.approx(np.arange(5) * step_s)
    assert recording.timing == timing
    assert recording.regions == ()  # 1 x 1 means that the size is not known


def test_a_volume_is_refused_unless_its_slices_are_frames(tmp_path: Path) -> None:
    path = write(tmp_path / "0", FRAMES_THW.T, zooms=(0.3, 0.2, 1))
    with pytest.raises(IngestError, match="volume of 5 slices of 20 x 24"):
        read(path)
    assert np.array_equal(luma(path, rate_hz=50), FRAMES_THW)
    moving = np.zeros((24, 20, 4, 5), np.uint8)
    with pytest.raises(IngestError, match="24 x 20 x 4 x 5 elements is no video"):
        read(write(tmp_path / "1", moving), rate_hz=50)


def test_one_picture_is_a_still(tmp_path: Path) -> None:
    path = write(tmp_path / "0", FRAMES_THW[0].T, zooms=(0.3, 0.2))
    assert read(path).timing == "still"
    assert read(path).notes == []
    assert np.array_equal(luma(path), FRAMES_THW[:1])


def test_what_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "0")
    whole = path.read_bytes()
    path.write_bytes(whole[:344] + b"ni1\0" + whole[348:])
    with pytest.raises(IngestError, match="two files"):
        read(path)
    path.write_bytes(whole[:70] + b"\x77\x77" + whole[72:])  # the type of numbers
    with pytest.raises(IngestError, match="damaged NIfTI header"):
        read(path)


def test_without_nibabel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(extra_library, "import_module", missing)
    (tmp_path / "0").write_bytes(bytes(344) + b"n+1\0" + bytes(1000))
    with pytest.raises(IngestError, match=r"pip install 'insonify\[volumes\]'"):
        read(tmp_path / "0")
