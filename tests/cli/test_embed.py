"""``insonify embed`` as a user runs it."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from insonify.cli.main import run
from insonify.deploy.embedding.features import Features
from insonify.store import Store
from tests.deploy.conftest import save_small, small_checkpoint, spot_store


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store and two encoders."""
    folder = tmp_path_factory.mktemp("embed")
    spot_store(folder / "store", gaze=False)
    for seed in (7, 8):
        save_small(folder / f"run-{seed}", small_checkpoint(seed))
    return folder


def said(capsys: pytest.CaptureFixture[str]) -> str:
    found = capsys.readouterr()
    return " ".join((found.out + found.err).split())


def embed(place: Path, *more: str, seed: int = 7) -> int:
    return run(["embed", str(place / "store"), str(place / f"run-{seed}"), *more])


def test_embedded_written_again_and_removed(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "features.parquet"
    assert embed(place, "--out", str(out), "--batch", "50") == 0
    found = said(capsys)
    assert "144/144" in found
    assert "frames/s" in found
    assert "144 frames were encoded" in found
    assert "144 of 144 have 256 features of resnet10_half on 32 x 40 pixels" in found
    assert "no index" in found
    assert f"insonify search {place / 'store'}" in found
    features = Features.open(Store.open(place / "store"))
    table = pq.read_table(out)
    vectors_ND = np.array(table["vector"].to_pylist())
    np.testing.assert_array_equal(vectors_ND, features.read(features.positions_N))

    assert embed(place, "--out", str(out)) == 2
    assert "--overwrite" in said(capsys)
    npz = tmp_path / "features.npz"
    assert embed(place, "--out", str(npz)) == 0
    assert "0 frames were encoded" in said(capsys)
    with np.load(npz, allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["vector"], vectors_ND)

    assert embed(place, seed=8) == 0
    capsys.readouterr()
    names = {path.name for path in (place / "store").glob("features-*")}
    assert len(names) == 2
    assert embed(place, "--remove") == 0
    assert "Removed features of resnet10_half" in said(capsys)
    left = {path.name for path in (place / "store").glob("features-*")}
    assert left == names - {features.about.name}
    assert embed(place, "--remove") == 0
    assert "Nothing to remove" in said(capsys)


def test_mistakes_are_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert embed(place, "--remove", "--out", "x.npz") == 2
    assert "leave --out away" in said(capsys)
    assert embed(place, "--out", "features.csv") == 2
    assert "end it in .parquet or .npz" in said(capsys)
    assert embed(place, "--batch", "0") == 2
    assert "batch and workers must be at least 1" in said(capsys)
    assert embed(place, seed=9) == 2
    assert "name a checkpoint folder" in said(capsys)
    assert run(["embed", str(place / "none"), str(place / "run-7")]) == 2
    assert "no store here" in said(capsys)
