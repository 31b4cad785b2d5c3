import json
from pathlib import Path

import pytest
import torch

from insonify.core.errors import CheckpointError
from insonify.model.checkpoint import (
    CARD,
    WEIGHTS,
    Card,
    load_checkpoint,
    random_twin,
    save_checkpoint,
)
from insonify.model.encoder import Encoder
from insonify.model.joint import JointModel


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    encoder = Encoder("resnet18", mean=0.3, std=0.1, seed=5)
    model = JointModel(encoder, {"h": torch.nn.Linear(2, 2)})
    card = Card(architecture="resnet18", size=(32, 48), provenance={"recipe": "r"})
    save_checkpoint(tmp_path / "checkpoint", model.state_dict(), card)
    return tmp_path


def test_an_encoder_loads_as_it_was_from_run_or_checkpoint(saved: Path) -> None:
    grey = torch.rand(2, 32, 48)
    expected = Encoder("resnet18", mean=0.3, std=0.1, seed=5).eval()(grey)
    for path in (saved, saved / "checkpoint"):
        checkpoint = load_checkpoint(path)
        assert torch.equal(checkpoint.encoder(grey), expected)
        assert checkpoint.size == (32, 48)
        assert checkpoint.provenance == {"recipe": "r"}


def test_a_random_twin_keeps_the_normalisation_only(saved: Path) -> None:
    checkpoint = load_checkpoint(saved)
    twin = random_twin(checkpoint, 9)
    assert twin.mean == checkpoint.encoder.mean
    assert twin.std == checkpoint.encoder.std
    grey = torch.rand(2, 32, 48)
    assert not torch.allclose(twin(grey), checkpoint.encoder(grey))


def test_damage_is_refused_with_advice(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="insonify pretrain"):
        load_checkpoint(tmp_path / "none")
    weights = saved / "checkpoint" / WEIGHTS
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_checkpoint(saved)
    weights.write_bytes(whole)
    card = saved / "checkpoint" / CARD
    plain = json.loads(card.read_text())
    card.write_text(json.dumps(plain | {"architecture": "resnet34"}))
    with pytest.raises(CheckpointError, match="do not fit resnet34"):
        load_checkpoint(saved)
    card.write_text(json.dumps(plain | {"format": 7}))
    with pytest.raises(CheckpointError, match="format 7"):
        load_checkpoint(saved)
