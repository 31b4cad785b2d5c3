"""``insonify import``, on a copy in miniature."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from insonify.cli.importing import default_import
from insonify.cli.main import run
from insonify.ingest.public.sets import SETS
from insonify.store import Store


@pytest.fixture(autouse=True)
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """BUSI of three stills, the last of them broken, and a mask."""
    root = tmp_path / "copy"
    generator = np.random.default_rng(0)
    for lesion in ("benign", "malignant", "normal"):
        (root / lesion).mkdir(parents=True)
        pixels_HW = generator.integers(0, 3, (80, 100), np.uint8)  # darker than black
        Image.fromarray(pixels_HW).save(root / lesion / f"{lesion} (1).png")
    Image.fromarray(pixels_HW).save(root / "benign" / "benign (1)_mask.png")
    (root / "normal" / "normal (1).png").write_bytes(b"no image")
    return root


def test_import_takes_a_set_and_says_whose_it_is(
    tmp_path: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["import", "busi", str(copy), str(tmp_path / "store"), "--workers", "0"]
    assert run([*words, "--size", "64", "--strict"]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert SETS["busi"].citation in shown
    assert SETS["busi"].licence in shown
    assert "3 images in 3 groups" in shown
    assert "linkage-" in shown
    store = Store.open(tmp_path / "store")
    # The set's own options hold for all that is not said: dark stills are kept.
    assert store.settings.size == 64
    facts = [json.loads(text) for text in store.videos()["facts"].to_pylist()]
    assert [row["area"] for row in facts] == ["full frame"] * 2
    assert len(store.rejects()) == 1
    assert run([*words, "--size", "64"]) == 0


def test_options_given_replace_those_of_the_set(tmp_path: Path, copy: Path) -> None:
    words = ["import", "busi", str(copy), str(tmp_path / "store"), "--workers", "0"]
    assert run([*words, "--area", "10", "20", "70", "90"]) == 0
    crops = Store.open(tmp_path / "store").videos()["crop"].to_pylist()
    assert crops == [[10, 20, 70, 90]] * 2


def test_mistakes_are_explained(
    tmp_path: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = str(tmp_path / "store")
    assert run(["import", "echonet", str(copy), store]) == 2
    shown = " ".join(capsys.readouterr().err.split())
    assert "FileList.csv" in shown
    assert SETS["echonet"].site in shown
    assert not (tmp_path / "store").exists()
    with pytest.raises(SystemExit):
        run(["import", "imagenet", str(copy), store])


@pytest.mark.parametrize("name", SETS)
def test_defaults_are_those_of_the_set(name: str) -> None:
    named = default_import(["import", "--size", "128", name, "PATH", "STORE"])
    assert named.options.clean == SETS[name].clean
