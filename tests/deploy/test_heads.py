"""Heads say what their predictors said, are kept whole, and belong to one encoder."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from insonify.clips.loader import FrameReader
from insonify.core.errors import CheckpointError, ConfigError, StoreError
from insonify.deploy.head_options import HeadOptions
from insonify.deploy.heads import Heads
from insonify.store import Store
from insonify.train.monitor import encode
from insonify.transfer.examples import Examples
from insonify.transfer.frames import choose_frames
from insonify.transfer.linear import LinearProbe
from tests.deploy.conftest import SIZE, quick, small_checkpoint, spot_store


def test_heads_answer_as_the_probe_that_transfer_fits(
    spots: Store, heads: Heads
) -> None:
    frames = choose_frames(spots, "spot", 32)
    features_ND = encode(
        heads.checkpoint.encoder, FrameReader(spots, SIZE).read(frames.positions_N)
    ).numpy()
    everything = Examples(
        features_ND=features_ND,
        labels_N=frames.labels_N,
        subjects_N=frames.subjects_N,
    )
    roles = spots.split("three").roles(0)
    predictor = LinearProbe().fit(
        everything.of(roles.train), everything.of(roles.validation), 2, 0
    )
    views_NHW = FrameReader(spots, SIZE).read(frames.positions_N)
    found_NC = heads.probabilities(views_NHW)
    np.testing.assert_allclose(found_NC, predictor(features_ND), atol=1e-4)
    assert heads.classes == ("large", "small")
    tested = np.isin(frames.subjects_N, sorted(roles.test))
    right = found_NC[tested].argmax(1) == frames.labels_N[tested]
    assert right.mean() > 0.7
    assert set(heads.card.subjects) == roles.train | roles.validation


def test_saliency_finds_the_spot(spots: Store, heads: Heads) -> None:
    test = spots.split("three").roles(0).test
    positions = spots.frames().of_subjects(test)
    views_NHW = FrameReader(spots, SIZE).read(positions)
    maps_Nhw = heads.saliency(views_NHW)
    np.testing.assert_allclose(maps_Nhw.sum((1, 2)), 1, atol=1e-5)
    cells_Nhw = views_NHW.float().unfold(1, 8, 8).unfold(2, 8, 8).mean((3, 4)).numpy()
    flat = [cells.reshape(len(cells), -1) for cells in (maps_Nhw, cells_Nhw)]
    brightest = flat[0][np.arange(len(positions)), flat[1].argmax(1)]
    assert brightest.mean() > 2 / flat[0].shape[1]


def test_what_is_saved_is_loaded(spots: Store, heads: Heads, tmp_path: Path) -> None:
    folder = tmp_path / "heads"
    heads.save(folder)
    again = Heads.load(folder, small_checkpoint())
    views_NHW = FrameReader(spots, SIZE).read(np.arange(20))
    np.testing.assert_array_equal(
        again.probabilities(views_NHW), heads.probabilities(views_NHW)
    )
    np.testing.assert_array_equal(again.saliency(views_NHW), heads.saliency(views_NHW))
    assert again.card == heads.card
    assert {path.name for path in tmp_path.iterdir()} == {"heads"}
    with pytest.raises(ConfigError, match="new folder"):
        heads.save(folder)


def test_heads_of_another_encoder_are_refused(heads: Heads, tmp_path: Path) -> None:
    folder = tmp_path / "heads"
    heads.save(folder)
    with pytest.raises(CheckpointError, match="another encoder"):
        Heads.load(folder, small_checkpoint(seed=8))
    other = small_checkpoint()
    resized = replace(other, card=replace(other.card, size=(64, 80)))
    with pytest.raises(CheckpointError, match="another encoder"):
        Heads.load(folder, resized)


@pytest.mark.parametrize("damage", ["card", "format", "weights", "entry"])
def test_damaged_heads_are_refused(heads: Heads, tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "heads"
    heads.save(folder)
    card, weights = folder / "heads.json", folder / "heads.safetensors"
    if damage == "card":
        card.unlink()
    elif damage == "format":
        card.write_text(json.dumps(json.loads(card.read_text()) | {"format": 99}))
    elif damage == "weights":
        weights.write_bytes(weights.read_bytes()[:100])
    else:
        tensors = load_file(weights)
        tensors.pop("decoder.1.layers.0.weight")
        save_file(tensors, weights)
    with pytest.raises(CheckpointError, match="heads"):
        Heads.load(folder, small_checkpoint())


def test_what_the_store_lacks_is_left_out(tmp_path: Path) -> None:
    bare = spot_store(tmp_path / "bare", labels=False, gaze=False)
    found = Heads.fit(bare, small_checkpoint(), quick())
    assert found.classes == ()
    assert not found.has_saliency
    assert found.card.left_out == (
        "planes: the store has no labels",
        "saliency: the store has no gaze",
    )
    views_BHW = np.zeros((2, *SIZE), np.uint8)
    with pytest.raises(ConfigError, match="no labels"):
        found.probabilities(views_BHW)
    with pytest.raises(ConfigError, match="no gaze"):
        found.saliency(views_BHW)
    found.save(tmp_path / "heads")
    assert Heads.load(tmp_path / "heads", small_checkpoint()).card == found.card


def test_saliency_is_learnt_only_where_it_is_asked_for(spots: Store) -> None:
    found = Heads.fit(spots, small_checkpoint(), quick(), saliency=False)
    assert found.classes
    assert not found.has_saliency
    assert found.card.left_out == ("saliency: it was not asked for",)


def test_a_fold_is_taken_from_the_encoder(spots: Store) -> None:
    own = small_checkpoint(store=spots.id, split="three", fold=2)
    resolved = HeadOptions().resolved(spots, own)
    assert (resolved.task, resolved.split, resolved.fold) == ("spot", "three", 2)
    assert HeadOptions().resolved(spots, small_checkpoint()).fold == 0
    with pytest.raises(StoreError, match="no labels of task 'organ'"):
        Heads.fit(spots, own, quick(task="organ"))


def test_options_that_are_not_named_agree() -> None:
    learnt = HeadOptions(task="spot", split="three", fold=1, seed=4)
    assert HeadOptions().agrees(learnt)
    assert HeadOptions(fold=1, seed=4).agrees(learnt)
    assert not HeadOptions(fold=0).agrees(learnt)
    assert not HeadOptions(seed=5).agrees(learnt)
