import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import torch
from safetensors.torch import load_file

from insonify.core.errors import ConfigError, DivergedError, StoreError
from insonify.core.video import Video
from insonify.model.checkpoint import WEIGHTS, load_checkpoint
from insonify.model.encoder import Encoder
from insonify.pretext import AffineTransform, Disentangled, FrameOrder
from insonify.recipes import RECIPES, paper_siamese, siamese, with_size
from insonify.store import Store
from insonify.train.building import new_model
from insonify.train.joint_loss import JointLoss
from insonify.train.options import PretrainOptions
from insonify.train.pretrain import pretrain
from insonify.train.run_folder import RunFolder
from insonify.train.saving import STACKED
from insonify.train.watch import Progress
from tests.train.killing import KilledError, die_at, watch


def tiny(**changes: object) -> PretrainOptions:
    options = with_size(siamese(), (32, 40))
    small = replace(options, batch=4, steps=8, checkpoint_every=3, probe_every=4)
    return replace(small, **changes)  # type: ignore[arg-type]


def test_a_run_folder_describes_itself(store: Store, tmp_path: Path) -> None:
    store.make_split("k", folds=3, task="texture", seed=0)
    run = tmp_path / "run"
    options = tiny(split="k", probe_task="texture")
    pretrain(store, run, options, watch)
    config = json.loads((run / "config.json").read_text())
    assert config["options"]["recipe"] == "siamese"
    assert config["options"]["transform"]["rotation"] == 30.0
    assert config["store"] == store.id
    known = json.loads((run / "environment.json").read_text())
    assert "torch" in known["packages"]
    assert known["precision"] in ("bf16-mixed", "32-true")
    rows = RunFolder(run).metrics()
    assert [row["step"] for row in rows] == list(range(1, 9))
    assert {"held_out.rank", "held_out.knn", "held_out.order.accuracy"} <= set(rows[3])
    assert {"order.accuracy", "transform.r2", "data_wait"} <= set(rows[0])
    assert list((run / "tensorboard").glob("events*"))
    checkpoint = load_checkpoint(run)
    roles = store.split("k").roles(0)
    assert checkpoint.provenance["subjects"] == sorted(roles.train)
    assert checkpoint.size == (32, 40)


def test_a_split_that_is_missing_leaves_nothing_behind(
    store: Store, tmp_path: Path
) -> None:
    """Else the folder would keep the store as it was, without the split."""
    run = tmp_path / "run"
    with pytest.raises(StoreError, match="no split 'later'"):
        pretrain(store, run, tiny(split="later"), watch)
    assert not run.exists()
    store.make_split("later", folds=3, task="texture", seed=0)
    assert pretrain(store, run, tiny(split="later"), watch).exists()


@pytest.mark.parametrize("dies_at", [2, 4, 7])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_resumed_training_is_uninterrupted_training_bit_for_bit(
    store: Store, tmp_path: Path, dies_at: int, optimizer: Literal["adamw", "sgd"]
) -> None:
    options = tiny()
    how = replace(options.optimisation, optimizer=optimizer)
    options = replace(options, optimisation=how)

    whole, cut = tmp_path / "whole", tmp_path / "cut"
    pretrain(store, whole, options, watch)
    with pytest.raises(KilledError):
        pretrain(store, cut, options, die_at(dies_at))
    assert not (cut / "checkpoint").exists()
    pretrain(Store.open(store.path), cut, options, watch)
    assert same_weights(whole, cut)
    losses = [[row["loss"] for row in RunFolder(run).metrics()] for run in (whole, cut)]
    assert losses[0] == losses[1]


def stacked(**changes: object) -> PretrainOptions:
    """The paper's Siamese form, small: frames as channels, partly shared stages."""
    options = with_size(paper_siamese(), (32, 40))
    changed = tiny(
        order=options.order,
        transform=options.transform,
        shared_stages=options.shared_stages,
        optimisation=replace(options.optimisation, learning_rate=0.01),
    )
    return replace(changed, **changes)  # type: ignore[arg-type]


def test_stacks_and_branches_resume_bit_for_bit_and_end_as_an_encoder_of_frames(
    store: Store, tmp_path: Path
) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    pretrain(store, whole, stacked(shared_stages=2, kept="transform"), watch)
    with pytest.raises(KilledError):
        pretrain(store, cut, stacked(shared_stages=2, kept="transform"), die_at(4))
    pretrain(store, cut, stacked(shared_stages=2, kept="transform"), watch)
    assert same_weights(whole, cut)
    (latest,) = (whole / "checkpoints").glob("step-00000006")
    stem = "encoder.backbone.conv1.weight"
    in_stacks = load_file(latest / WEIGHTS)
    assert in_stacks[stem].shape[1] == 4
    assert any(name.startswith("branches.order.") for name in in_stacks)
    checkpoint = load_checkpoint(whole)
    assert checkpoint.provenance["channels"] == 4
    assert checkpoint.encoder(torch.rand(2, 32, 40)).shape == (2, 256)


def test_the_finished_encoder_is_the_stacked_one_collapsed(
    store: Store, tmp_path: Path
) -> None:
    """One run ends where another, at the same rate until then, can be resumed."""
    ends, goes_on = tmp_path / "ends", tmp_path / "goes_on"
    pretrain(store, ends, stacked(steps=3), watch)
    with pytest.raises(KilledError):
        pretrain(store, goes_on, stacked(steps=4, checkpoint_every=3), die_at(4))
    end = load_file(ends / "checkpoint" / WEIGHTS)
    before = load_file(goes_on / "checkpoints" / "step-00000003" / WEIGHTS)
    stem = "encoder.backbone.conv1.weight"
    before[f"{STACKED}backbone.conv1.weight"] = before[stem]
    before[stem] = before[stem].sum(1, keepdim=True)
    assert before.keys() == end.keys()
    assert all(torch.equal(before[name], end[name]) for name in before)


def test_a_run_that_was_killed_while_it_began_begins_again(
    store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "environment.json").write_text("{}")
    (folder / ".config.json.x").write_text("{")
    RunFolder(folder).begin(tiny(), store)
    (folder / "mine.txt").touch()
    (folder / "config.json").unlink()
    with pytest.raises(ConfigError, match="not empty and not a run"):
        RunFolder(folder).begin(tiny(), store)


def test_a_loss_that_is_not_finite_ends_with_advice(
    store: Store, tmp_path: Path
) -> None:
    wild = replace(tiny().optimisation, optimizer="sgd", learning_rate=1e30, warmup=0.0)
    with pytest.raises(
        DivergedError, match=r"diverged \(loss (nan|inf).*learning-rate"
    ):
        pretrain(store, tmp_path / "run", tiny(optimisation=wild), watch)


def test_kill_9_then_the_same_command_gives_the_same_weights(
    store: Store, tmp_path: Path
) -> None:
    def command(run: Path) -> list[str]:
        words = "--recipe demo --size 32 40 --batch 4 --steps 12 --checkpoint-every 2"
        program = [sys.executable, "-m", "insonify", "pretrain"]
        return [*program, str(store.path), str(run), *words.split()]

    whole, cut = tmp_path / "whole", tmp_path / "cut"
    environment = os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    subprocess.run(command(whole), check=True, env=environment, capture_output=True)
    process = subprocess.Popen(command(cut), env=environment, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(cut.glob("checkpoints/step-*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    subprocess.run(command(cut), check=True, env=environment, capture_output=True)
    assert same_weights(whole, cut)


def test_a_finished_run_is_not_run_again(store: Store, tmp_path: Path) -> None:
    run = tmp_path / "run"
    pretrain(store, run, tiny(steps=1), watch)

    def never(progress: Progress) -> None:
        raise AssertionError(progress)

    assert pretrain(store, run, tiny(steps=1), never) == run / "checkpoint"


def test_other_options_do_not_go_into_the_same_folder(
    store: Store, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    pretrain(store, run, tiny(steps=1), watch)
    with pytest.raises(ConfigError, match="another seed"):
        pretrain(store, run, tiny(steps=1, seed=1), watch)
    with pytest.raises(ConfigError, match="not a run"):
        pretrain(store, store.path, tiny(steps=1), watch)


def test_what_is_added_to_a_store_does_not_change_a_run_that_resumes(
    store: Store, tmp_path: Path, new_video: Callable[..., Video]
) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    pretrain(store, whole, tiny(), watch)
    with pytest.raises(KilledError):
        pretrain(store, cut, tiny(), die_at(4))
    store.commit([store.write_video(new_video(99, subject="s-9"), "f-99")])
    grown = Store.open(store.path)
    assert len(grown.frames().video_ids) == 13
    pretrain(grown, cut, tiny(), watch)
    assert same_weights(whole, cut)


def test_the_joint_loss_is_the_weighted_sum_and_repeats() -> None:
    options = tiny()
    assert options.order is not None
    heavy = replace(options, order=replace(options.order, weight=3.0))
    model = new_model(Encoder("resnet18"), options).eval()
    clips = torch.randint(0, 256, (4, 4, 60, 72), dtype=torch.uint8)
    loss, scores = JointLoss(options)(model, clips, 5)
    again, _ = JointLoss(options)(model, clips, 5)
    other, _ = JointLoss(options)(model, clips, 6)
    weighted, _ = JointLoss(heavy)(model, clips, 5)
    assert torch.equal(loss, again)
    assert not torch.equal(loss, other)
    parts = scores["order.loss"], scores["transform.loss"]
    assert loss.item() == pytest.approx(sum(parts), rel=1e-5)
    assert weighted.item() == pytest.approx(3 * parts[0] + parts[1], rel=1e-5)


def test_order_alone_and_transform_alone_have_one_head_each() -> None:
    assert list(RECIPES["order_only"]().tasks) == ["order"]
    assert list(RECIPES["transform_only"]().tasks) == ["transform"]
    assert list(RECIPES["siamese"]().tasks) == ["order", "transform"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"order": None, "transform": None}, "every pretext task is off"),
        ({"steps": 0}, "steps must be at least 1, found 0"),
        ({"together": 0}, "together must be at least 1"),
        ({"probe_frames": 1}, "probe_frames must be at least 2"),
        ({"workers": -1}, "workers must be at least 0"),
        ({"clips": replace(tiny().clips, size=(48, 48))}, "give both the same"),
        ({"clips": replace(tiny().clips, frames=5)}, "must be the same"),
        ({"transform": AffineTransform(size=(32, 40), frames=5)}, "as many or fewer"),
        ({"order": FrameOrder(size=(32, 40), input="channels")}, "same input"),
        ({"disentangled": Disentangled()}, "disentangled.size"),
        ({"shared_stages": 6}, "0 to 5, found 6"),
        ({"shared_stages": 3, "order": None}, "kept is order, a task that is off"),
    ],
)
def test_options_that_do_not_fit_together_are_refused(
    change: dict[str, object], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        tiny(**change)


def same_weights(one: Path, other: Path) -> bool:
    found = [load_file(run / "checkpoint" / WEIGHTS) for run in (one, other)]
    return found[0].keys() == found[1].keys() and all(
        torch.equal(found[0][name], found[1][name]) for name in found[0]
    )
