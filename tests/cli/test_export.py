"""From a checkpoint to a folder for others, on the command line."""

from pathlib import Path

import pytest

from insonify.cli.main import run
from insonify.deploy.export.about import read_card
from insonify.deploy.export.runtime import OnnxHeads
from insonify.store import Store
from tests.deploy.conftest import save_small, small_checkpoint


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """An untrained encoder on disk."""
    return save_small(tmp_path / "checkpoint", small_checkpoint())


def test_heads_are_learnt_kept_and_exported(
    store: Store, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store.make_split("three", folds=3, task="texture", seed=0)
    out, heads = tmp_path / "out", tmp_path / "heads"
    words = f"export {checkpoint} {out} --to onnx --store {store.path} --heads {heads}"
    assert run([*words.split(), "--int8", "--frames", "16"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for said in ("macro F1", "speed, batch of 1", "no gaze", "2 validation subjects"):
        assert said in printed
    assert OnnxHeads.load(out).classes == ("coarse", "fine")
    words = f"export {checkpoint} {tmp_path / 'two'} --to torch --heads {heads}"
    assert run(words.split()) == 0
    assert "18 drawn frames" in " ".join(capsys.readouterr().out.split())
    assert read_card(tmp_path / "two").classes == ("coarse", "fine")


def test_refusals_are_one_line(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "new"
    for words, says in (
        (f"export {checkpoint} {tmp_path}", "exists"),
        (f"export {tmp_path / 'none'} {new}", "checkpoint.json"),
        (f"export {checkpoint} {new} --heads {tmp_path / 'h'}", "--store"),
        (f"export {checkpoint} {new} --int8", "--store"),
        (f"export {checkpoint} {new} --to timm --int8", "--int8"),
        (f"export {checkpoint} {new} --opset 9", "18 to 24"),
    ):
        assert run(words.split()) == 2
        printed = capsys.readouterr().err
        assert says in printed
        assert "Traceback" not in printed
    assert not new.exists()
