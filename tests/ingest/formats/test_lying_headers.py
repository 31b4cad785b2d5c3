"""Headers that promise what is not there: refused, without much memory or time."""

import bz2
import gzip
import io
import shutil
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from insonify.core.errors import IngestError
from insonify.ingest.formats import byte_stack
from insonify.ingest.formats.reading import read

Write = Callable[[tuple[int, int, int], bytes], bytes]


def mha(shape: tuple[int, int, int], data: bytes, packed: bool = False) -> bytes:
    count, height, width = shape
    return (
        f"ObjectType = Image\nNDims = 3\nDimSize = {width} {height} {count}\n"
        f"Kinds = domain domain list\nElementType = MET_UCHAR\n"
        f"CompressedData = {packed}\nElementDataFile = LOCAL\n"
    ).encode() + (zlib.compress(data) if packed else data)


def nrrd(shape: tuple[int, int, int], data: bytes, encoding: str = "raw") -> bytes:
    sizes = " ".join(map(str, shape[::-1]))
    pack: Any = {"raw": bytes, "gzip": gzip.compress, "bzip2": bz2.compress}[encoding]
    header = f"NRRD0004\ntype: uchar\ndimension: 3\nsizes: {sizes}\n"
    header += f"kinds: domain domain list\nencoding: {encoding}\n\n"
    return header.encode() + bytes(pack(data))


def nifti(shape: tuple[int, int, int], data: bytes, packed: bool = False) -> bytes:
    pytest.importorskip("nibabel")
    head = bytearray(352)
    head[0:4] = (348).to_bytes(4, "little")
    sizes = [4, shape[2], shape[1], 1, shape[0], 1, 1, 1]
    head[40:56] = np.clip(sizes, -(2**15), 2**15 - 1).astype("<i2").tobytes()
    head[70:74] = np.array([2, 8], "<i2").tobytes()
    head[108:112] = np.array([352], "<f4").tobytes()
    head[344:348] = b"n+1\0"
    return gzip.compress(bytes(head) + data) if packed else bytes(head) + data


def npy(shape: tuple[int, int, int], data: bytes) -> bytes:
    file = io.BytesIO()
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + data


def npz(shape: tuple[int, int, int], data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", npy(shape, data))
    return file.getvalue()


FORMATS: dict[str, Write] = {
    "mha": mha,
    "mha, packed": lambda shape, data: mha(shape, data, packed=True),
    "nrrd": nrrd,
    "nrrd, gzip": lambda shape, data: nrrd(shape, data, "gzip"),
    "nrrd, bzip2": lambda shape, data: nrrd(shape, data, "bzip2"),
    "nifti": nifti,
    "nifti, packed": lambda shape, data: nifti(shape, data, packed=True),
    "npy": npy,
    "npz": npz,
}


@pytest.fixture(params=FORMATS)
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Path]:
    def write(shape: tuple[int, int, int], data: bytes) -> Path:
        (tmp_path / "Erika_4711").write_bytes(FORMATS[request.param](shape, data))
        return tmp_path / "Erika_4711"

    return write


LIES = {
    "more frames than are there": (10_000, 100, 100),
    "larger frames than are there": (10, 1000, 1000),
    "gigantic frames": (2, 30_000, 30_000),
    "endless frames": (32_000, 4000, 4000),
    "overflowing": (2**31 - 1, 2**31 - 1, 2**31 - 1),
    "a negative size": (10, -100, 100),
    "negative frames": (-10, 100, 100),
    "nothing": (10, 0, 100),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_refused_at_no_cost(lie: str, write: Callable[..., Path]) -> None:
    path = write(LIES[lie], np.random.default_rng(0).bytes(20_000))
    tracemalloc.start()
    began = time.perf_counter()
    with pytest.raises(IngestError) as caught:
        list(read(path).frames())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**26
    assert time.perf_counter() - began < 5
    assert not any(name in str(caught.value) for name in ("Erika", "4711"))


def test_frames_that_are_missing(write: Callable[..., Path]) -> None:
    """Cut in the fifth of ten frames: all refused, or four kept."""
    truth = np.random.default_rng(0).integers(0, 256, (10, 40, 50)).astype(np.uint8)
    path = write(truth.shape, truth.tobytes()[: int(4.5 * 2000)])
    with pytest.raises(IngestError, match=r"4 of 10 declared frames.*--damaged keep"):
        list(read(path).frames())
    recording = read(path, "keep")
    kept = [frame.luma_HW for frame in recording.frames()]
    assert np.array_equal(kept, truth[:4])
    assert len([note for note in recording.notes if "4 of 10" in note]) == 1


def test_a_stream_cut_short_or_changed(write: Callable[..., Path]) -> None:
    truth = np.random.default_rng(0).integers(0, 256, (10, 40, 50)).astype(np.uint8)
    whole = write(truth.shape, truth.tobytes()).read_bytes()
    for end in (0.1, 0.5, 0.97):
        path = write(truth.shape, b"")
        path.write_bytes(whole[: int(end * len(whole))])
        with pytest.raises(IngestError):
            list(read(path).frames())
    generator = np.random.default_rng(1)
    for _ in range(20):
        changed = bytearray(whole)
        changed[int(generator.integers(len(whole)))] ^= 1 << int(generator.integers(8))
        path.write_bytes(changed)
        try:
            list(read(path).frames())
        except IngestError as error:
            assert "Erika" not in str(error)  # noqa: PT017 - it may also be read


@pytest.mark.parametrize("encoding", ["gzip", "bzip2"])
def test_a_bomb_is_not_unpacked(encoding: str, tmp_path: Path) -> None:
    """16 MB of nothing under a header of 60 GB, and behind one of a frame."""
    zeros = bytes(2**24)
    (tmp_path / "0").write_bytes(nrrd((60_000, 1000, 1000), zeros, encoding))
    with pytest.raises(IngestError, match="compressed bytes are there"):
        read(tmp_path / "0")
    (tmp_path / "1").write_bytes(nrrd((1, 100, 100), zeros, encoding))
    tracemalloc.start()
    try:
        assert len(list(read(tmp_path / "1").frames())) == 1
        assert tracemalloc.get_traced_memory()[1] < 2**23
    except IngestError as error:
        assert encoding == "bzip2", error  # noqa: PT017 - 45 bytes hold a megabyte
    finally:
        tracemalloc.stop()


def test_interleaved_frames_are_ordered_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = np.random.default_rng(0).integers(0, 2**16, (7, 30, 40)).astype(">u2")
    header = "NRRD0004\ntype: ushort\nendian: big\ndimension: 3\nsizes: 7 40 30\n"
    header += "kinds: list domain domain\nencoding: raw\n\n"
    (tmp_path / "0").write_bytes(header.encode() + truth.transpose(1, 2, 0).tobytes())
    monkeypatch.setattr(byte_stack, "_IN_MEMORY", 0)
    monkeypatch.setattr(byte_stack, "_BLOCK", 5000)
    found = np.array([frame.luma_HW for frame in read(tmp_path / "0").frames()])
    assert np.array_equal(found, np.rint(truth * (255 / 65535)))
    usage = shutil.disk_usage(tmp_path)._replace(free=9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(IngestError, match="16800 bytes of temporary space, and 9"):
        read(tmp_path / "0")
