"""Labels and gaze of test subjects change no prediction of any protocol."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from insonify.model.checkpoint import Checkpoint
from insonify.store import Store
from insonify.transfer.arms import Arm
from insonify.transfer.course import FineTune
from insonify.transfer.frames import LabelledFrames, choose_frames
from insonify.transfer.gaze import GazedFrames, gazed_frames
from insonify.transfer.linear import LinearProbe
from insonify.transfer.planes import PlanesOptions, run_planes
from insonify.transfer.saliency import SaliencyOptions, run_saliency
from insonify.transfer.saliency_options import Decoder

COURSE = FineTune(steps=1, trial_steps=1, batch=2, reference=0, rates=(1e-3, 1e-2))
PLANES = PlanesOptions(
    task="texture",
    split="three",
    protocols=("knn", "linear", "prototype", "layers", "finetune"),
    shots=(1, 2),
    linear=LinearProbe(grid=(1e-3, 1e-1)),
    finetune=COURSE,
    fractions=(0.5,),
    seeds=(0,),
    frames_per_video=2,
)
SALIENCY = SaliencyOptions(
    split="three",
    protocols=("frozen", "linear", "knn", "layers", "finetune"),
    frozen=Decoder(steps=2, batch=2, looks=2),
    linear_grid=(1e-3, 1e-1),
    finetune=COURSE,
    seeds=(0,),
    frames_per_video=2,
)


def arm_of(store: Store, new_checkpoint: Callable[..., Checkpoint]) -> Arm:
    """An encoder pretrained on fold 0 of the store."""
    subjects = sorted(store.split("three").roles(0).train)
    known = {"store": store.id, "split": "three", "fold": 0, "subjects": subjects}
    return Arm(name="siamese", checkpoints=(new_checkpoint(**known),))


def same(first: pa.Table, second: pa.Table, column: str) -> dict[str, bool]:
    """Whether what was predicted is the same, by protocol."""
    return {
        name: all(
            one[column] == two[column]
            for one, two in zip(first.to_pylist(), second.to_pylist(), strict=True)
            if one["protocol"] == name
        )
        for name in set(first["protocol"].to_pylist())
    }


def test_labels_of_test_subjects_are_not_looked_at(
    store: Store,
    new_checkpoint: Callable[..., Checkpoint],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store.make_split("three", folds=3, task="texture", seed=0)
    roles, arm = store.split("three").roles(0), arm_of(store, new_checkpoint)

    def run(flipped: frozenset[str]) -> pa.Table:
        def choose(*arguments: Any) -> LabelledFrames:
            frames = choose_frames(*arguments)
            wrong_N = np.isin(frames.subjects_N, sorted(flipped))
            labels_N = np.where(wrong_N, 1 - frames.labels_N, frames.labels_N)
            return replace(frames, labels_N=labels_N)

        monkeypatch.setattr("insonify.transfer.planes.choose_frames", choose)
        return run_planes(store, [arm], PLANES, lambda _: None).rows

    right = run(frozenset())
    kept = same(right, run(roles.test), "probabilities")
    assert len(kept) == 3 + 6 + 1 + 6
    assert all(kept.values())
    wrong = same(right, run(roles.train), "probabilities")
    assert not any(wrong.values())


def test_gaze_of_test_subjects_is_not_looked_at(
    gaze_store: Store,
    new_checkpoint: Callable[..., Checkpoint],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    roles = gaze_store.split("three").roles(0)
    arm = arm_of(gaze_store, new_checkpoint)

    def run(shuffled: frozenset[str]) -> pa.Table:
        def gaze_of(*arguments: Any, **options: Any) -> GazedFrames:
            gaze, points = gazed_frames(*arguments, **options), []
            mine = np.isin(gaze.subjects_N, sorted(shuffled))
            moved = iter([gaze.points[n] for n in np.flatnonzero(mine)[::-1]])
            for number, its in enumerate(gaze.points):
                points.append(next(moved) if mine[number] else its)
            return replace(gaze, points=tuple(points))

        monkeypatch.setattr("insonify.transfer.saliency.gazed_frames", gaze_of)
        return run_saliency(gaze_store, [arm], SALIENCY, lambda _: None).rows

    right = run(frozenset())
    kept = same(right, run(roles.test), "map")
    assert len(kept) == 3 + 6 + 1 + 1
    assert all(kept.values())
    wrong = same(right, run(roles.train), "map")
    assert [name for name, alike in wrong.items() if alike] == ["static"]
