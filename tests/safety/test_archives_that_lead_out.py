"""`insonify ingest` on malicious archives: nothing is written outside, nothing hangs.

tests/ingest/folder/test_archives.py has the reader's own tests, of every format.
"""

import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from insonify.cli.main import run as command
from insonify.store import Store
from tests.ingest.conftest import dataset
from tests.ingest.formats.healthy_files import dicom_file, small_THW

EVIL: Final = b"evil"


def zip_slip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in (
            "../../evil.dcm",
            "/tmp/evil.dcm",
            "a/../../../evil.dcm",
            "..\\evil",
        ):
            archive.writestr(name, EVIL)


def tar(path: Path, *members: tuple[str, bytes, dict[str, Any]]) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, data, fields in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            for field, value in fields.items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(data))


def tar_slip(path: Path) -> None:
    tar(path, ("../../evil.dcm", EVIL, {}), ("/tmp/evil.dcm", EVIL, {}))


def through_a_link(path: Path) -> None:
    """A link to a folder outside, and a file that is to be written through it."""
    outside = str(path.parents[1] / "outside")
    link = {"type": tarfile.SYMTYPE, "linkname": outside}
    hard = {"type": tarfile.LNKTYPE, "linkname": f"{outside}/secret"}
    tar(
        path,
        ("door", b"", link),
        ("door/evil.dcm", EVIL, {}),
        ("copy", b"", hard),
        ("/proc/self/mem", EVIL, {}),
    )


def nested(path: Path) -> None:
    """Archives in archives, thirty deep, with one that leads out in the middle."""
    inner = path.with_name("inner")
    zip_slip(inner)
    for level in range(30):
        data = inner.read_bytes()
        with zipfile.ZipFile(inner, "w") as archive:
            archive.writestr(f"{level}.zip", data)
    inner.replace(path)


def bomb(path: Path) -> None:
    """20 MB of nothing in 20 KB, ten times."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            with archive.open(f"{number}.dcm", "w") as member:
                for _ in range(20):
                    member.write(bytes(2**20))


def overlapping(path: Path) -> None:
    """One member, listed a thousand times under other names."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0", bytes(2**20))
        (first,) = archive.infolist()
        for number in range(1, 1000):
            again = zipfile.ZipInfo(str(number))
            for field in ("CRC", "compress_size", "file_size", "compress_type"):
                setattr(again, field, getattr(first, field))
            again.header_offset = first.header_offset
            archive.filelist.append(again)


ARCHIVES: Final[dict[str, Callable[[Path], None]]] = {
    "zip slip": zip_slip,
    "tar slip": tar_slip,
    "through a link": through_a_link,
    "nested": nested,
    "bomb": bomb,
    "overlapping": overlapping,
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_nothing_leaves_the_store_and_the_others_go_on(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, outside = tmp_path / "source", tmp_path / "outside"
    unpacked, keys = tmp_path / "unpacked", tmp_path / "keys"
    for folder in (source, outside, unpacked):
        folder.mkdir()
    (outside / "secret").write_bytes(b"secret")
    ARCHIVES[name](source / "evil_archive")
    (source / "healthy.dcm").write_bytes(dicom_file(dataset(small_THW())))
    words = f"ingest {source} {tmp_path / 'store'} --key {keys / 'site.key'}"
    words += f" --unpack-folder {unpacked} --workers 0 --archive-gb 0.05"
    assert command(words.split()) == 0
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err
    store = Store.open(tmp_path / "store")
    assert len(store.frames().video_ids) + len(store.rejects()) >= 2
    assert {path.name for path in tmp_path.iterdir()} == {
        *("source", "outside", "unpacked", "keys", "store")
    }
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert list(unpacked.iterdir()) == []
    assert not Path("/tmp/evil.dcm").exists()
    held = [p for p in tmp_path.rglob("*") if p.is_file() and source not in p.parents]
    assert sum(path.stat().st_size for path in held) < 2**20
    assert os.environ.get("HOME") is None or not (Path.home() / "evil.dcm").exists()
