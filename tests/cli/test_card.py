"""``insonify card`` writes what it is asked for, once, and says what is wrong."""

import datetime
import json
from pathlib import Path

import pytest

from insonify.cli.card import Card
from insonify.cli.main import run
from insonify.core.errors import ConfigError
from insonify.store import Store
from tests.cli.conftest import save_foreign


def test_every_ending_is_written_by_the_command(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = tmp_path / "foreign"
    save_foreign(checkpoint, (64, 80))
    for ending, start in (("md", "# Model card: Mine"), ("html", "<!doctype html>")):
        out = tmp_path / f"card.{ending}"
        line = f"card {checkpoint} --store {store.path} --out {out} --date 2026-01-02"
        assert run([*line.split(), "--name", "Mine", "--contact", "a@b.org"]) == 0
        text = out.read_text()
        assert text.startswith(start)
        for said in ("2026-01-02", "a@b.org", "not stated by the maker", "imagenet"):
            assert said in text
        assert "It learnt from no subject of a store" in text
        assert f"Card: {out}" in capsys.readouterr().out


def test_a_sheet_needs_a_store_only_and_bears_today(
    store: Store, tmp_path: Path
) -> None:
    out = tmp_path / "sheet.json"
    before = datetime.datetime.now(datetime.UTC).date().isoformat()
    assert run(["card", "--store", str(store.path), "--out", str(out)]) == 0
    after = datetime.datetime.now(datetime.UTC).date().isoformat()
    plain = json.loads(out.read_text())
    assert plain["date"] in (before, after)
    assert plain["run"] is None
    assert plain["data"]["whole"]["subjects"] == 6


def test_an_existing_card_is_kept_unless_told(store: Store, tmp_path: Path) -> None:
    out = tmp_path / "card.md"
    out.write_text("mine")
    with pytest.raises(ConfigError, match="--overwrite"):
        Card(store=store.path, out=out).run()
    assert out.read_text() == "mine"
    Card(store=store.path, out=out, overwrite=True).run()
    assert out.read_text().startswith("# Data sheet")


def test_mistakes_are_told_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "card.md")
    for arguments, said in (
        (["--out", out], "name a RUN, a --store, or both"),
        ([str(tmp_path), "--out", out], "no checkpoint.json"),
        (["--store", str(tmp_path), "--out", out], "no store here"),
        (["--out", str(tmp_path / "card.pdf")], "end it in .html, .md, .json"),
        (["--out", out, "--date", "May"], "YEAR-MONTH-DAY"),
    ):
        assert run(["card", *arguments]) == 2
        assert said in capsys.readouterr().err
    assert not Path(out).exists()
