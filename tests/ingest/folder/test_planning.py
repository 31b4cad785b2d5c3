"""What there is in a folder and in its archives, and how it is put on disk."""

import io
import os
import pickle
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from insonify.core.errors import ConfigError
from insonify.ingest.deidentify import file_pseudonym
from insonify.ingest.folder.folder_options import FolderOptions
from insonify.ingest.folder.opening import Opening
from insonify.ingest.folder.planning import Planned, plan
from insonify.ingest.folder.scratch import Scratch
from insonify.ingest.folder.unpacking import OnDisk

KEY = b"k" * 32
VIDEO = FolderOptions(image_folders="video")


def zipped(content: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return packed.getvalue()


def tarred(content: Mapping[str, bytes], form: str = "") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=f"w:{form}") as archive:  # type: ignore[call-overload]
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def image(level: int) -> bytes:
    packed = io.BytesIO()
    Image.fromarray(np.full((20, 30), level, np.uint8)).save(packed, "png")
    return packed.getvalue()


def planned(source: Path, options: FolderOptions | None = None) -> list[Planned]:
    base = source.parent / "scratch"
    base.mkdir(exist_ok=True)
    with Scratch(base, outside=source.parent / "store") as scratch:
        found = list(plan(source, options or FolderOptions(), key=KEY, scratch=scratch))
    assert not list(base.iterdir())
    return found


def paths(found: list[Planned]) -> dict[str, str | None]:
    return {one.relative: one.refused for one in found}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files, archives of every kind, an archive in an archive, and one too deep."""
    source = tmp_path / "in"
    deep = zipped({"too/deep.zip": zipped({"d": b"4"}), "c": b"3"})
    for name, data in {
        "Erika/9.dcm": b"9",
        "Erika/10.dcm": b"10",
        "ward/a.zip": zipped({"b/4711.dcm": b"1", "b/5.dcm": b"5"}),
        "ward/b.bin": tarred(
            {"x.dcm": b"2", "in.tgz": tarred({"y": b"7"}, "gz")}, "xz"
        ),
        "deep.tar": tarred({"deep.zip": deep, "e": b"5"}),
    }.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(data)
    return source


def test_members_are_files_of_the_folder(folder: Path) -> None:
    found = paths(planned(folder))
    assert "an archive in an archive in an archive" in str(
        found.pop("deep.tar/deep.zip/too/deep.zip")
    )
    assert found == dict.fromkeys(
        (
            *("Erika/9.dcm", "Erika/10.dcm", "deep.tar/deep.zip/c", "deep.tar/e"),
            *("ward/a.zip/b/4711.dcm", "ward/a.zip/b/5.dcm"),
            *("ward/b.bin/x.dcm", "ward/b.bin/in.tgz/y"),
        )
    )


def test_an_archive_may_be_all_there_is(folder: Path) -> None:
    assert set(paths(planned(folder / "ward" / "a.zip"))) == {
        "a.zip/b/4711.dcm",
        "a.zip/b/5.dcm",
    }


def test_pseudonyms_are_stable_and_tell_all_apart(folder: Path) -> None:
    first = planned(folder)
    assert first == planned(folder)
    assert len({one.file for one in first}) == len(first)
    file = folder / "Erika" / "9.dcm"
    # As in stores that were made before there were archives.
    old = file_pseudonym(KEY, Path("Erika/9.dcm"), file.stat())
    assert {one.relative: one.file for one in first}["Erika/9.dcm"] == old
    status = (folder / "ward" / "a.zip").stat()
    os.utime(folder / "ward" / "a.zip", ns=(0, status.st_mtime_ns + 1))
    changed = {
        one.relative
        for one, was in zip(planned(folder), first, strict=True)
        if one != was
    }
    assert changed == {"ward/a.zip/b/4711.dcm", "ward/a.zip/b/5.dcm"}


def test_members_of_one_name_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with tarfile.open(tmp_path / "in" / "a.tar", "w") as archive:
        for _ in range(2):
            archive.addfile(tarfile.TarInfo("same"))
    assert len({one.file for one in planned(tmp_path / "in")}) == 2


def test_names_in_no_encoding_have_a_pseudonym(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    name = os.fsdecode(b"M\xfcller")
    (source / name).touch()
    (source / "a.tar").write_bytes(tarred({name: b"1"}))
    assert set(paths(planned(source))) == {name, f"a.tar/{name}"}


def test_what_cannot_be_read_of_an_archive_is_a_refusal(folder: Path) -> None:
    whole = (folder / "deep.tar").read_bytes()
    (folder / "deep.tar").write_bytes(whole[: whole.rindex(b"e\0\0\0") + 100])
    (folder / "ward" / "empty.zip").write_bytes(zipped({".hidden": b"1"}))
    found = planned(folder)
    reasons = paths(found)
    assert "cut short" in str(reasons["deep.tar"])
    assert "holds no file" in str(reasons["ward/empty.zip"])
    assert reasons["deep.tar/deep.zip/c"] is None
    assert len({one.file for one in found}) == len(found)
    for reason in filter(None, reasons.values()):
        assert not any(
            secret in reason for secret in ("Erika", "4711", "ward", "deep.tar")
        )


def test_a_bomb_in_an_archive_spends_what_its_archive_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("insonify.ingest.folder.archive_entry._SMALL", 1e5)
    (tmp_path / "in").mkdir()
    inner = tarred({"zeros": bytes(1_000_000)}, "gz")
    (tmp_path / "in" / "a.zip").write_bytes(zipped({"b.tgz": inner, "c": b"1"}))
    found = paths(planned(tmp_path / "in"))
    assert set(found) == {"a.zip/b.tgz", "a.zip"}
    assert all("bomb" in str(reason) for reason in found.values())


def test_numbered_images_of_a_folder_are_one_video(tmp_path: Path) -> None:
    source = tmp_path / "in"
    frames = {f"f{number}.png": image(number) for number in range(12)}
    packed = {f"scan/{name}": data for name, data in frames.items()}
    for name, data in {
        **{f"w/{name}": data for name, data in frames.items()},
        "w/overview.png": image(1),
        "w/cine1.dcm": b"1",
        "w/one/f1.png": image(1),
        "two/im1.png": image(1),
        "two/mask1.png": image(1),
        "a.zip": zipped(dict(reversed(packed.items())) | {"scan/b.dcm": b"1"}),
    }.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(data)
    stills = planned(source)
    assert len(stills) == 12 + 12 + 1 + 6 - 1
    assert not any(one.images for one in stills)
    found = {one.relative: one for one in planned(source, VIDEO)}
    single = {"w/overview.png", "w/cine1.dcm", "w/one/f1.png", "a.zip/scan/b.dcm"}
    assert set(found) == {*single, "w", "two", "a.zip/scan"}
    names = tuple(f"f{number}.png" for number in range(12))
    assert found["w"].images == found["a.zip/scan"].images == names
    assert found["a.zip/scan"].ways == tuple((11 - number,) for number in range(12))
    assert "differ in more than numbers" in str(found["two"].refused)
    os.utime(source / "w" / "f7.png", ns=(0, 0))
    again = {one.relative: one for one in planned(source, VIDEO)}
    assert {name for name in found if found[name].file != again[name].file} == {"w"}


@pytest.mark.parametrize("options", [{}, {"image_folders": "video"}])
def test_shares_together_are_the_whole(
    folder: Path, options: dict[str, object]
) -> None:
    for number in range(40):
        (folder / f"{number}").mkdir()
        for name in "12":
            (folder / f"{number}" / f"{name}.png").write_bytes(image(1))

    def share(text: str | None) -> set[Planned]:
        made = FolderOptions(shard=text, **options)  # type: ignore[arg-type]
        return set(planned(folder, made))

    shares = [share(f"{number}/3") for number in (1, 2, 3)]
    assert set.union(*shares) == share(None)
    assert sum(map(len, shares)) == len(share(None))
    assert min(map(len, shares)) > 5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"member_gb": -1.0}, "--member-gb must be above 0"),
        ({"archive_gb": float("nan")}, "--archive-gb must be above 0"),
        ({"growth": float("inf")}, "--growth must be above 0"),
        ({"shard": "3/2"}, "--shard"),
    ],
)
def test_mistakes_in_options(options: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        FolderOptions(**options)  # type: ignore[arg-type]


@contextmanager
def opening(
    source: Path,
    options: FolderOptions | None = None,
    *,
    found: list[Planned] | None = None,
) -> Iterator[Opening]:
    base = source.parent / "scratch"
    found = planned(source, options) if found is None else found
    with Scratch(base, outside=source.parent / "store") as scratch:
        yield Opening(found, source, options or FolderOptions(), scratch)
    assert not list(base.iterdir())


def contents(one: OnDisk) -> bytes:
    if one.images:
        return b"".join((one.path / name).read_bytes() for name in one.images)
    return one.path.read_bytes()


def unpacked(source: Path) -> list[Path]:
    """Files that are unpacked now."""
    base = source.parent / "scratch"
    return [path for path in base.glob("*/*/*") if path.is_file()]


def test_what_is_opened_has_the_right_content_and_is_removed(folder: Path) -> None:
    found = {}
    with opening(folder) as files:
        for one in files:
            assert pickle.loads(pickle.dumps(one)) == one
            if one.refused is None:
                found[str(one.relative)] = contents(one)
                temporary = folder not in one.path.parents
                assert temporary == (one.path in unpacked(folder))
                assert not temporary or "4711" not in str(one.path)
            files.done(one.file)
            assert one.path not in unpacked(folder)
    assert found == {
        "Erika/9.dcm": b"9",
        "Erika/10.dcm": b"10",
        "deep.tar/deep.zip/c": b"3",
        "deep.tar/e": b"5",
        "ward/a.zip/b/4711.dcm": b"1",
        "ward/a.zip/b/5.dcm": b"5",
        "ward/b.bin/x.dcm": b"2",
        "ward/b.bin/in.tgz/y": b"7",
    }
    assert (folder / "Erika" / "9.dcm").exists()


def test_members_are_unpacked_one_by_one(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    content = {f"{number}.dcm": b"1" for number in range(9)}
    (source / "a.tgz").write_bytes(tarred(content, "gz"))
    with opening(source) as files:
        left = iter(files)
        held = [next(left), next(left)]
        assert len(unpacked(source)) == 2  # not done yet, and no more than asked for
        files.done(held[0].file)
        assert unpacked(source) == [held[1].path]
        assert held[1].path.suffix == ".dcm"  # some decoders look at it
        left.close()  # type: ignore[attr-defined]


def test_only_what_is_asked_for_is_unpacked_and_each_archive_read_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = planned(folder)
    wanted = [
        one for one in found if one.relative in ("ward/a.zip/b/5.dcm", "deep.tar/e")
    ]
    opened = []
    read = tarfile.open

    def counted(*args: object, **options: object) -> object:
        opened.append(args)
        return read(*args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(tarfile, "open", counted)
    with opening(folder, found=wanted) as files:
        assert [contents(one) for one in files] == [b"5", b"5"]
        assert len(unpacked(folder)) == 2
    assert len(opened) == 1


def test_images_in_an_archive_are_put_together(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    names = [f"f{number}.png" for number in (10, 9, 2)]
    content = {
        f"{scan}/{name}": image(n) for n, name in enumerate(names) for scan in "ab"
    }
    (source / "a.tar").write_bytes(tarred(content))
    with opening(source, VIDEO) as files:
        made = {str(one.relative): contents(one) for one in files}
    expected = image(2) + image(1) + image(0)
    assert made == {"a.tar/a": expected, "a.tar/b": expected}


def test_a_damaged_member_is_refused_and_the_others_come(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    content = {f"s/{n}.png": image(n) for n in range(4)} | {
        "cine": b"c" * 999,
        "x": b"x",
    }
    data = bytearray(zipped(content))
    for place in (data.index(b"ccc"), data.index(b"IDAT") + 4):
        data[place + 1] ^= 0xFF
    (source / "Erika.zip").write_bytes(data)
    with opening(source, VIDEO) as files:
        found = {str(one.relative): one for one in files}
        assert contents(found.pop("Erika.zip/x")) == b"x"
        for one in found.values():
            assert "damaged in its archive (BadZipFile)" in str(one.refused)
            files.done(one.file)
        assert len(unpacked(source)) == 1
    assert set(found) == {"Erika.zip/s", "Erika.zip/cine"}


def test_an_archive_that_changes_meanwhile_gives_nothing(folder: Path) -> None:
    found = [one for one in planned(folder) if one.relative.startswith("ward/")]
    (folder / "ward" / "a.zip").write_bytes(
        zipped({"b/5.dcm": b"1", "b/4711.dcm": b"5"})
    )
    (folder / "ward" / "b.bin").unlink()
    with opening(folder, found=found) as files:
        opened = list(files)
    assert len(opened) == 4
    assert all("has changed" in str(one.refused) for one in opened)


def test_a_full_disk_ends_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("insonify.ingest.folder.unpacking.copy_out", full)
    found = planned(folder)
    with (
        opening(folder, found=found) as files,
        pytest.raises(ConfigError, match="--unpack-folder"),
    ):
        list(files)
