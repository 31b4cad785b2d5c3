"""From a file of weights to a row of the table."""

from pathlib import Path

import pytest
import timm
import torch

from insonify.cli.main import run
from insonify.core.predictions import read_predictions
from insonify.store import Store


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A small network of colour, with its classifier."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = timm.create_model("test_resnet")
    torch.save(net.state_dict(), tmp_path / "net.pth")
    return tmp_path / "net.pth"


def test_adopted_weights_are_an_arm(
    store: Store, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store.make_split("two", folds=2, task="texture", seed=0)
    out, predictions = tmp_path / "adopted", tmp_path / "p.parquet"
    words = f"adopt test_resnet {out} --weights {weights} --size 32 40 --name foreign"
    assert run(words.split()) == 0
    assert "32 rows, 40 columns" in capsys.readouterr().out
    words = f"transfer planes {store.path} imagenet={out} --split two --task texture"
    quick = f"--protocols knn --seeds 0 --frames-per-video 2 --out {predictions}"
    assert run([*words.split(), *quick.split()]) == 0
    found = read_predictions(predictions)
    assert set(found.arms) == {"imagenet", "random"}
    known = found.arms["imagenet"]["checkpoints"][0]
    assert known["recipe"] == "foreign"
    assert known["subjects"] == 0


def test_refusals_are_one_line(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = tmp_path / "odd.pth"
    torch.save({"weights": Path("somewhere")}, odd)
    for words, says in (
        (f"adopt test_resnet {tmp_path} --weights {weights}", "exists"),
        (f"adopt test_vit {tmp_path / 'o'} --weights {weights}", "does not fit"),
        (f"adopt test_resnet {tmp_path / 'o'} --weights {odd}", "without executing"),
        (f"adopt test_resne {tmp_path / 'o'} --weights {weights}", "no encoder"),
    ):
        assert run(words.split()) == 2
        printed = capsys.readouterr().err
        assert says in printed
        assert "Traceback" not in printed
    assert not (tmp_path / "o").exists()
