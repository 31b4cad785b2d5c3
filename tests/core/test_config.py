import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from insonify.core.config import from_plain, load_config, save_config, to_plain
from insonify.core.errors import ConfigError
from insonify.recipes import RECIPES
from insonify.train.options import PretrainOptions


@dataclass(frozen=True, kw_only=True)
class Inner:
    pair: tuple[int, int] = (1, 2)
    many: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Outer:
    share: float = 0.5
    mode: Literal["a", "b"] = "a"
    on: bool = True
    where: Path | None = None
    inner: Inner = field(default_factory=Inner)
    extra: dict[str, int] = field(default_factory=dict)


@pytest.mark.parametrize(
    "config",
    [
        Outer(),
        Outer(where=Path("x"), inner=Inner(many=("p", "q")), extra={"k": 3}),
        *(recipe() for recipe in RECIPES.values()),
    ],
)
def test_what_is_saved_loads_as_it_was(
    config: Outer | PretrainOptions, tmp_path: Path
) -> None:
    save_config(config, tmp_path / "config.json")
    assert load_config(type(config), tmp_path / "config.json") == config


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"typo": 1}, "unknown option 'typo'"),
        ({"share": "half"}, "wanted a value of type float"),
        ({"on": 1}, "wanted a value of type bool"),
        ({"share": True}, "wanted a value of type float"),
        ({"mode": "c"}, "one of"),
        ({"inner": {"pair": [1], "many": []}}, "2 values"),
        ({"inner": 3}, "an object"),
        ({"share": float("nan")}, "a finite number"),
        ({"share": 10**400}, "a finite number"),
        ({"extra": {"k": "3"}}, "extra.'k': wanted a value of type int"),
        ({"mode": "c" * 10**6}, "found 'cccc"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(
    change: dict[str, object], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        from_plain(Outer, {**to_plain(Outer()), **change})


def test_a_missing_option_is_refused() -> None:
    plain = to_plain(Outer())
    del plain["mode"]
    with pytest.raises(ConfigError, match="'mode' is missing"):
        from_plain(Outer, plain)


def test_an_option_that_is_off_by_default_may_be_missing() -> None:
    plain = to_plain(Outer())
    del plain["where"]
    assert from_plain(Outer, plain) == Outer()


def test_missing_and_broken_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_config(Outer, tmp_path / "none.json")
    (tmp_path / "cut.json").write_text(json.dumps(to_plain(Outer()))[:-5])
    with pytest.raises(ConfigError, match="not JSON"):
        load_config(Outer, tmp_path / "cut.json")
