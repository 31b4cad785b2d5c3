"""No damage to a file ends, blocks or fills the process that reads it."""

import os
import socket
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from insonify.core.errors import IngestError
from insonify.ingest.engine.limits import Limits
from insonify.ingest.engine.pool import Pool
from insonify.ingest.formats.reading import read
from tests.ingest.conftest import dataset, region
from tests.ingest.formats.damage import Case, Verdict, cut_off, mutate, try_to_read
from tests.ingest.formats.healthy_files import KINDS, dicom_file, healthy, small_THW

RIGHT: Final = ("accepted", "refused")
GIVEN_UP: Final = ("timed out", "out of memory")
DRAWN: Final = 16
"""Random damage to each kind of file; benchmarks/fuzz.py draws as much as one likes."""


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool[Case, Verdict]]:
    """One worker that can import the tests."""
    pool: Pool[Case, Verdict] = Pool(
        try_to_read, 1, Limits(seconds=2.5, memory_gib=0.5)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(Path(__file__).parents[3])])
        yield pool
    pool.end()


def judge(pool: Pool[Case, Verdict], *cases: Case) -> list[Verdict]:
    return list(pool.work_through(cases, lambda _, how: Verdict(how, "")))


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files(kind: str, pool: Pool[Case, Verdict]) -> None:
    generator = np.random.default_rng(KINDS.index(kind))
    whole, other = healthy(kind), healthy(KINDS[KINDS.index(kind) - 1])
    contents = [whole, *cut_off(whole)]
    contents += [mutate(whole, other, generator) for _ in range(DRAWN)]
    first, *others = judge(pool, *(Case(kind=kind, content=c) for c in contents))
    assert first.outcome == "accepted"
    assert [verdict for verdict in others if verdict.outcome not in RIGHT] == []
    assert any(verdict.outcome == "refused" for verdict in others)


@pytest.mark.parametrize("ending", ["dcm", "mp4", "png", "npy", "txt"])
def test_an_ending_means_nothing(ending: str, tmp_path: Path) -> None:
    for kind in ("mp4", "dicom", "png", "npy"):
        path = tmp_path / f"0.{ending}"
        path.write_bytes(healthy(kind))
        assert len(list(read(path).frames())) == (1 if kind == "png" else 6)


LIES: Final[tuple[dict[str, Any], ...]] = (
    *({"Rows": 0}, {"Columns": 0}, {"Rows": 65535, "Columns": 65535}),
    *({"NumberOfFrames": 10**9}, {"NumberOfFrames": -1}, {"NumberOfFrames": 7}),
    *({"SamplesPerPixel": 0}, {"SamplesPerPixel": 4}, {"PlanarConfiguration": 9}),
    *({"BitsAllocated": 7}, {"BitsAllocated": 64}, {"BitsStored": 0}),
    *({"FrameTime": "1e308"}, {"FrameTime": "0"}, {"FrameIncrementPointer": 0x100010}),
    *({"PhotometricInterpretation": "PALETTE COLOR"}, {"WindowWidth": "0"}),
    *({"PhotometricInterpretation": "UNHEARD OF"}, {"PatientID": ""}),
    {"SequenceOfUltrasoundRegions": []},
    {"SequenceOfUltrasoundRegions": [region(0, 0, 0, 0)]},
    {"SequenceOfUltrasoundRegions": [region(0, 0, 2**31 - 1, 2**31 - 1)]},
    {"SequenceOfUltrasoundRegions": [region(60, 40, 4, 4)]},
    {"SequenceOfUltrasoundRegions": [region(0, 0, 63, 47, PhysicalDeltaX=0.0)]},
)


def test_dicom_headers_that_lie(pool: Pool[Case, Verdict]) -> None:
    for lie in LIES:
        content = dicom_file(dataset(small_THW(), **lie))
        (verdict,) = judge(pool, Case(kind="dicom", content=content))
        assert verdict.outcome in RIGHT, (lie, verdict)


def meta_of(whole: bytes) -> bytes:
    """A DICOM file up to the end of its meta information."""
    (length,) = struct.unpack("<L", whole[140:144])
    return whole[: 144 + length]


def nested_dicom() -> bytes:
    """Sequences in sequences, 5000 deep."""
    level = struct.pack("<HH2sHL", 8, 0x1140, b"SQ", 0, 2**32 - 1)
    level += struct.pack("<HHL", 0xFFFE, 0xE000, 2**32 - 1)
    return meta_of(healthy("dicom")) + 5000 * level


def deflated_bomb() -> bytes:
    """Pixels of 1 GiB in a file of 1 MB."""
    packer = zlib.compressobj(9, wbits=-15)
    head = packer.compress(struct.pack("<HH2sHL", 0x7FE0, 0x10, b"OB", 0, 2**30))
    head += packer.flush(zlib.Z_FULL_FLUSH)  # after which what follows can be repeated
    zeros = packer.compress(bytes(2**24)) + packer.flush(zlib.Z_FULL_FLUSH)
    return meta_of(healthy("dicom-deflated")) + head + 64 * zeros + packer.flush()


def vast(kind: str) -> bytes:
    """A picture whose header says 60000 x 60000 pixels."""
    content = bytearray(healthy(kind))
    if kind == "png":
        content[16:24] = struct.pack(">LL", 60000, 60000)
        content[29:33] = struct.pack(">L", zlib.crc32(content[12:29]))
    elif kind == "gif":
        content[6:10] = struct.pack("<HH", 60000, 60000)
    else:
        content[18:26] = struct.pack("<LL", 60000, 60000)
    return bytes(content)


BOMBS: Final[dict[str, Callable[[], bytes]]] = {
    "empty": lambda: b"",
    "sequences in sequences": nested_dicom,
    "deflated DICOM": deflated_bomb,
    "png": lambda: vast("png"),
    "gif": lambda: vast("gif"),
    "bmp": lambda: vast("bmp"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs(bomb: str, pool: Pool[Case, Verdict]) -> None:
    (verdict,) = judge(pool, Case(kind=bomb, content=BOMBS[bomb]()))
    assert verdict.outcome in ("refused", *GIVEN_UP), verdict


@pytest.mark.parametrize("kind", ["mkv", "dicom", "mha"])
def test_a_file_of_64_gigabytes(kind: str, pool: Pool[Case, Verdict]) -> None:
    case = Case(kind=kind, content=healthy(kind), zeros=2**36)
    (verdict,) = judge(pool, case)
    assert verdict.outcome in (*RIGHT, *GIVEN_UP), verdict
    (after,) = judge(pool, Case(kind=kind, content=healthy(kind)))
    assert after.outcome == "accepted"


def test_what_is_no_file_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")  # whoever opens it waits for ever
    (tmp_path / "zeros").symlink_to("/dev/zero")
    monkeypatch.chdir(tmp_path)  # addresses of sockets must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
    for name in ("pipe", "zeros", "socket", "."):
        with pytest.raises(IngestError) as caught:
            read(tmp_path / name)
        assert str(tmp_path) not in str(caught.value)


def test_no_file_hands_over_another_one(tmp_path: Path) -> None:
    (tmp_path / "other.mpg").write_bytes(healthy("mpg"))
    (tmp_path / "0.txt").write_text("ffconcat version 1.0\nfile other.mpg\n")
    (tmp_path / "1.txt").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.mpg\n#EXT-X-ENDLIST\n"
    )
    (tmp_path / "img_1.png").write_bytes(healthy("png"))
    (tmp_path / "img_%d.png").write_text("a pattern, of which the other is one")
    for name in ("0.txt", "1.txt", "img_%d.png"):
        with pytest.raises(IngestError):
            read(tmp_path / name)
