"""From the command line: one encoder, one file of pictures, said so."""

from pathlib import Path

import pytest

from insonify.cli.main import run
from insonify.core.gallery import read_gallery
from insonify.model.checkpoint import Card, save_checkpoint
from insonify.model.encoder import Encoder
from insonify.store import Store

QUICK = "--frames 20 --thumbnail 16 20"


@pytest.fixture
def store(store: Store) -> Store:
    store.make_split("two", folds=2, task="texture", seed=0)
    return store


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    """A checkpoint pretrained elsewhere."""
    path = tmp_path / "run"
    card = Card(
        architecture="resnet10_half",
        size=(32, 40),
        provenance={"recipe": "siamese", "subjects": []},
    )
    state = Encoder("resnet10_half").state_dict()
    save_checkpoint(path, {f"encoder.{k}": v for k, v in state.items()}, card)
    return path


def words(store: Store, encoder: str | Path, out: Path, *more: str) -> list[str]:
    line = f"transfer gallery {store.path} {encoder} --split two --out {out} {QUICK}"
    return [*line.split(), *more]


def test_a_gallery_is_written_once_and_said_to_hold_pictures(
    store: Store, encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "g.parquet"
    line = words(store, encoder, out, "--task", "texture")
    assert run(line) == 0
    printed = capsys.readouterr().out
    assert "20 of 240 frames of 3 test subjects, arranged by siamese" in printed
    assert "by chance" in printed
    assert "pictures of patients" in printed
    first = read_gallery(out)
    assert (first.arm, first.task, first.size) == ("siamese", "texture", (16, 20))
    assert run(line) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert run([*line, "--overwrite", "--seed", "1"]) == 0
    assert read_gallery(out).facts["seed"] == 1


def test_without_labels_nothing_is_said_of_classes(
    store: Store, encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "g.parquet"
    assert run(words(store, f"ours={encoder}", out, "--task", "None")) == 0
    printed = capsys.readouterr().out
    assert "arranged by ours" in printed
    assert "same class" not in printed
    assert read_gallery(out).facts["agreement"] is None


def test_the_untrained_twin_is_asked_for_by_a_flag(
    store: Store, encoder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "g.parquet"
    assert run(words(store, encoder, out, "--untrained")) == 0
    assert read_gallery(out).arm == "random"


def test_a_missing_split_is_one_line_and_writes_nothing(
    store: Store, encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "g.parquet"
    assert run(words(store, encoder, out, "--split", "ten")) == 2
    assert "no split 'ten'" in capsys.readouterr().err
    assert not out.exists()


def test_help_says_what_the_file_holds(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(["transfer", "gallery", "--help"])
    assert stopped.value.code == 0
    assert "PICTURES OF PATIENTS" in " ".join(capsys.readouterr().out.split())
