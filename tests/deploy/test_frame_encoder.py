"""An encoder as a user has it: any frames in, what the inner one says out."""

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from insonify.core.errors import CheckpointError, ConfigError
from insonify.deploy.embedding.embed import embed
from insonify.deploy.frame_encoder import FrameEncoder, load_encoder
from insonify.deploy.heads import Heads
from insonify.model.checkpoint import load_checkpoint
from insonify.transfer.arms import Arm
from tests.deploy.conftest import SIZE, save_small, small_checkpoint

GREY = np.random.default_rng(0).integers(0, 256, (3, 48, 64), np.uint8)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small") / "checkpoint"
    return save_small(path, small_checkpoint(subjects=["s-1"]))


@pytest.fixture
def encoder(saved: Path) -> FrameEncoder:
    return load_encoder(saved)


def test_features_are_those_of_embed(saved: Path, encoder: FrameEncoder) -> None:
    wanted_BD = embed(load_checkpoint(saved), GREY)
    found_BD = encoder(GREY)
    assert found_BD.shape == (3, encoder.dim)
    assert found_BD.dtype == torch.float32
    np.testing.assert_allclose(found_BD.detach().numpy(), wanted_BD, atol=1e-5)
    assert not encoder.training
    views_BHW = encoder.views(GREY)
    assert torch.equal(encoder(views_BHW), found_BD)
    halves = torch.from_numpy(GREY).float() / 255
    np.testing.assert_allclose(
        encoder(halves).detach().numpy(), wanted_BD, atol=0.05 * np.abs(wanted_BD).max()
    )
    assert encoder(str(saved) and []).shape == (0, encoder.dim)


def test_layers_and_maps_are_those_of_the_backbone(encoder: FrameEncoder) -> None:
    with torch.inference_mode():
        pooled = encoder.layers(GREY)
        maps = encoder.layers(GREY, pooled=False)
        map_BChw = encoder.feature_map(GREY)
    assert list(pooled) == ["stem", "stage 1", "stage 2", "stage 3", "stage 4"]
    for name, each in pooled.items():
        np.testing.assert_allclose(each, maps[name].mean((2, 3)), atol=1e-6)
    assert torch.equal(maps["stage 4"], map_BChw)
    assert map_BChw.shape == (3, encoder.dim, 1, 2)


def test_gradients_reach_frames_and_weights(encoder: FrameEncoder) -> None:
    frames = torch.rand(2, *SIZE, requires_grad=True)
    encoder.train()(frames).square().sum().backward()
    assert frames.grad is not None
    assert frames.grad.abs().sum() > 0
    assert all(weight.grad is not None for weight in encoder.parameters())


def test_it_travels(encoder: FrameEncoder) -> None:
    wanted = encoder(GREY)
    assert torch.equal(copy.deepcopy(encoder)(GREY), wanted)
    assert torch.equal(pickle.loads(pickle.dumps(encoder))(GREY), wanted)


def test_global_randomness_is_left_alone(saved: Path) -> None:
    torch.manual_seed(3)
    before, numbers = torch.get_rng_state(), np.random.get_state(legacy=False)  # noqa: NPY002
    load_encoder(saved)(GREY)
    assert torch.equal(torch.get_rng_state(), before)
    after = np.random.get_state(legacy=False)  # noqa: NPY002
    assert str(after) == str(numbers)


def test_heads_answer_beside_it(heads: Heads, tmp_path: Path) -> None:
    run = save_small(tmp_path / "checkpoint", heads.checkpoint)
    heads.save(tmp_path / "heads")
    encoder = load_encoder(run, heads=str(tmp_path / "heads"))
    views_BHW = encoder.views(GREY)
    maps_Bhw = encoder.saliency(GREY)
    assert maps_Bhw.shape == (3, 4, 5)
    np.testing.assert_array_equal(maps_Bhw, heads.saliency(views_BHW))
    np.testing.assert_array_equal(
        encoder.probabilities(GREY), heads.probabilities(views_BHW)
    )
    assert encoder.classes == heads.classes
    with torch.no_grad():  # It learns on; its heads do not.
        for weight in encoder.parameters():
            weight.mul_(2)
    np.testing.assert_array_equal(encoder.saliency(GREY), maps_Bhw)
    plain = load_encoder(run)
    assert plain.classes == ()
    with pytest.raises(ConfigError, match="heads=FOLDER"):
        plain.saliency(GREY)
    other = save_small(tmp_path / "other", small_checkpoint(seed=9))
    with pytest.raises(CheckpointError, match="another encoder"):
        load_encoder(other, heads=tmp_path / "heads")


def test_what_learnt_on_is_kept_with_whom_it_saw(
    encoder: FrameEncoder, tmp_path: Path
) -> None:
    with torch.no_grad():
        next(encoder.parameters()).mul_(0.5)
    encoder.save(tmp_path / "tuned", recipe="mine", subjects=["s-2"])
    again = load_encoder(tmp_path / "tuned")
    assert torch.equal(again(GREY), encoder(GREY))
    assert again.card.provenance["subjects"] == ["s-1", "s-2"]
    assert again.card.provenance["recipe"] == "mine"
    with pytest.raises(ConfigError, match="new folder"):
        encoder.save(tmp_path / "tuned", recipe="mine", subjects=[])
    encoder.save(tmp_path / "unknown", recipe="mine", subjects=None)
    with pytest.raises(CheckpointError, match="which subjects it saw"):
        Arm(name="a", checkpoints=(load_checkpoint(tmp_path / "unknown"),))
