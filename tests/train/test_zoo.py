"""The method zoo in the harness: it resumes, leaves its teachers behind, and learns."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from insonify.core.errors import ConfigError
from insonify.model.checkpoint import OPTIMIZER, WEIGHTS, load_checkpoint
from insonify.recipes import RECIPES, with_size
from insonify.store import Store
from insonify.train.options import PretrainOptions
from insonify.train.pretrain import pretrain
from insonify.train.run_folder import RunFolder
from tests.train.killing import KilledError, die_at, watch

TAUGHT = ("byol", "mocov3", "dino")


def tiny(name: str) -> PretrainOptions:
    options = with_size(RECIPES[name](), (32, 40))
    return replace(options, batch=4, steps=7, checkpoint_every=3, probe_every=4)


@pytest.mark.parametrize("name", [*TAUGHT, "pace"])
def test_a_run_that_is_cut_off_goes_on_bit_for_bit(
    store: Store, tmp_path: Path, name: str
) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    pretrain(store, whole, tiny(name), watch)
    with pytest.raises(KilledError):
        pretrain(store, cut, tiny(name), die_at(5))
    pretrain(store, cut, tiny(name), watch)
    losses = [[row["loss"] for row in RunFolder(run).metrics()] for run in (whole, cut)]
    assert losses[0] == losses[1]
    kept = [load_file(run / "checkpoint" / WEIGHTS) for run in (whole, cut)]
    assert kept[0].keys() == kept[1].keys()
    assert all(torch.equal(kept[0][key], kept[1][key]) for key in kept[0])


@pytest.mark.parametrize("name", TAUGHT)
def test_a_teacher_is_saved_to_resume_but_not_learnt_nor_kept(
    store: Store, tmp_path: Path, name: str
) -> None:
    store.make_split("k", folds=3, task="texture", seed=0)
    run = tmp_path / "run"
    pretrain(store, run, replace(tiny(name), split="k"), watch)
    (latest,) = (run / "checkpoints").glob("step-00000006")
    saved, kept = load_file(latest / WEIGHTS), load_file(run / "checkpoint" / WEIGHTS)
    taught = {key for key in saved if key.startswith("teachers.embedding.")}
    assert {key.split(".")[2] for key in taught} == {"encoder", "projection"}
    assert saved.keys() - kept.keys() == taught
    moved = [key for key in load_file(latest / OPTIMIZER) if key.endswith("exp_avg")]
    buffers = ("mean", "std", "running_mean", "running_var", "num_batches_tracked")
    weights = [key for key in kept if key.split(".")[-1] not in (*buffers, "center")]
    assert len(moved) == len(weights)
    assert load_checkpoint(run).encoder(torch.rand(2, 32, 40)).shape == (2, 256)
    assert "held_out.embedding.retrieval" in RunFolder(run).metrics()[3]


def test_options_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ConfigError, match="batch 2 or more"):
        replace(tiny("simclr"), batch=1)
    with pytest.raises(ConfigError, match=r"puzzle.frames and clips.frames"):
        replace(tiny("pace"), clips=tiny("simclr").clips)
    order = with_size(RECIPES["order_only"](), (32, 40)).order
    together = replace(tiny("simclr"), order=order, shared_stages=3)
    assert together.private == ("embedding",)
    with pytest.raises(ConfigError, match=r"byol has a teacher.*share all"):
        replace(tiny("byol"), order=order, shared_stages=3)
