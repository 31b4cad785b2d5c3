from pathlib import Path

import pytest

from insonify.core.files import new_folder, write_bytes


def test_a_failed_write_leaves_the_old_file_and_no_debris(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old")

    def fail(_handle: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    with pytest.raises(FileNotFoundError), new_folder(path) as draft:
        (draft / "half" / "way").write_text("x")
    assert not path.exists()
    with new_folder(path) as draft:
        (draft / "whole").write_text("x")
        assert not path.exists()
    assert (path / "whole").read_text() == "x"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_folder_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    for name in ("first", "second"):
        with new_folder(path) as draft:
            (draft / name).touch()
    assert [file.name for file in path.iterdir()] == ["second"]
