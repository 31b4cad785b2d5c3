from pathlib import Path

import pytest

from insonify.core.errors import ConfigError
from insonify.core.records import parse_object, read_object, shown


def test_an_object_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": [1, {"b": null}]}')
    assert read_object(tmp_path / "a.json") == {"a": [1, {"b": None}]}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "here: not JSON"),
        (b"[]", r"here: wanted a JSON object, found \[\]"),
        (b'{"a": "\xff"}', "here: not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "here: not JSON"),
        (b"[" * 10**5 + b"]" * 10**5, "here: nested too deeply"),
        (b"{}" + b" " * 2**26, "here: more than 64 MiB"),
    ],
)
def test_what_is_none_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse_object(data, "here")


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        read_object(tmp_path / "none.json")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_object(tmp_path)


def test_values_are_shown_in_short() -> None:
    assert shown({"a": 1}) == "{'a': 1}"
    nested: list[object] = []
    for _ in range(100):
        nested = [nested] * 9
    assert len(shown(nested)) < 250
