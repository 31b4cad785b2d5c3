"""A run goes on from an encoder that was trained before, and says whom it saw."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from insonify.cli.main import run as command
from insonify.core.errors import CheckpointError, ConfigError, LeakError
from insonify.model.checkpoint import (
    WEIGHTS,
    Card,
    load_checkpoint,
    read_tensors,
    save_checkpoint,
)
from insonify.model.encoder import Encoder
from insonify.recipes import RECIPES, with_size
from insonify.store import Store
from insonify.train.initial import load_initial
from insonify.train.options import PretrainOptions
from insonify.train.pretrain import pretrain
from tests.train.killing import KilledError, die_at, watch

ENCODER = "resnet10_half"


def tiny(**changes: object) -> PretrainOptions:
    options = with_size(RECIPES["insonify"](), (32, 40))
    small = replace(options, batch=4, steps=6, checkpoint_every=3, probe_every=6)
    return replace(small, **changes)  # type: ignore[arg-type]


def adopted(path: Path, *subjects: str) -> Path:
    """Weights of others, with a normalisation of their own."""
    encoder = Encoder(ENCODER, mean=0.5, std=0.3, seed=7)
    state = {f"encoder.{name}": value for name, value in encoder.state_dict().items()}
    seen = {"recipe": "imagenet", "subjects": list(subjects)}
    save_checkpoint(
        path, state, Card(architecture=ENCODER, size=(8, 8), provenance=seen)
    )
    return path


def test_training_that_learns_next_to_nothing_ends_where_it_began(
    store: Store, tmp_path: Path
) -> None:
    there, options = adopted(tmp_path / "there"), tiny()
    slow = replace(options.optimisation, learning_rate=1e-12, weight_decay=0.0)
    options = replace(options, optimisation=slow)
    pretrain(store, tmp_path / "run", options, watch, load_initial(there))
    begun, ended = load_checkpoint(there), load_checkpoint(tmp_path / "run")
    weights = dict(begun.encoder.named_parameters())
    for name, value in ended.encoder.named_parameters():
        torch.testing.assert_close(value, weights[name], atol=1e-9, rtol=1e-6)
    assert ended.encoder.mean == begun.encoder.mean
    assert ended.size == (32, 40)


def test_an_interrupted_run_goes_on_bit_for_bit_from_the_same_weights_only(
    store: Store, tmp_path: Path
) -> None:
    first = load_initial(adopted(tmp_path / "there"))
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    pretrain(store, whole, tiny(), watch, first)
    with pytest.raises(KilledError):
        pretrain(store, cut, tiny(), die_at(4), first)
    for other in (None, load_initial(whole)):
        with pytest.raises(ConfigError, match="--initial"):
            pretrain(store, cut, tiny(), watch, other)
    pretrain(store, cut, tiny(), watch, first)
    one, two = (read_tensors(run / "checkpoint" / WEIGHTS) for run in (whole, cut))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_whom_the_first_weights_saw_is_not_forgotten(
    store: Store, tmp_path: Path
) -> None:
    store.make_split("k", folds=3, task="texture", seed=0)
    roles = store.split("k").roles(0)
    elsewhere = load_initial(adopted(tmp_path / "elsewhere", "someone"))
    pretrain(store, tmp_path / "run", tiny(split="k"), watch, elsewhere)
    known = load_checkpoint(tmp_path / "run").provenance
    assert set(known["subjects"]) == {"someone", *roles.train}
    assert known["initial"]["recipe"] == "imagenet"
    leaking = load_initial(adopted(tmp_path / "leaking", min(roles.test)))
    with pytest.raises(LeakError):
        pretrain(store, tmp_path / "other", tiny(split="k"), watch, leaking)
    assert not (tmp_path / "other").exists()


def test_weights_that_do_not_fit_are_refused(store: Store, tmp_path: Path) -> None:
    first = load_initial(adopted(tmp_path / "there"))
    with pytest.raises(ConfigError, match=f"--encoder {ENCODER}"):
        pretrain(store, tmp_path / "a", tiny(encoder="resnet18_half"), watch, first)
    stacks = with_size(RECIPES["paper_siamese"](), (32, 40))
    stacks = replace(stacks, encoder=ENCODER)
    with pytest.raises(ConfigError, match="single frames"):
        pretrain(store, tmp_path / "b", stacks, watch, first)
    with pytest.raises(CheckpointError, match="checkpoint"):
        load_initial(tmp_path)


def test_the_command_goes_on_from_a_checkpoint(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there, out = adopted(tmp_path / "there"), tmp_path / "run"
    line = ["pretrain", str(store.path), str(out), "--size", "32", "40", "--steps", "1"]
    line += ["--batch", "4", "--initial", str(there)]
    assert command([*line, "--encoder", "resnet18_half"]) == 2
    assert "--encoder resnet10_half" in " ".join(capsys.readouterr().err.split())
    assert command(line) == 0
    assert load_checkpoint(out).provenance["initial"]["recipe"] == "imagenet"
