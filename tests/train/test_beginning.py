"""What a run is refused for before anything is written, and what it begins with."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from insonify.core.errors import ConfigError
from insonify.model.checkpoint import load_checkpoint
from insonify.recipes import RECIPES, with_size
from insonify.store import Store
from insonify.train.initial import load_initial
from insonify.train.options import PretrainOptions
from insonify.train.pretrain import pretrain
from tests.train.killing import watch


def tiny(**changes: Any) -> PretrainOptions:
    options = with_size(RECIPES["insonify"](), (32, 40))
    small = replace(options, batch=4, steps=1, checkpoint_every=1, probe_every=1)
    return replace(small, **changes)


def last_weights(run: Path) -> list[torch.Tensor]:
    """Of the last normalisation of each block, after the run."""
    state = load_checkpoint(run).encoder.state_dict()
    return [value for name, value in state.items() if name.endswith("bn2.weight")]


def test_a_run_begins_with_this_gain(store: Store, tmp_path: Path) -> None:
    optimisation = replace(tiny().optimisation, learning_rate=1e-12, weight_decay=0.0)
    for gain in (0.0, 0.5, 1.0):
        run = tmp_path / str(gain)
        options = tiny(block_gain=gain, optimisation=optimisation)
        pretrain(store, run, options, watch)
        assert len(last_weights(run)) == 4
        for weight in last_weights(run):
            torch.testing.assert_close(weight, torch.full_like(weight, gain))


def test_blocks_that_are_not_there_have_no_gain(store: Store, tmp_path: Path) -> None:
    options = tiny(block_gain=0.0, encoder="tf_efficientnet_lite0")
    with pytest.raises(ConfigError, match="no residual blocks of a ResNet"):
        pretrain(store, tmp_path / "run", options, watch)
    pretrain(store, tmp_path / "first", tiny(), watch)
    first = load_initial(tmp_path / "first")
    with pytest.raises(ConfigError, match="about fresh weights"):
        pretrain(store, tmp_path / "run", tiny(block_gain=0.5), watch, first)
    assert not (tmp_path / "run").exists()
    with pytest.raises(ConfigError, match="block_gain must be 0 to 1"):
        tiny(block_gain=1.5)
