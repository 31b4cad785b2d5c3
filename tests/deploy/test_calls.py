"""A script gets from files to an encoder as the commands do."""

from dataclasses import replace
from pathlib import Path

import pytest

from insonify.core.errors import CheckpointError, ConfigError
from insonify.deploy.calls import add_gaze, build_store, pretrain
from insonify.deploy.frame_encoder import load_encoder
from insonify.ingest.gaze.options import GazeImportOptions, PlacingOptions
from insonify.ingest.options import IngestOptions
from insonify.phantom import PhantomOptions, make_phantom
from insonify.recipes import RECIPES, with_size
from insonify.store import Store
from insonify.train.options import PretrainOptions


@pytest.fixture(scope="module")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("phantom") / "phantom"
    options = PhantomOptions(
        subjects=2, sweeps=1, seconds=1, fps=8, size=(64, 80), formats=("mp4",)
    )
    make_phantom(out, options)
    return out


def test_files_become_a_store_with_gaze(phantom: Path, tmp_path: Path) -> None:
    store, key = tmp_path / "store", tmp_path / "site.key"
    options = IngestOptions(subjects=phantom / "subjects.csv", key=key, workers=0)
    told: list[int] = []
    summary = build_store(
        str(phantom / "videos"),
        str(store),
        options,
        on_file=lambda _, total: told.append(total),
    )
    assert (summary.taken, summary.rejects, told) == (2, [], [2, 2])
    assert build_store(phantom / "videos", store, options).known == 2
    gaze = GazeImportOptions(
        gaze=phantom / "gaze.csv",
        format="neutral",
        key=key,
        placing=PlacingOptions(px_per_cm=8.0),
    )
    assert add_gaze(str(phantom / "videos"), str(store), gaze).videos == 2
    assert len(Store.open(store).gaze_videos()) == 2
    with pytest.raises(ConfigError, match="no such file or folder"):
        build_store(tmp_path / "none", store, options)


def quick() -> PretrainOptions:
    recipe = with_size(RECIPES["demo"](), (32, 40))
    return replace(recipe, steps=2, batch=4, workers=0, encoder="resnet10_half")


def test_a_store_becomes_an_encoder_that_goes_on(store: Store, tmp_path: Path) -> None:
    steps: list[int] = []
    first = pretrain(
        store,
        str(tmp_path / "first"),
        quick(),
        on_progress=lambda seen: steps.append(seen.step.step),
    )
    assert steps == [1, 2]
    assert load_encoder(first).card.provenance["steps"] == 2
    second = pretrain(store, tmp_path / "second", quick(), initial=str(first))
    assert "initial" in load_encoder(second).card.provenance
    with pytest.raises(CheckpointError, match="insonify pretrain"):
        pretrain(store, tmp_path / "third", quick(), initial=tmp_path / "none")
    assert not (tmp_path / "third").exists()
