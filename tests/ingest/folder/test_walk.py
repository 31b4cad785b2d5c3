import inspect
import os
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from insonify.ingest.folder.walk import Found, base_of, find, natural, walk

NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1
).filter(lambda name: len(name.encode()) < 256 and name[0] != ".")


def names(source: Path, *ignored: Path) -> list[str]:
    return [found.relative for found in find(source, ignored) if not found.refused]


def refused(source: Path) -> dict[str, str]:
    return {found.relative: found.refused for found in find(source) if found.refused}


def test_files_come_in_natural_order_without_hidden_and_ignored_ones(
    tmp_path: Path,
) -> None:
    for name in ("f10", "f9/b", "f9/.b", "f2", ".f1", "skip", "store/x", "f09"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.symlink_to(tmp_path / "skip")
    ignored = (elsewhere, tmp_path / "f2" / ".." / "store", tmp_path / "absent")
    (tmp_path / "f2").rename(tmp_path / "f1")
    (tmp_path / "f2").mkdir()
    assert names(tmp_path, *ignored) == ["f1", "f09", "f9/b", "f10"]


def test_a_single_file_is_found_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "cine.dcm"
    file.write_bytes(b"abc")
    (found,) = find(file)
    assert found == Found("cine.dcm", 3, file.stat().st_mtime_ns)
    assert base_of(file) / found.relative == file
    assert list(walk(file)) == list(walk(tmp_path)) == [file]
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in refused(tmp_path / "pipe")["pipe"]


def test_what_is_no_file_is_refused_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # to open it would wait for ever
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
    (tmp_path / "device").symlink_to("/dev/null")
    found = refused(tmp_path)
    assert set(found) == {"pipe", "s", "device"}
    assert all("not a regular file" in reason for reason in found.values())


def test_links(tmp_path: Path) -> None:
    source, outside = tmp_path / "in", tmp_path / "out"
    for path in (source / "a" / "own", source / ".annex" / "1", outside / "2"):
        path.parent.mkdir(parents=True)
        path.write_text(path.name)
    for name, target in {
        "circle": source,
        "to_folder": outside,
        "to_own": source / "a" / "own",
        "to_hidden": source / ".annex" / "1",
        "to_outside": outside / "2",
        "to_outside_too": source / "to_outside",
        "nowhere": tmp_path / "absent",
        "self": source / "self",
    }.items():
        (source / name).symlink_to(target)
    # git-annex and DVC keep files in hidden folders, with links to them.
    assert names(source) == ["a/own", "to_hidden", "to_outside"]
    found = refused(source)
    assert all(
        "link to a folder" in found.pop(name) for name in ("circle", "to_folder")
    )
    assert all(
        "another name" in found.pop(name) for name in ("to_own", "to_outside_too")
    )
    assert all("leads nowhere" in found.pop(name) for name in ("nowhere", "self"))
    assert not found


def test_a_folder_that_cannot_be_read_is_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Erika/4711.dcm", "other/b"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    scan = os.scandir

    def guarded(path: str) -> object:
        if str(path).endswith("Erika"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", guarded)
    found = list(find(tmp_path))
    assert [one.relative for one in found] == ["Erika", "other/b"]
    reason = str(found[0].refused)
    assert "Permission denied" in reason
    assert "Erika" not in reason


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_a_folder_without_permissions_is_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0)
    assert "cannot be read" in refused(tmp_path)["locked"]


def test_folders_may_be_deeper_than_the_stack_of_python(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*"d" * 150)
    deep.mkdir(parents=True)
    (deep / "f").touch()
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 100)
    try:
        found = names(tmp_path)
    finally:
        sys.setrecursionlimit(limit)
    assert found == ["d/" * 150 + "f"]


@given(st.lists(NAMES, max_size=8, unique=True))
@example(["Zoë.dcm", 'a"b', "a\nb", "\u200f", "n" * 255, "x,y;z", "½", "\uff19", " "])
def test_all_names_are_found(
    tmp_path_factory: pytest.TempPathFactory, made: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("names")
    for name in made:
        (folder / name).touch()
    assert names(folder) == sorted(os.listdir(folder), key=natural)  # noqa: PTH208


def test_a_name_in_no_encoding_is_found(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"M\xfcller.dcm")).touch()
    assert [os.fsencode(name) for name in names(tmp_path)] == [b"M\xfcller.dcm"]


@given(st.lists(st.integers(0, 10**30), min_size=1))
def test_natural_order_is_that_of_the_numbers(numbers: list[int]) -> None:
    found = sorted((f"f{number}.png" for number in numbers), key=natural)
    assert found == [f"f{number}.png" for number in sorted(numbers)]


@given(st.lists(NAMES | st.from_regex(r"[a-c]{0,2}0*[0-9]{1,3}[a-c]?", fullmatch=True)))
def test_natural_order_is_total(made: list[str]) -> None:
    backwards = made[::-1]
    assert sorted(made, key=natural) == sorted(backwards, key=natural)


def test_a_number_may_have_more_digits_than_int_takes() -> None:
    assert natural("9" * 5000) < natural("1" + "0" * 5000)
