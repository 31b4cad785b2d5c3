from pathlib import Path

import pytest

from insonify.core.errors import StoreError
from insonify.store.place import Bucket, Folder, place_of, reached


@pytest.mark.parametrize(
    "url", ["s3://bucket", "s3://b/deep/x", "gs://b/x", "az://c/x"]
)
def test_a_url_survives_being_a_path(url: str) -> None:
    for path in (Path(url), Path(str(Path(url)))):
        place = place_of(path)
        assert isinstance(place, Bucket)
        assert place.root == url


@pytest.mark.parametrize("path", ["store", "/data/s3/x", "a/s3:/b", "C:/store"])
def test_other_paths_are_folders(path: str) -> None:
    place = place_of(Path(path))
    assert isinstance(place, Folder)
    assert place.root == path


def test_the_endpoint_is_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    assert Bucket("s3://b/x").options == {}
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://here:9000")
    plain = {"aws_endpoint": "http://here:9000", "allow_http": "true"}
    assert Bucket("s3://b/x").options == plain
    assert Bucket("gs://b/x").options == {}
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://there")
    secure = {"aws_endpoint": "https://there", "allow_http": "false"}
    assert Bucket("s3://b/x").options == secure


def test_a_folder_reads_writes_lists_and_removes(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "new")
    assert (folder.names(), folder.read("a")) == (set(), None)
    folder.write("a", b"1")
    folder.write("a", b"2")
    assert (folder.names(), folder.read("a")) == ({"a"}, b"2")
    folder.remove("a")
    assert folder.names() == set()


def test_what_cannot_be_done_with_a_folder_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = Folder(tmp_path / "file")
    says = r"file: cannot be read or written"
    with pytest.raises(StoreError, match=says), reached(folder):
        folder.names()
