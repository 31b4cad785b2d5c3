"""Headers that promise gigabytes, read by the reader that ingest has, in little memory.

tests/ingest/formats/test_lying_headers.py and test_damaged.py have many more, of one
reader each. Here nothing is held back by a worker's limits.
"""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from tests.ingest.conftest import dataset
from tests.ingest.formats.healthy_files import dicom_file, small_THW
from tests.safety.little_memory import in_little_memory


def dicom(**lies: Any) -> bytes:
    return dicom_file(dataset(small_THW(), **lies))


def text(kind: str, sizes: tuple[int, int, int]) -> bytes:
    """The header of an NRRD or a MetaImage, and a thousand bytes."""
    numbers = " ".join(map(str, sizes))
    head = {
        "nrrd": "NRRD0004\ntype: uchar\ndimension: 3\nkinds: domain domain list\n"
        f"sizes: {numbers}\nencoding: raw\n\n",
        "mha": "ObjectType = Image\nNDims = 3\nElementType = MET_UCHAR\n"
        f"Kinds = domain domain list\nDimSize = {numbers}\nElementDataFile = LOCAL\n",
    }
    return head[kind].encode() + bytes(1000)


def nifti() -> bytes:
    head = bytearray(352)
    head[0:4] = (348).to_bytes(4, "little")
    sizes = [4, 2**15 - 1, 2**15 - 1, 1, 2**15 - 1, 1, 1, 1]
    head[40:56] = np.array(sizes, "<i2").tobytes()
    head[70:74] = np.array([2, 8], "<i2").tobytes()
    head[108:112] = np.array([352], "<f4").tobytes()
    head[344:348] = b"n+1\0"
    return bytes(head) + bytes(1000)


def npy(shape: tuple[int, ...]) -> bytes:
    file = io.BytesIO()
    fields = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, fields)
    return file.getvalue() + bytes(1000)


def png() -> bytes:
    """30000 x 30000 pixels, of which a hundred rows are there."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">L", len(data)) + body + struct.pack(">L", zlib.crc32(body))

    head = struct.pack(">LLBBBBB", 30000, 30000, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(30001 * 100))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


def tiff() -> bytes:
    """A page of 60000 x 60000 pixels in one strip that is not there."""
    entries = (
        *((256, 4, 1, 60000), (257, 4, 1, 60000), (258, 3, 1, 8), (259, 3, 1, 1)),
        *((262, 3, 1, 1), (273, 4, 1, 200), (277, 3, 1, 1), (278, 4, 1, 60000)),
        (279, 4, 1, 2**32 - 1),
    )
    packed = b"".join(struct.pack("<HHLL", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + packed + bytes(400)


FILES: Final[dict[str, Callable[[], bytes]]] = {
    "DICOM, frames": lambda: dicom(NumberOfFrames=2**31 - 1),
    "DICOM, rows and columns": lambda: dicom(Rows=65535, Columns=65535),
    "DICOM, all": lambda: dicom(Rows=65535, Columns=65535, NumberOfFrames=10**6),
    "NRRD": lambda: text("nrrd", (10**6, 10**6, 10**6)),
    "NRRD, beyond 64 bits": lambda: text("nrrd", (10**18, 10**18, 10**18)),
    "MetaImage": lambda: text("mha", (10**6, 10**6, 10**6)),
    "NIfTI": nifti,
    "NumPy": lambda: npy((10**6, 10**6, 10**6)),
    "NumPy, beyond 64 bits": lambda: npy((10**30,) * 3),
    "PNG": png,
    "TIFF": tiff,
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What reading each says, and reading a healthy file."""
    pytest.importorskip("nibabel")
    folder, paths = tmp_path_factory.mktemp("headers"), {}
    contents = {**{name: make() for name, make in FILES.items()}, "healthy": dicom()}
    for number, (name, content) in enumerate(contents.items()):
        paths[name] = folder / f"Erika_4711_{number}"
        paths[name].write_bytes(content)
    return in_little_memory(
        "from insonify.ingest.formats.reading import read\n"
        "import av, pydicom, PIL.Image, nibabel, scipy.ndimage",
        "sum(1 for frame in read(path).frames())",
        paths,
    )


@pytest.mark.parametrize("name", FILES)
def test_what_is_promised_is_not_allocated(name: str, verdicts: dict[str, str]) -> None:
    assert verdicts["healthy"] == "taken"
    assert verdicts[name].startswith("IngestError: "), verdicts[name]
    assert "Erika" not in verdicts[name]


def test_the_limit_holds(tmp_path: Path) -> None:
    """Without it the tests above would show nothing."""
    assert in_little_memory("", "bytearray(2**30)", {"a": tmp_path}) == {
        "a": "unexpected MemoryError: "
    }
