import bz2
import gzip
import io
import lzma
import os
import random
import struct
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insonify.core.errors import IngestError
from insonify.ingest.folder.archive_entry import Budget
from insonify.ingest.folder.archive_kind import Kind, archive_kind, beginning
from insonify.ingest.folder.archives import REST, copy_out, entries
from insonify.ingest.folder.folder_options import FolderOptions

NOISE = random.Random(0).randbytes(300_000)
CONTENT = {
    "ward/Erika.dcm": NOISE,
    "b/4711.mp4": b"film",
    "empty": b"",
    "z": NOISE[:512],
}
FORMATS = ("zip", "tar", "gz", "bz2", "xz")


def pack(path: Path, content: Mapping[str, bytes], form: str) -> Path:
    if form == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.mkdir("ward")
            for name, data in content.items():
                archive.writestr(name, data)
        return path
    with tarfile.open(path, f"w:{'' if form == 'tar' else form}") as archive:  # type: ignore[call-overload]
        folder = tarfile.TarInfo("ward")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, data in content.items():
            add(archive, name, data)
    return path


def add(archive: tarfile.TarFile, name: str, data: bytes, **fields: object) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    archive.addfile(info, io.BytesIO(data))


def kind_of(path: Path) -> Kind | None:
    with path.open("rb") as file:
        return archive_kind(file, beginning(file), path.name)


def read(path: Path, **options: float) -> dict[str, bytes | str]:
    """Content of each member, or why it is refused; "" stands for the rest."""
    kind = kind_of(path)
    assert kind is not None
    made = FolderOptions(**options)  # type: ignore[arg-type]
    found: dict[str, bytes | str] = {}
    for entry in entries(path, kind, Budget(made, path.stat().st_size)):
        target = path.with_name("unpacked")
        if entry.refused is None:
            try:
                copy_out(entry, target)
                found[entry.name] = target.read_bytes()
                assert len(target.read_bytes()) == entry.size
            except IngestError as error:
                found[entry.name] = str(error)
        else:
            found[entry.name] = entry.refused
            assert (entry.number == REST) == (entry.name == "")
    reasons = [reason for reason in found.values() if isinstance(reason, str)]
    assert not any(secret in " ".join(reasons) for secret in ("Erika", "4711", "ward"))
    return found


@pytest.mark.parametrize("form", FORMATS)
def test_what_was_packed_is_read(tmp_path: Path, form: str) -> None:
    path = pack(tmp_path / "no_extension", CONTENT, form)
    assert read(path) == CONTENT


@pytest.mark.parametrize("form", FORMATS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    names=st.lists(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
        max_size=5,
        unique=True,
    )
)
def test_names_are_kept_or_refused(tmp_path: Path, form: str, names: list[str]) -> None:
    path = pack(tmp_path / "a", {f"x/{name}y": b"1" for name in names}, form)
    kind = kind_of(path)
    assert kind is not None
    found = entries(path, kind, Budget(FolderOptions(), path.stat().st_size))
    for entry in found:
        safe = not {"..", ""} & set(entry.name.split("/"))
        assert safe or entry.refused
        assert (
            not any(part[:1] == "." for part in entry.name.split("/")) or entry.refused
        )


def test_kinds_are_told_by_content(tmp_path: Path) -> None:
    expected = {form: "zip" if form == "zip" else "tar" for form in FORMATS}
    for form, kind in expected.items():
        assert kind_of(pack(tmp_path / f"{form}.dcm", CONTENT, form)) == kind
    old = pack(tmp_path / "old.tar", {}, "tar")
    with tarfile.open(old, "w", format=tarfile.USTAR_FORMAT) as archive:
        add(archive, "a", b"1")
    block = bytearray(old.read_bytes())
    block[257:265] = bytes(8)  # before 1988: no mark
    block[148:156] = b"%06o\0 " % (sum(block[:512]) - sum(block[148:156]) + 8 * 32)
    old.write_bytes(block)
    assert kind_of(old) == "tar"
    for data in (
        b"",
        b"\x1f\x8b",
        b"PK",
        b"BZh9",
        bytes(512),
        NOISE,
        b"\xfd7zXZ\0" * 9,
    ):
        (tmp_path / "other.zip").write_bytes(data)
        assert kind_of(tmp_path / "other.zip") is None
    for packer in (gzip, bz2, lzma):
        (tmp_path / "volume.nii.gz").write_bytes(packer.compress(NOISE))
        assert kind_of(tmp_path / "volume.nii.gz") is None


def test_arrays_and_documents_are_no_archives_of_recordings(tmp_path: Path) -> None:
    for name, first in {
        "a.npz": "frames.npy",
        "table.xlsx": "[Content_Types].xml",
        "text.odt": "mimetype",
    }.items():
        assert kind_of(pack_first(tmp_path / name, first)) is None
    assert kind_of(pack_first(tmp_path / "arrays.zip", "frames.npy")) == "zip"


def pack_first(path: Path, name: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"1")
    return path


@pytest.mark.parametrize("form", FORMATS)
def test_no_name_leads_out(tmp_path: Path, form: str) -> None:
    names = ("../../Erika", "/etc/4711", "a/../../Erika", "C:/ward", "./x//y", "..")
    found = read(pack(tmp_path / "a", dict.fromkeys(names, b"1"), form))
    assert found.pop("x/y") == b"1"
    assert len(found) == 5
    for name, reason in found.items():
        assert ("absolute" if name[0] in "/C" else "(..)") in str(reason)


@pytest.mark.parametrize("form", FORMATS)
def test_hidden_members_are_left_out(tmp_path: Path, form: str) -> None:
    names = ("__MACOSX/._a", ".git/a", "x/.DS_Store", "a")
    assert set(read(pack(tmp_path / "a", dict.fromkeys(names, b"1"), form))) == {"a"}


def test_links_and_devices_in_a_tar_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a", "w") as archive:
        add(archive, "to", b"1")
        add(archive, "soft", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")
        add(archive, "hard", b"", type=tarfile.LNKTYPE, linkname="to")
        for name, kind in {"fifo": b"6", "character": b"3", "block": b"4"}.items():
            add(archive, name, b"", type=kind)
        add(archive, "after", b"2")
    found = read(tmp_path / "a")
    assert (found.pop("to"), found.pop("after")) == (b"1", b"2")
    assert "link" in str(found.pop("soft"))
    assert "link" in str(found.pop("hard"))
    assert set(found) == {"fifo", "character", "block"}
    assert all("not a regular file" in str(reason) for reason in found.values())


def test_what_a_zip_may_hold_and_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with zipfile.ZipFile(path, "w") as archive:
        for name, mode in {
            "link": 0o120777,
            "fifo": 0o010600,
            "file": 0o100600,
        }.items():
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, mode << 16
            archive.writestr(info, b"/etc/passwd")
        windows = zipfile.ZipInfo("ward\\cine")
        windows.create_system = 0
        archive.writestr(windows, b"1")
        archive.writestr("secret", b"1")
        archive.writestr("zstd", b"1")
    data = bytearray(path.read_bytes())
    for member, offset, value in ((b"secret", 8, 1), (b"zstd", 10, 93)):
        place = data.rindex(member) - 46  # its entry in the list at the end
        data[place + offset : place + offset + 2] = struct.pack("<H", value)
    path.write_bytes(data)
    found = read(path)
    assert (found.pop("file"), found.pop("ward/cine")) == (b"/etc/passwd", b"1")
    for name, words in {
        "link": "a link",
        "fifo": "not a regular file",
        "secret": "encrypted; unpack it yourself, with its password",
        "zstd": "method 93",
    }.items():
        assert words in str(found.pop(name))
    assert not found


@pytest.mark.parametrize("form", FORMATS)
def test_bombs_are_defused(tmp_path: Path, form: str) -> None:
    zeros = {"first": NOISE, "bomb": bytes(3_000_000), "last": NOISE}
    found = read(pack(tmp_path / "a", zeros, form), member_gb=2.9e-3)
    assert found.pop("bomb") == (
        "it unpacks to 0.003 GB, more than 0.0029; unpack it yourself, or raise "
        "--member-gb"
    )
    assert found == {"first": NOISE, "last": NOISE}
    found = read(tmp_path / "a", archive_gb=3.2e-3)
    assert "--archive-gb" in str(found.pop(""))
    assert found == {"first": NOISE}


def test_growth_is_judged_before_anything_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("insonify.ingest.folder.archive_entry._SMALL", 1e6)
    for form in ("gz", "zip"):
        bomb = {"first": b"1", "bomb": bytes(5_000_000), "last": b"1"}
        path = pack(tmp_path / form, bomb, form)
        found = read(path)
        assert "as bombs do" in str(found.pop(""))
        assert found == {"first": b"1"}
        assert read(path, growth=2000) == bomb
    # Written small, read as endless zeros: a sparse file.
    with tarfile.open(tmp_path / "sparse", "w", format=tarfile.PAX_FORMAT) as archive:
        header = {
            "GNU.sparse.major": "0",
            "GNU.sparse.minor": "1",
            "GNU.sparse.name": "holes",
            "GNU.sparse.size": str(10**15),
            "GNU.sparse.map": f"{10**15},0",
        }
        add(archive, "holes", b"", pax_headers=header)
    assert "--archive-gb" in str(read(tmp_path / "sparse")[""])


def test_a_zip_that_understates_its_sizes(tmp_path: Path) -> None:
    path = pack(tmp_path / "a", {"bomb": bytes(10_000_000), "b": b"1"}, "zip")
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<L", 10_000_000), struct.pack("<L", 10)))
    found = read(path)
    assert "damaged in its archive" in str(found["bomb"])
    assert found["b"] == b"1"
    assert (tmp_path / "unpacked").stat().st_size <= 10


@pytest.mark.parametrize("form", ["tar", "gz", "bz2", "xz"])
def test_a_tar_that_is_cut_short_is_read_up_to_there(tmp_path: Path, form: str) -> None:
    mid, last = (random.Random(seed).randbytes(1_000_000) for seed in (1, 2))
    path = pack(tmp_path / "a", {"first": b"1", "mid": mid, "last": last}, form)
    os.truncate(path, path.stat().st_size * 19 // 20)
    found = read(path)
    assert "damaged or cut short" in str(found.pop(""))
    assert "damaged in its archive" in str(found.pop("last", "damaged in its archive"))
    assert found == {"first": b"1", "mid": mid}


def test_a_damaged_header_is_not_taken_for_the_end(tmp_path: Path) -> None:
    path = pack(tmp_path / "a", CONTENT, "tar")
    data = bytearray(path.read_bytes())
    place = data.index(b"b/4711.mp4")
    data[place + 150] ^= 0xFF
    path.write_bytes(data)
    found = read(path)
    assert "damaged" in str(found.pop(""))
    assert found == {"ward/Erika.dcm": NOISE}
    path.write_bytes(pack(path, CONTENT, "tar").read_bytes()[:-10240].rstrip(b"\0"))
    assert "" in read(path)  # no mark of its end


def test_a_damaged_member_of_a_zip_costs_itself_only(tmp_path: Path) -> None:
    path = pack(tmp_path / "a", CONTENT, "zip")
    data = bytearray(path.read_bytes())
    data[1000] ^= 0xFF
    path.write_bytes(data)
    found = read(path)
    assert "damaged in its archive" in str(found.pop("ward/Erika.dcm"))
    assert found == {name: CONTENT[name] for name in found}
    assert len(found) == 3
    path.write_bytes(data[:-30])
    assert "damaged or cut short (BadZipFile)" in str(read(path)[""])


def test_headers_that_would_fill_the_memory_or_lead_back(tmp_path: Path) -> None:
    for kind, size in ((tarfile.XHDTYPE, 8**11 - 1), (tarfile.REGTYPE, -1024)):
        with tarfile.open(tmp_path / "a", "w", format=tarfile.GNU_FORMAT) as archive:
            add(archive, "first", b"1")
            info = tarfile.TarInfo("second")
            info.type, info.size = kind, size
            archive.fileobj.write(info.tobuf(tarfile.GNU_FORMAT))
        found = read(tmp_path / "a")
        assert found.pop("first") == b"1"
        assert "damaged" in str(found.pop(""))


@pytest.mark.parametrize("form", FORMATS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(data=st.data())
def test_no_damage_is_an_exception(
    tmp_path: Path, form: str, data: st.DataObject
) -> None:
    small = {"ward/a": NOISE[:700], "ward/b": b"1", "c": NOISE[:100]}
    whole = bytearray(pack(tmp_path / "a", small, form).read_bytes())
    places = data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4))
    for place in places:
        whole[place] = data.draw(st.integers(0, 255))
    (tmp_path / "a").write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    if kind_of(tmp_path / "a") is None:
        return
    contents = read(tmp_path / "a")
    for name, found in contents.items():
        # A tar has no sum of its contents, nor has what is cut off before its sum.
        if form not in ("tar", "gz") and "" not in contents:
            assert isinstance(found, str) or found == small.get(name, found)
