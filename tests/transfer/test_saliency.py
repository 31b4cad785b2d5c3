"""Saliency from store to predicted maps: whose gaze, where, and learnt by whom."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from insonify.core.errors import ConfigError, LeakError, StoreError
from insonify.core.saliency import target_map
from insonify.core.saliency_predictions import STATIC, SaliencyPredictions
from insonify.model.checkpoint import Checkpoint
from insonify.store import Store
from insonify.train.optimisation import Optimisation
from insonify.transfer.arms import RANDOM, SUPERVISED, Arm, Trial
from insonify.transfer.course import FineTune
from insonify.transfer.criteria import divergence
from insonify.transfer.crops import random_crop
from insonify.transfer.frames import SourceFrames
from insonify.transfer.gaze import gazed_frames
from insonify.transfer.plan import Job
from insonify.transfer.progress import Step
from insonify.transfer.saliency import SaliencyOptions, run_saliency
from insonify.transfer.saliency_finetune import finetune_saliency
from insonify.transfer.saliency_fit import fit_decoder
from insonify.transfer.saliency_frozen import FrozenSaliency
from insonify.transfer.saliency_options import Decoder
from insonify.transfer.saliency_rows import SaliencyRows

SIZE, SOURCE, SHAPE = (32, 40), (36, 46), (4, 5)
OPTIONS = SaliencyOptions(
    split="three",
    seeds=(0,),
    frames_per_video=4,
    frozen=Decoder(steps=2, batch=2),
    finetune=FineTune(steps=2, batch=2, reference=2.0),
)


@pytest.fixture
def arm(gaze_store: Store, new_checkpoint: Callable[..., Checkpoint]) -> Arm:
    """An encoder pretrained on fold 0 of the store."""
    subjects = sorted(gaze_store.split("three").roles(0).train)
    known = {"store": gaze_store.id, "split": "three", "fold": 0, "subjects": subjects}
    return Arm(name="siamese", checkpoints=(new_checkpoint(**known),))


def run(
    store: Store, arm: Arm, parts: Path | None = None, **options: Any
) -> SaliencyPredictions:
    return run_saliency(
        store, [arm], replace(OPTIONS, **options), lambda _: None, parts
    )


def spots(store: Store, **options: Any) -> Any:
    known: dict[str, Any] = {
        "window_s": 0.2,
        "per_video": 0,
        "size": SIZE,
        "margin": 1.125,
    }
    return gazed_frames(store, **(known | options))


def test_each_protocol_has_its_arms_and_only_test_subjects(
    gaze_store: Store, arm: Arm
) -> None:
    seen: list[Step] = []
    found = run_saliency(gaze_store, [arm], OPTIONS, seen.append)
    rows = found.rows.to_pylist()
    assert {(row["arm"], row["protocol"]) for row in rows} == {
        ("siamese", "frozen"),
        ("siamese", "finetune"),
        (RANDOM, "frozen"),
        (RANDOM, "finetune"),
        (SUPERVISED, "finetune"),
        (STATIC, "static"),
    }
    test = gaze_store.split("three").roles(0).test
    assert {row["subject"] for row in rows} == test
    assert len(rows) == 6 * len(test) * 4
    assert found.shape == SHAPE
    assert {name: card["baseline"] for name, card in found.arms.items()} == {
        "siamese": RANDOM,
        RANDOM: None,
        SUPERVISED: RANDOM,
        STATIC: None,
    }
    # Two encoders of 24 frames; 2 + 2 + 4 steps of 2 frames.
    assert {step.total for step in seen} == {2 * 24 + 8 * 2}
    assert seen[-1].done == seen[-1].total


def test_points_are_shares_of_the_central_view(gaze_store: Store, arm: Arm) -> None:
    """The slow way: by hand from the table of gaze to the view."""
    gaze = gaze_store._tables["gaze"].to_table().to_pylist()
    # Rectangle 4, 2 to 68, 58: the largest window of 46 : 36 in it is 64 wide.
    scale = 46 / 64
    left, top = 4, 30 - 36 / scale / 2
    found = run(gaze_store, arm, protocols=("frozen",), frames_per_video=0)
    rows = [row for row in found.rows.to_pylist() if row["arm"] == STATIC]
    expected = {}
    for sample in gaze:
        right = ((sample["right"] - left) * scale - 3) / 40
        down = ((sample["down"] - top) * scale - 2) / 32
        if 0 <= right < 1 and 0 <= down < 1:
            expected[sample["video"], sample["time_s"]] = (right, down)
    tested = {row["video"] for row in rows}
    assert len(rows) == sum(video in tested for video, _ in expected)
    for row in rows:
        place = expected[row["video"], row["time_s"]]
        np.testing.assert_allclose(row["points"], place, atol=1e-5)
        sigma = (6 * scale / 40, 6 * scale / 32)
        np.testing.assert_allclose(row["sigma"], sigma, atol=1e-6)


def test_the_gaze_lies_on_the_bright_spot(gaze_store: Store) -> None:
    """Also in views that were cropped and mirrored."""
    gaze = spots(gaze_store)
    frames_NHW = SourceFrames(gaze_store, gaze.positions_N, 1.125).of(SIZE)
    places_N = np.arange(len(frames_NHW))
    crop = random_crop(
        len(places_N),
        SOURCE,
        SIZE,
        OPTIONS.finetune.flip,
        torch.Generator().manual_seed(0),
    )
    crop = gaze.keep_points(places_N, crop)
    for place, view_HW in enumerate(crop.views(frames_NHW)):
        (point_2,) = crop.points(place, gaze.points[place])
        right, down = point_2 * (40, 32)
        near_HW = view_HW[
            max(0, int(down) - 1) : int(down) + 2,
            max(0, int(right) - 1) : int(right) + 2,
        ]
        assert near_HW.float().mean() > 150


def test_a_crop_that_would_lose_all_points_is_central(gaze_store: Store) -> None:
    gaze = spots(gaze_store)
    places_N = np.arange(len(gaze.points))
    crop = random_crop(
        len(places_N),
        SOURCE,
        SIZE,
        OPTIONS.finetune.flip,
        torch.Generator().manual_seed(0),
    )
    lost = [not len(crop.points(n, gaze.points[n])) for n in range(len(places_N))]
    assert any(lost)
    kept = gaze.keep_points(places_N, crop)
    assert all(len(kept.points(n, gaze.points[n])) for n in range(len(places_N)))
    for place in np.flatnonzero(~np.array(lost)):
        assert kept.top_B[place] == crop.top_B[place]
    maps_Nhw = gaze.targets(places_N, kept, SHAPE)
    np.testing.assert_allclose(maps_Nhw.sum((1, 2)), 1, atol=1e-5)


def test_the_static_map_is_the_mean_target_of_training_subjects(
    gaze_store: Store, arm: Arm
) -> None:
    found = run(gaze_store, arm, protocols=("frozen",))
    gaze = spots(gaze_store, per_video=4)
    train = gaze_store.split("three").roles(0).train
    targets = [
        target_map(gaze.central_points(place), gaze.sigma_N2[place], SHAPE)
        for place, subject in enumerate(gaze.subjects_N)
        if subject in train
    ]
    assert len(targets) == len(train) * 4
    rows = [row for row in found.rows.to_pylist() if row["arm"] == STATIC]
    for row in rows:
        np.testing.assert_allclose(
            np.reshape(row["map"], SHAPE), np.mean(targets, 0), atol=1e-6
        )

    def mean_divergence(map_hw: np.ndarray) -> float:
        return float(np.mean([(q * np.log(q / map_hw)).sum() for q in targets]))

    best, generator = np.mean(targets, 0), np.random.default_rng(0)
    for _ in range(20):
        other = best * np.exp(generator.normal(0, 0.05, SHAPE))
        assert mean_divergence(other / other.sum()) > mean_divergence(best)


def kl_of(maps_Bhw: torch.Tensor, targets_Bhw: torch.Tensor) -> float:
    return divergence(maps_Bhw.log(), targets_Bhw).item()


@pytest.fixture
def lesson(gaze_store: Store) -> tuple[Any, torch.Tensor, np.ndarray, np.ndarray]:
    """All frames; five subjects to learn from, one to test."""
    gaze = spots(gaze_store)
    frames_NHW = SourceFrames(gaze_store, gaze.positions_N, 1.125).of(SIZE)
    tested_N = gaze.subjects_N == "s-0"
    return gaze, frames_NHW, np.flatnonzero(~tested_N), np.flatnonzero(tested_N)


def test_fine_tuning_finds_the_spot(
    lesson: Any, new_checkpoint: Callable[..., Checkpoint]
) -> None:
    gaze, frames_NHW, chosen_M, tested_B = lesson
    trial = Trial(
        arm=RANDOM, fold=0, seed=0, checkpoint=new_checkpoint(), untrained=True
    )
    maps_Bhw = finetune_saliency(
        Job(trial=trial, protocol="finetune", fraction=1.0, split="three"),
        frames_NHW,
        gaze,
        chosen_M,
        tested_B,
        options=FineTune(steps=30, batch=12, drops=(0.9,)),
        output_stride=8,
        bias_hw=None,
        on_step=lambda _: None,
    )
    targets_Nhw = gaze.central_targets(SHAPE)
    static_Bhw = targets_Nhw[chosen_M].mean(0).expand(len(tested_B), -1, -1)
    np.testing.assert_allclose(maps_Bhw.sum((1, 2)), 1, atol=1e-4)
    static = kl_of(static_Bhw, targets_Nhw[tested_B])
    assert kl_of(maps_Bhw, targets_Nhw[tested_B]) < static / 2


def test_a_head_finds_the_spot_on_frozen_maps(lesson: Any) -> None:
    """The frames, averaged over cells, serve as maps of one channel; so do others."""
    gaze, frames_NHW, chosen_M, tested_B = lesson
    views_NHW = frames_NHW[:, 2:34, 3:43].float()
    means_Nhw = torch.nn.functional.avg_pool2d(views_NHW[:, None], 8)
    maps_NDhw = torch.cat([means_Nhw, torch.zeros_like(means_Nhw)], 1).half()
    targets_Nhw = gaze.central_targets(SHAPE)
    maps_Bhw = fit_decoder(
        maps_NDhw,
        targets_Nhw,
        chosen_M,
        tested_B,
        held_V=chosen_M[:0],
        bias_hw=None,
        options=Decoder(steps=120, optimisation=Optimisation(learning_rate=1e-2)),
        seed=0,
        on_step=lambda _: None,
    )
    static_Bhw = targets_Nhw[chosen_M].mean(0).expand(len(tested_B), -1, -1)
    static = kl_of(static_Bhw, targets_Nhw[tested_B])
    assert kl_of(maps_Bhw, targets_Nhw[tested_B]) < static / 2


def test_the_head_that_is_best_on_validation_frames_is_taken() -> None:
    """Frames to learn from say nothing of others, so the longer the worse."""
    generator = torch.Generator().manual_seed(0)
    maps_NDhw = torch.randn(48, 6, *SHAPE, generator=generator)
    noise_Nhw = torch.randn(48, *SHAPE, generator=generator)
    targets_Nhw = (3 * noise_Nhw).flatten(1).softmax(1).view(48, *SHAPE)
    chosen_M, tested_B = np.arange(8), np.arange(28, 48)

    def fitted(held_V: Any) -> Any:
        maps_Bhw = fit_decoder(
            maps_NDhw,
            targets_Nhw,
            chosen_M,
            tested_B,
            held_V=held_V,
            bias_hw=None,
            options=Decoder(steps=160, optimisation=Optimisation(learning_rate=1e-2)),
            seed=0,
            on_step=lambda _: None,
        )
        return kl_of(maps_Bhw, targets_Nhw[tested_B])

    assert fitted(np.arange(8, 28)) < 0.9 * fitted(chosen_M[:0])


def test_with_a_centre_bias_a_head_begins_with_the_static_map(
    gaze_store: Store, arm: Arm
) -> None:
    still = Optimisation(learning_rate=1e-9)
    decoder = Decoder(steps=1, optimisation=still)
    for bias in (True, False):
        found = run(
            gaze_store, arm, centre_bias=bias, frozen=decoder, protocols=("frozen",)
        )
        rows = found.rows.to_pylist()
        maps = {
            (row["arm"], row["video"], row["time_s"]): np.array(row["map"])
            for row in rows
        }
        static = [maps["static", v, t] for a, v, t in maps if a == "random"]
        random = [maps["random", v, t] for a, v, t in maps if a == "random"]
        assert np.allclose(random, static, atol=1e-4) == bias


def test_readouts_of_an_untrained_encoder_find_the_spot(
    gaze_store: Store, arm: Arm
) -> None:
    found = run(gaze_store, arm, protocols=("linear", "layers"), frames_per_video=0)
    divergences: dict[str, list[float]] = {}
    for row in found.rows.to_pylist():
        truth_hw = target_map(np.reshape(row["points"], (-1, 2)), row["sigma"], SHAPE)
        map_hw = np.reshape(row["map"], SHAPE).clip(1e-12)
        kl = float((truth_hw * np.log(truth_hw / map_hw)).sum())
        divergences.setdefault(row["protocol"], []).append(kl)
    means = {name: np.mean(each) for name, each in divergences.items()}
    assert means["linear"] < means["static"]
    assert means["linear, stem"] < means["static"] / 2
    assert means["linear, final"] == pytest.approx(means["linear"], rel=1e-3)
    told = {each["protocol"]: each for each in found.facts["labels"]}
    assert told["linear, stem"]["subjects"] == 2
    assert "classes" not in told["linear"]


def test_few_subjects_choose_on_as_few(gaze_store: Store, arm: Arm) -> None:
    found = run(gaze_store, arm, protocols=("frozen",), fractions=(0.5, 1.0))
    told = {each["fraction"]: each for each in found.facts["labels"]}
    for fraction, count in ((0.5, 1), (1.0, 2)):
        assert told[fraction]["subjects"] == count
        assert told[fraction]["validation_subjects"] == count
        assert told[fraction]["frames"] == 4 * count


def test_no_test_or_validation_subject_is_trained_on(
    gaze_store: Store, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = gaze_store.split("three").roles(0)
    learnt: list[set[str]] = []

    def spied(original: Any) -> Any:
        def spy(*arguments: Any, **options: Any) -> Any:
            chosen_M, tested_B = arguments[-2:]
            subjects_N = spots(gaze_store, per_video=4).subjects_N
            assert set(subjects_N[tested_B]) == roles.test
            learnt.append(set(subjects_N[chosen_M]))
            return original(*arguments, **options)

        return spy

    where = SaliencyRows.__module__
    monkeypatch.setattr(f"{where}.finetune_saliency", spied(finetune_saliency))
    where = FrozenSaliency.__module__
    monkeypatch.setattr(f"{where}.fit_decoder", spied(fit_decoder))
    run(gaze_store, arm, fractions=(0.5, 1.0))
    assert len(learnt) == 5 * 2
    assert all(subjects <= roles.train for subjects in learnt)
    assert {len(subjects) for subjects in learnt} == {1, 2}


def test_an_interrupted_transfer_goes_on_with_identical_rows(
    gaze_store: Store, arm: Arm, tmp_path: Path
) -> None:
    whole = run(gaze_store, arm)
    seen: list[Step] = []

    def stop(step: Step) -> None:
        seen.append(step)
        if step.doing.startswith("fine-tuning random"):
            raise KeyboardInterrupt

    parts = tmp_path / "parts"
    with pytest.raises(KeyboardInterrupt):
        run_saliency(gaze_store, [arm], OPTIONS, stop, parts)
    assert len(list(parts.glob("*.parquet"))) == 3
    again = run(gaze_store, arm, parts)
    assert again.rows.equals(whole.rows)
    assert len(list(parts.glob("*.parquet"))) == 5


def test_what_cannot_be_compared_or_learnt_is_refused(
    gaze_store: Store, store: Store, arm: Arm, new_checkpoint: Callable[..., Checkpoint]
) -> None:
    other = Arm(name="b", checkpoints=(new_checkpoint(size=(32, 48)),))
    with pytest.raises(ConfigError, match="different sizes"):
        run_saliency(gaze_store, [arm, other], OPTIONS, lambda _: None)
    everyone = sorted(set(gaze_store.frames().subjects))
    leaky = new_checkpoint(store=gaze_store.id, subjects=everyone)
    with pytest.raises(LeakError):
        run(gaze_store, Arm(name="c", checkpoints=(leaky,)))
    gaze_store.assign("lopsided", dict.fromkeys(everyone, "train"))
    known = Arm(name="d", checkpoints=(new_checkpoint(),))
    with pytest.raises(ConfigError, match="no test subject has gaze"):
        run(gaze_store, known, split="lopsided")
    store.make_split("three", folds=3, task=None, seed=0)
    with pytest.raises(StoreError, match="no gaze"):
        run(store, known)


@pytest.mark.parametrize(
    "options",
    [
        {"protocols": ()},
        {"seeds": (1, 1)},
        {"fractions": (0.0,)},
        {"frames_per_video": -1},
        {"batch": 0},
        {"window_s": 0.0},
        {"knn_k": 5},
        {"knn_temperature": 0.1},
        {"knn_k": 0, "protocols": ("knn",)},
        {"linear_grid": (0.1,)},
        {"linear_grid": (), "protocols": ("layers",)},
        {"finetune": FineTune(rates=(0.1,)), "protocols": ("frozen",)},
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        replace(OPTIONS, **options)
    with pytest.raises(ConfigError, match="at least 1"):
        Decoder(steps=0)
