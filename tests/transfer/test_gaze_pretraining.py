"""Encoders learnt from gaze: from training subjects only, and usable as an arm."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from insonify.core.errors import ConfigError, LeakError
from insonify.model.checkpoint import load_checkpoint, read_tensors
from insonify.store import Store
from insonify.train.loop import StepReport
from insonify.transfer.arms import Arm, plan_trials
from insonify.transfer.criteria import point_criterion
from insonify.transfer.crops import centre_crop
from insonify.transfer.finetune import Batch
from insonify.transfer.gaze import gazed_frames
from insonify.transfer.gaze_options import GazeOptions
from insonify.transfer.gaze_pretraining import pretrain_gaze

QUICK = GazeOptions(
    split="three",
    fold=1,
    architecture="resnet10_half",
    size=(32, 40),
    steps=4,
    batch=4,
    frames_per_video=4,
    checkpoint_every=2,
)


def ignore(_: StepReport) -> None:
    pass


@pytest.mark.parametrize("objective", ["saliency", "point"])
def test_the_checkpoint_is_an_arm_of_its_fold(
    gaze_store: Store, tmp_path: Path, objective: Any
) -> None:
    options = replace(QUICK, objective=objective)
    folder = pretrain_gaze(gaze_store, tmp_path / "run", options, ignore)
    found = load_checkpoint(folder)
    roles = gaze_store.split("three").roles(1)
    assert found.provenance == {
        "recipe": f"gaze_{objective}",
        "seed": 0,
        "steps": 4,
        "store": gaze_store.id,
        "split": "three",
        "fold": 1,
        "subjects": sorted(roles.train),
    }
    assert found.size == (32, 40)
    assert found.encoder(torch.zeros(1, 32, 40)).shape == (1, found.encoder.dim)
    arm = Arm(name="gaze", checkpoints=(found,))
    trials = plan_trials([arm], gaze_store.id, gaze_store.split("three"), (0,))
    assert {trial.fold for trial in trials} == {1}
    found.provenance["split"] = "other"
    with pytest.raises(LeakError):
        plan_trials([arm], gaze_store.id, gaze_store.split("three"), (0,))


def test_only_frames_of_training_subjects_are_read(
    gaze_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: set[str] = set()
    original = Store.read_frames

    def spy(self: Store, positions: Any) -> Any:
        index = self.frames()
        read.update(index.subjects[video] for video in index.video_N[positions])
        return original(self, positions)

    monkeypatch.setattr(Store, "read_frames", spy)
    pretrain_gaze(gaze_store, tmp_path / "run", QUICK, ignore)
    assert read == gaze_store.split("three").roles(1).train


def test_an_interrupted_run_goes_on_bit_for_bit(
    gaze_store: Store, tmp_path: Path
) -> None:
    whole = pretrain_gaze(gaze_store, tmp_path / "whole", QUICK, ignore)

    def stop(seen: StepReport) -> None:
        if seen.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pretrain_gaze(gaze_store, tmp_path / "run", QUICK, stop)
    steps: list[int] = []
    again = pretrain_gaze(
        gaze_store, tmp_path / "run", QUICK, lambda seen: steps.append(seen.step)
    )
    assert steps == [3, 4]
    one, other = (read_tensors(f / "weights.safetensors") for f in (whole, again))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    changed = replace(QUICK, objective="point")
    with pytest.raises(ConfigError, match="another objective"):
        pretrain_gaze(gaze_store, tmp_path / "run", changed, ignore)


@pytest.mark.parametrize(("objective", "share"), [("saliency", 0.6), ("point", 0.5)])
def test_the_loss_falls(
    gaze_store: Store, tmp_path: Path, objective: Any, share: float
) -> None:
    losses: list[float] = []
    options = replace(
        QUICK,
        objective=objective,
        steps=80,
        batch=10,
        drops=(0.9,),
        frames_per_video=0,
        checkpoint_every=99,
    )
    pretrain_gaze(
        gaze_store, tmp_path / "run", options, lambda seen: losses.append(seen.loss)
    )
    assert np.mean(losses[-4:]) < share * np.mean(losses[:4])


def test_the_point_to_regress_is_the_mean_of_those_on_the_view(
    gaze_store: Store,
) -> None:
    gaze = gazed_frames(
        gaze_store, window_s=0.2, per_video=0, size=(32, 40), margin=1.125
    )
    points_P2 = np.array([(3.0, 2.0), (23.0, 18.0), (-9.0, 2.0)])
    gaze = replace(gaze, points=(points_P2, *gaze.points[1:]))
    batch = Batch(
        places_B=np.array([0]),
        crop=centre_crop(1, (36, 46), (32, 40)),
        views_BHW=torch.zeros(1, 32, 40),
        light_B13=torch.zeros(1, 1, 3),
    )
    loss = point_criterion(gaze)
    assert loss(torch.tensor([[0.25, 0.25]]), batch).item() == 0
    # Beyond the quadratic part: |error| - beta / 2, averaged over right and down.
    assert loss(torch.tensor([[0.75, 0.25]]), batch).item() == pytest.approx(0.45 / 2)


def test_a_fold_without_gaze_is_refused(
    gaze_store: Store, tmp_path: Path, new_video: Callable[..., Any]
) -> None:
    blind = new_video(99, subject="s-99")
    gaze_store.commit([gaze_store.write_video(blind, "f-99")])
    others = dict.fromkeys(sorted({f"s-{n}" for n in range(6)}), "test")
    gaze_store.assign("blind", others | {"s-99": "train"})
    options = replace(QUICK, split="blind", fold=0)
    with pytest.raises(ConfigError, match="no training subject has gaze"):
        pretrain_gaze(gaze_store, tmp_path / "run", options, ignore)


@pytest.mark.parametrize(
    "options",
    [
        {"size": (8, 40)},
        {"frames_per_video": -1},
        {"checkpoint_every": 0},
        {"steps": 0},
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="at least"):
        replace(QUICK, **options)
