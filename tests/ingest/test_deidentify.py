import csv
import hashlib
import hmac
from pathlib import Path

import pytest

from insonify.core.errors import ConfigError
from insonify.ingest.deidentify import (
    add_to_linkage,
    content_pseudonym,
    default_key_path,
    file_pseudonym,
    linkage_path,
    pseudonym,
    site_key,
)


def test_a_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "site.key"
    key = site_key(path)
    assert len(key) == 32
    assert site_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert site_key(tmp_path / "other.key") != key


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_key_that_others_can_read_is_refused(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "site.key"
    site_key(path)
    path.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        site_key(path)


def test_something_else_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "site.key"
    path.write_text("secret")
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="not a site key"):
        site_key(path)


def test_the_key_lies_in_the_users_configuration(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert default_key_path() == tmp_path / "insonify" / "site.key"


def test_pseudonyms_are_keyed_and_of_a_kind() -> None:
    expected = hmac.new(b"key", b"s\x004711", hashlib.sha256).hexdigest()[:16]
    assert pseudonym(b"key", "s", "4711") == f"s-{expected}"
    assert pseudonym(b"other", "s", "4711") != f"s-{expected}"
    assert pseudonym(b"key", "e", "4711")[2:] != expected


def test_files_are_known_by_content_and_by_state(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"content")
    two.write_bytes(b"content")
    assert content_pseudonym(b"key", one) == content_pseudonym(b"key", two)
    name = Path("one")
    before = file_pseudonym(b"key", name, one.stat())
    assert file_pseudonym(b"key", name, one.stat()) == before
    one.write_bytes(b"content, changed")
    assert file_pseudonym(b"key", name, one.stat()) != before


def test_the_linkage_list_is_private_and_grows(tmp_path: Path) -> None:
    path = linkage_path(tmp_path / "site.key", "abc")
    add_to_linkage(path, [("f-1", "/data/Erika, E.mp4", "taken")])
    add_to_linkage(path, [("f-2", "/data/2.mp4", "the file is empty")])
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == ["f-1", "f-2"]
    assert rows[0]["path"] == "/data/Erika, E.mp4"
