"""From store and checkpoints to predictions: who is tested, on what, by what."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from insonify.clips.loader import FrameReader
from insonify.core.errors import CheckpointError, ConfigError, LeakError, StoreError
from insonify.core.predictions import Predictions
from insonify.model.checkpoint import Card, Checkpoint, random_twin
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.table import build_table
from insonify.store import Store
from insonify.transfer.arms import RANDOM, Arm, plan_trials
from insonify.transfer.course import FineTune
from insonify.transfer.frames import choose_frames
from insonify.transfer.linear import LinearProbe
from insonify.transfer.planes import PlanesOptions, run_planes
from insonify.transfer.progress import Step
from tests.transfer.untrained import untrained

SIZE = (32, 40)
OPTIONS = PlanesOptions(
    task="texture",
    split="three",
    seeds=(0, 1),
    frames_per_video=6,
    linear=LinearProbe(grid=(1e-3, 1e-2)),
)


@pytest.fixture
def store(store: Store) -> Store:
    """Six subjects in three folds: no subject is without a label."""
    store.make_split("three", folds=3, task="texture", seed=0)
    return store


def checkpoint(seed: int = 7, **provenance: Any) -> Checkpoint:
    known = {
        "recipe": "siamese",
        "seed": seed,
        "store": "elsewhere",
        "split": None,
        "fold": None,
        "subjects": [],
    }
    return Checkpoint(
        encoder=untrained("resnet10t", seed),
        card=Card(architecture="resnet10t", size=SIZE, provenance=known | provenance),
    )


def of_fold(store: Store, fold: int, seed: int = 7) -> Checkpoint:
    """A checkpoint pretrained on the store as `insonify pretrain` would."""
    subjects = sorted(store.split("three").roles(fold).train)
    return checkpoint(seed, store=store.id, split="three", fold=fold, subjects=subjects)


def run(store: Store, *checkpoints: Checkpoint, **options: Any) -> Predictions:
    arms = [Arm(name="siamese", checkpoints=checkpoints)]
    return run_planes(store, arms, replace(OPTIONS, **options), lambda _: None)


def column(predictions: Predictions, name: str, arm: str) -> list[Any]:
    rows = predictions.rows.to_pylist()
    return [row[name] for row in rows if row["arm"] == arm]


def test_every_subject_is_tested_once_a_seed_and_never_trained_on(store: Store) -> None:
    found = run(store, checkpoint(), protocols=("knn",))
    split = store.split("three")
    for row in found.rows.to_pylist():
        assert row["subject"] in split.roles(row["fold"]).test
    for arm in ("siamese", RANDOM):
        frames = list(
            zip(
                column(found, "seed", arm),
                column(found, "video", arm),
                column(found, "time_s", arm),
                strict=True,
            )
        )
        assert len(frames) == len(set(frames)) == 2 * 12 * 6
    assert set(found.arms) == {"siamese", RANDOM}
    assert found.arms["siamese"]["baseline"] == RANDOM


def test_predictions_follow_from_features_and_protocol_alone(store: Store) -> None:
    """The slow way: encode one frame at a time, fit, predict, for one fold."""
    known = of_fold(store, 1)
    found = run(store, known, protocols=("knn",), seeds=(0,))
    frames = choose_frames(store, "texture", 6)
    reader = FrameReader(store, SIZE)
    with torch.inference_mode():
        features_ND = np.stack(
            [
                known.encoder(reader.read(frames.positions_N[[place]]))[0].numpy()
                for place in range(len(frames.positions_N))
            ]
        )
    test = store.split("three").roles(1).test
    train = store.split("three").roles(1).train
    train_N = np.isin(frames.subjects_N, sorted(train))
    mean_D, std_D = features_ND[train_N].mean(0), features_ND[train_N].std(0)
    std_D[std_D < 1e-6 * std_D.max()] = np.inf  # dead units of an untrained network
    unit_ND = (features_ND - mean_D) / std_D
    unit_ND /= np.linalg.norm(unit_ND, axis=1, keepdims=True)
    rows = [row for row in found.rows.to_pylist() if row["arm"] == "siamese"]
    assert {row["subject"] for row in rows} == test
    for row in rows:
        (place,) = np.flatnonzero(
            (frames.videos_N == row["video"]) & (frames.times_s_N == row["time_s"])
        )
        near_N = unit_ND[train_N] @ unit_ND[place]
        nearest = np.argsort(-near_N)[:20]
        weights = np.exp(near_N[nearest] / 0.07)
        share = np.array(
            [weights[frames.labels_N[train_N][nearest] == c].sum() for c in (0, 1)]
        )
        np.testing.assert_allclose(row["probabilities"], share / share.sum(), atol=1e-3)


def test_a_checkpoint_of_a_fold_is_tested_on_that_fold_only(store: Store) -> None:
    found = run(store, of_fold(store, 1), protocols=("knn",))
    for arm in ("siamese", RANDOM):
        assert set(column(found, "fold", arm)) == {1}


def test_checkpoints_of_all_folds_make_one_arm(store: Store) -> None:
    folds = [of_fold(store, fold, seed=fold) for fold in range(3)]
    arm = Arm(name="siamese", checkpoints=tuple(folds))
    trials = plan_trials([arm], store.id, store.split("three"), (0, 1))
    for trial in trials:
        if trial.arm == "siamese":
            assert trial.checkpoint is folds[trial.fold]
    assert len(trials) == 2 * 3 * 2


def test_as_many_checkpoints_as_seeds_are_dealt_by_pretraining_seed(
    store: Store,
) -> None:
    arm = Arm(name="a", checkpoints=(checkpoint(5), checkpoint(4)))
    trials = plan_trials([arm], store.id, store.split("three"), (0, 1))
    seeds = {
        (trial.seed, trial.checkpoint.provenance["seed"])
        for trial in trials
        if not trial.untrained
    }
    assert seeds == {(0, 4), (1, 5)}
    with pytest.raises(ConfigError, match="2 checkpoints for fold 0 and 3 seeds"):
        plan_trials([arm], store.id, store.split("three"), (0, 1, 2))


@pytest.mark.parametrize("role", ["test", "validation"])
def test_a_subject_that_was_seen_fails_the_run(store: Store, role: str) -> None:
    roles = store.split("three").roles(0)
    (seen, *_) = getattr(roles, role)
    leaky = of_fold(store, 0)
    leaky.provenance["subjects"] = [*roles.train, seen]
    with pytest.raises(LeakError, match="1 subject"):
        run(store, leaky)


def test_pretraining_on_everyone_fails_the_run(store: Store) -> None:
    everyone = sorted(set(store.frames().subjects))
    with pytest.raises(LeakError):
        run(store, checkpoint(store=store.id, subjects=everyone))


def test_a_checkpoint_that_hides_its_subjects_is_refused() -> None:
    silent = checkpoint()
    del silent.provenance["subjects"]
    with pytest.raises(CheckpointError, match="which subjects"):
        Arm(name="a", checkpoints=(silent,))


def test_the_untrained_arm_has_fresh_weights_for_each_seed(store: Store) -> None:
    known = checkpoint(seed=7)
    arm = Arm(name="a", checkpoints=(known,))
    trials = plan_trials([arm], store.id, store.split("three"), (0, 7))
    twins = {trial.seed: trial.encoder() for trial in trials if trial.untrained}
    for seed, twin in twins.items():
        expected = random_twin(known, seed).state_dict()
        for name, tensor in twin.state_dict().items():
            torch.testing.assert_close(tensor, expected[name], rtol=0, atol=0)
    keys = {trial.key for trial in trials if trial.untrained}
    assert len(keys) == 2  # encoded once a seed, not once a fold


def test_each_size_has_an_untrained_arm_of_its_own(store: Store) -> None:
    small = checkpoint()
    large = replace(small, card=replace(small.card, size=(48, 48)))
    arms = [
        Arm(name="a", checkpoints=(small,)),
        Arm(name="b", checkpoints=(large,)),
    ]
    found = run_planes(
        store, arms, replace(OPTIONS, protocols=("knn",), seeds=(0,)), lambda _: None
    )
    assert found.arms["a"]["baseline"] == "random resnet10t 32x40"
    assert found.arms["b"]["baseline"] == "random resnet10t 48x48"
    with pytest.raises(ConfigError, match="give them different names"):
        run(store, small, large)


@pytest.mark.parametrize("name", ["random", "random resnet18 2x2"])
def test_nobody_else_is_called_random(name: str) -> None:
    with pytest.raises(ConfigError, match="is taken"):
        Arm(name=name, checkpoints=(checkpoint(),))


def test_every_encoder_encodes_every_frame_once(store: Store) -> None:
    seen: list[Step] = []
    arm = Arm(name="a", checkpoints=(checkpoint(),))
    options = replace(OPTIONS, batch=50, protocols=("knn",))
    run_planes(store, [arm], options, seen.append)
    assert {step.total for step in seen} == {3 * 72}  # one trained, two untrained
    done = [step.done for step in seen]
    assert done == sorted(done)
    assert done[-1] == 3 * 72


def test_frames_are_spread_over_each_video(store: Store) -> None:
    frames = choose_frames(store, "texture", 5)
    for video in np.unique(frames.videos_N):
        times_s = frames.times_s_N[frames.videos_N == video]
        assert len(times_s) == 5
        assert times_s[0] == 0
        assert times_s[-1] == pytest.approx(39 / 20)
        assert np.ptp(np.diff(times_s)) <= 1 / 20 + 1e-9
    assert len(choose_frames(store, "texture", 0).labels_N) == 12 * 40
    assert frames.classes == ("coarse", "fine")


def test_fractions_and_protocols_all_have_rows(store: Store) -> None:
    found = run(store, of_fold(store, 0), fractions=(0.5, 1.0))
    kinds = {
        (row["arm"], row["protocol"], row["fraction"], row["seed"])
        for row in found.rows.to_pylist()
    }
    assert len(kinds) == 2 * 2 * 2 * 2


def test_no_path_and_no_list_of_subjects_is_recorded(store: Store) -> None:
    found = run(store, of_fold(store, 0), protocols=("knn",), seeds=(0,))
    (card,) = found.arms["siamese"]["checkpoints"]
    assert card["subjects"] == 2
    assert str(store.path) not in str((found.arms, found.facts))


def test_textures_are_told_apart_from_store_to_table(store: Store) -> None:
    found = run(store, checkpoint())
    table = build_table(found, ReportOptions(resamples=1000))
    by_arm = {(row.arm, row.protocol): row for row in table.rows}
    linear = by_arm["siamese", "linear"].figures
    assert linear["balanced_accuracy"].low > 0.8
    assert linear["auroc"].value > 0.9
    assert by_arm["siamese", "linear"].subjects == 6
    assert "macro_f1" in by_arm["siamese", "knn"].gains
    assert by_arm["even guess", "chance"].figures["auroc"].value == 0.5


def test_every_frozen_protocol_tells_textures_apart(store: Store) -> None:
    protocols = ("knn", "linear", "prototype")
    found = run(store, of_fold(store, 0), protocols=protocols, seeds=(0,), shots=(1, 2))
    names = {f"{p}{s}" for p in protocols for s in ("", ", 1 shot", ", 2 shots")}
    right: dict[str, list[bool]] = {}
    for row in found.rows.to_pylist():
        said = found.classes[int(np.argmax(row["probabilities"]))]
        right.setdefault(row["protocol"], []).append(said == row["truth"])
        assert row["fraction"] == 1
    assert set(right) == names
    for name, each in right.items():
        assert np.mean(each) > (0.7 if "1 shot" in name else 0.8), name
    told = {each["protocol"]: each for each in found.facts["labels"]}
    assert set(told) == names
    assert told["linear"]["frames"] == 2 * 2 * 6
    assert told["linear, 1 shot"]["frames"] == 2
    assert told["knn, 2 shots"]["frames"] == 4


def test_more_shots_than_subjects_are_refused(store: Store) -> None:
    with pytest.raises(ConfigError, match="ask for 2 at most"):
        run(store, of_fold(store, 0), shots=(3,))


def test_a_fold_without_labelled_subjects_is_refused(store: Store) -> None:
    subjects = sorted(set(store.frames().subjects))
    store.assign("lopsided", dict.fromkeys(subjects, "train"))
    with pytest.raises(ConfigError, match="no test subject has labels"):
        run(store, checkpoint(), split="lopsided")


def test_unknown_tasks_and_splits_are_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="no labels of task"):
        run(store, checkpoint(), task="plane")
    with pytest.raises(StoreError, match="no split"):
        run(store, checkpoint(), split="ten")


@pytest.mark.parametrize(
    "options",
    [
        {"protocols": ()},
        {"seeds": (1, 1)},
        {"fractions": (0.0,)},
        {"fractions": (1.5,)},
        {"frames_per_video": -1},
        {"batch": 0},
        {"shots": ()},
        {"shots": (0,)},
        {"shots": (1, 1)},
        {"shots": (1,), "protocols": ("layers",)},
        {"shot_frames": 2},
        {"shots": (1,), "shot_frames": 0},
        {"finetune": FineTune(rates=(0.1,))},
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        replace(OPTIONS, **options)
