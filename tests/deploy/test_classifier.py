"""The classifier keeps scikit-learn's contract, and says what transfer would say."""

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib  # type: ignore[import-untyped]
import numpy as np
import pytest
import sklearn
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks as checks

from insonify.core.errors import CheckpointError, ConfigError, DivergedError
from insonify.deploy.classifier import FrameClassifier, FrameFeatures
from insonify.deploy.embedding.embed import embed
from insonify.deploy.frame_encoder import load_encoder
from insonify.deploy.ways import way_of
from insonify.model.checkpoint import load_checkpoint
from insonify.transfer.arms import Arm
from insonify.transfer.course import Course, FineTune
from insonify.transfer.examples import Examples
from insonify.transfer.knn import KNN
from insonify.transfer.linear import LinearProbe
from tests.conftest import drifting_video
from tests.deploy.conftest import save_small, small_checkpoint

QUICK = Course(steps=40, batch=8)
WAYS: list[Any] = ["linear", "knn", QUICK]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small") / "checkpoint"
    return save_small(path, small_checkpoint(subjects=["s-1"]))


class Data:
    """Coarse and fine textures of six subjects."""

    def __init__(self) -> None:
        videos = [
            drifting_video(number, subject=f"s-{number // 2}", frames=8, texture=each)
            for number in range(12)
            for each in [(6.0, 2.0)[number % 2]]
        ]
        self.X = np.concatenate([video.frames_THW for video in videos])
        self.y = np.repeat([("coarse", "fine")[n % 2] for n in range(12)], 8)
        self.groups = np.repeat([video.subject for video in videos], 8)


@pytest.fixture(scope="module")
def data() -> Data:
    return Data()


@pytest.fixture
def untouched() -> Iterator[None]:
    """Fails a test that changes global randomness."""
    before, numbers = torch.get_rng_state(), np.random.get_state(legacy=False)  # noqa: NPY002
    yield
    assert torch.equal(torch.get_rng_state(), before)
    after = np.random.get_state(legacy=False)  # noqa: NPY002
    assert str(after) == str(numbers)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("protocol", WAYS, ids=["linear", "knn", "finetune"])
def test_every_protocol_learns_and_is_kept(
    saved: Path, data: Data, protocol: Any, tmp_path: Path
) -> None:
    train = data.groups < "s-4"
    found = FrameClassifier(saved, protocol)
    assert found.fit(data.X[train], data.y[train], groups=data.groups[train]) is found
    assert found.classes_.tolist() == ["coarse", "fine"]
    test = data.X[~train]
    probabilities = found.predict_proba(test)
    assert probabilities.shape == (len(test), 2)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)
    guess = found.predict(test)
    assert np.array_equal(guess, found.classes_[probabilities.argmax(1)])
    assert found.score(test, data.y[~train]) == (guess == data.y[~train]).mean() > 0.7
    listed = found.predict_proba(list(test))
    np.testing.assert_allclose(listed, probabilities, atol=1e-5)
    assert found.predict_proba(test[:0]).shape == (0, 2)

    found.save(tmp_path / "kept")
    again = FrameClassifier.load(tmp_path / "kept")
    assert again.protocol == way_of(protocol)
    assert np.array_equal(again.classes_, found.classes_)
    np.testing.assert_array_equal(again.predict_proba(test), probabilities)
    joblib.dump(found, tmp_path / "session")
    np.testing.assert_array_equal(
        joblib.load(tmp_path / "session").predict_proba(test), probabilities
    )
    with pytest.raises(ConfigError, match="new folder"):
        found.save(tmp_path / "kept")


def test_the_probe_is_the_one_of_transfer(saved: Path, data: Data) -> None:
    labels_N = np.unique(data.y, return_inverse=True)[1]
    examples = Examples(
        features_ND=embed(load_checkpoint(saved), data.X),
        labels_N=labels_N,
        subjects_N=data.groups,
    )
    nobody = examples.where(np.zeros(len(labels_N), bool))
    wanted = LinearProbe().fit(examples, nobody, 2, 0)
    found = FrameClassifier(saved).fit(data.X, data.y, groups=data.groups)
    np.testing.assert_allclose(
        found.predict_proba(data.X), wanted(examples.features_ND), atol=1e-4
    )
    near = KNN(k=3).fit(examples, nobody, 2, 0)(examples.features_ND)
    mine = FrameClassifier(saved, KNN(k=3)).fit(data.X, data.y).predict_proba(data.X)
    np.testing.assert_allclose(mine, near, atol=1e-4)


def test_groups_choose_the_penalty(
    saved: Path, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    learn = LinearProbe.fit

    def watch(self: LinearProbe, train: Examples, *rest: Any) -> Any:
        seen.append(train.subjects_N)
        return learn(self, train, *rest)

    monkeypatch.setattr(LinearProbe, "fit", watch)
    FrameClassifier(saved).fit(data.X, data.y, groups=data.groups)
    FrameClassifier(saved).fit(data.X, data.y)
    assert np.array_equal(seen[0], data.groups)
    assert len(set(seen[1])) == len(data.y)


def test_fine_tuning_leaves_the_encoder_and_repeats(saved: Path, data: Data) -> None:
    encoder = load_encoder(saved)
    before = encoder(data.X[:2])
    first = FrameClassifier(encoder, QUICK, seed=1).fit(data.X, data.y)
    again = FrameClassifier(encoder, QUICK, seed=1).fit(data.X, data.y)
    other = FrameClassifier(encoder, QUICK, seed=2).fit(data.X, data.y)
    assert torch.equal(encoder(data.X[:2]), before)
    assert not torch.equal(first.learnt_.encoder(data.X[:2]), before)
    answers = [each.predict_proba(data.X) for each in (first, again, other)]
    assert np.array_equal(answers[0], answers[1])
    assert not np.array_equal(answers[0], answers[2])


def test_an_encoder_that_learns_on_changes_no_classifier(
    saved: Path, data: Data
) -> None:
    encoder = load_encoder(saved)
    found = FrameClassifier(encoder).fit(data.X[::4], data.y[::4])
    before = found.predict_proba(data.X[:8])
    with torch.no_grad():
        for weight in encoder.parameters():
            weight.mul_(2)
    assert np.array_equal(found.predict_proba(data.X[:8]), before)


def test_a_tuned_encoder_does_not_pass_for_one_that_saw_nobody(
    saved: Path, data: Data, tmp_path: Path
) -> None:
    for name, way in zip(("probe", "neighbours", "tuned"), WAYS, strict=True):
        found = FrameClassifier(saved, way).fit(data.X, data.y, groups=data.groups)
        found.save(tmp_path / name)
        text = b"".join(each.read_bytes() for each in (tmp_path / name).rglob("*.json"))
        assert b"s-4" not in text  # A subject of the groups.
        assert str(saved).encode() not in text
    probe = load_checkpoint(tmp_path / "probe" / "encoder")
    assert probe.provenance["subjects"] == ["s-1"]
    with pytest.raises(CheckpointError, match="leaks cannot be ruled out"):
        Arm(name="a", checkpoints=(load_checkpoint(tmp_path / "tuned" / "encoder"),))


def test_it_works_with_the_tools_of_scikit_learn(saved: Path, data: Data) -> None:
    groups, folds = data.groups, GroupKFold(3)
    base = FrameClassifier(saved)
    scores = cross_val_score(base, data.X, data.y, groups=groups, cv=folds)
    by_hand = [
        FrameClassifier(saved)
        .fit(data.X[fit], data.y[fit])
        .score(data.X[held], data.y[held])
        for fit, held in folds.split(data.X, data.y, groups)
    ]
    assert scores.tolist() == by_hand
    frames = [frame[: 90 - place % 3] for place, frame in enumerate(data.X)]
    search = GridSearchCV(base, {"protocol": ["linear", KNN(k=1), KNN(k=9)]}, cv=folds)
    search.fit(frames, data.y, groups=groups)
    assert search.best_score_ > 0.7
    pipeline = make_pipeline(FrameFeatures(saved), LogisticRegression(max_iter=2000))
    assert (
        cross_val_score(pipeline, frames, data.y, groups=groups, cv=folds).min() > 0.5
    )
    with sklearn.config_context(enable_metadata_routing=True):
        routed = FrameClassifier(saved).set_fit_request(groups=True)
        given = cross_val_score(
            routed, data.X, data.y, params={"groups": groups}, cv=folds
        )
    assert given.shape == (3,)


@pytest.mark.parametrize(
    "check",
    [
        checks.check_estimator_cloneable,
        checks.check_estimator_repr,
        checks.check_estimator_tags_renamed,
        checks.check_valid_tag_types,
        checks.check_no_attributes_set_in_init,
        checks.check_get_params_invariance,
        checks.check_set_params,
        checks.check_mixin_order,
        checks.check_do_not_raise_errors_in_init_or_set_params,
    ],
    ids=lambda check: str(check.__name__),
)
@pytest.mark.parametrize("kind", [FrameClassifier, FrameFeatures])
def test_scikit_learns_own_checks_pass(saved: Path, kind: Any, check: Any) -> None:
    check(kind.__name__, kind(saved))


def test_parameters_are_kept_as_given(saved: Path) -> None:
    known = FrameClassifier(saved, KNN(k=3), seed=4, batch=7)
    assert clone(known).get_params() == known.get_params()
    assert known.set_params(protocol="linear", batch=5).batch == 5
    with pytest.raises(NotFittedError):
        known.predict(np.zeros((1, 8, 8), np.uint8))
    with pytest.raises(NotFittedError):
        known.save(saved.parent / "never")
    with pytest.raises(NotFittedError):
        FrameFeatures(saved).transform(np.zeros((1, 8, 8), np.uint8))


@pytest.mark.parametrize("labels", [np.arange(4) % 2, np.arange(4) < 2, [0.0, 1, 1, 0]])
def test_classes_of_all_kinds_are_kept(
    saved: Path, data: Data, labels: Any, tmp_path: Path
) -> None:
    found = FrameClassifier(saved, "knn").fit(data.X[:4], labels)
    found.save(tmp_path / "kept")
    again = FrameClassifier.load(tmp_path / "kept")
    assert again.classes_.dtype == found.classes_.dtype
    assert again.classes_.tolist() == found.classes_.tolist()
    assert again.predict(data.X[:4]).dtype == np.asarray(labels).dtype


def test_one_class_is_always_said(saved: Path, data: Data) -> None:
    for protocol in WAYS:
        found = FrameClassifier(saved, protocol).fit(data.X[:8], np.full(8, "one"))
        assert set(found.predict(data.X[8:12])) == {"one"}


def test_mistakes_are_told(saved: Path, data: Data) -> None:
    known = FrameClassifier(saved)
    with pytest.raises(ConfigError, match="3 frames, 2 labels"):
        known.fit(data.X[:3], data.y[:2])
    with pytest.raises(ConfigError, match="2 frames, 2 labels, 1 groups"):
        known.fit(data.X[:2], data.y[:2], groups=["a"])
    with pytest.raises(ConfigError, match="0 frames"):
        known.fit(data.X[:0], data.y[:0])
    with pytest.raises(ConfigError, match=r"\(96, 128\)"):
        known.fit(data.X[0], data.y[:96])
    with pytest.raises(ConfigError, match="int64"):
        known.fit(data.X[:8].astype(np.int64), data.y[:8])
    with pytest.raises(ConfigError, match="no protocol 'svm'; there are linear, knn"):
        FrameClassifier(saved, "svm").fit(data.X, data.y)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="no protocol FineTune"):
        FrameClassifier(saved, FineTune(steps=2)).fit(data.X, data.y)
    with pytest.raises(ConfigError, match="batch must be at least 1"):
        FrameClassifier(saved, batch=0).fit(data.X, data.y)
    with pytest.raises(ConfigError, match="uint8"):
        FrameClassifier(saved, QUICK).fit(data.X[:8] / 255, data.y[:8])
    with pytest.raises(CheckpointError, match="insonify pretrain"):
        FrameClassifier(saved / "none").fit(data.X[:8], data.y[:8])
    with pytest.raises(ValueError, match="Unknown label type"):
        known.fit(data.X[:3], [0.1, 0.2, 0.3])
    wild = Course(steps=40, batch=8, learning_rate=1e12)
    with pytest.raises(DivergedError, match="lower the learning rate"):
        FrameClassifier(saved, wild).fit(data.X, data.y)


@pytest.mark.parametrize("damage", ["card", "format", "protocol", "weights", "encoder"])
def test_damage_is_refused(
    saved: Path, data: Data, tmp_path: Path, damage: str
) -> None:
    folder = tmp_path / "kept"
    FrameClassifier(saved, "knn").fit(data.X[:16], data.y[:16]).save(folder)
    card, weights = folder / "classifier.json", folder / "classifier.safetensors"
    if damage == "card":
        card.write_text("[1]")
    elif damage == "format":
        card.write_text(card.read_text().replace('"format": 1', '"format": 9'))
    elif damage == "protocol":
        card.write_text(card.read_text().replace('"knn"', '"linear"'))
    elif damage == "weights":
        weights.write_bytes(pickle.dumps({"features_ND": 1}))
    else:
        (folder / "encoder" / "checkpoint.json").unlink()
    with pytest.raises(CheckpointError, match="kept"):
        FrameClassifier.load(folder)


@pytest.mark.parametrize("protocol", WAYS, ids=["linear", "knn", "finetune"])
def test_parts_of_different_classifiers_are_refused(
    saved: Path, data: Data, protocol: Any, tmp_path: Path
) -> None:
    for name, labels in (("two", data.y[:16]), ("four", np.arange(16) % 4)):
        found = FrameClassifier(saved, protocol).fit(data.X[:16], labels)
        found.save(tmp_path / name)
    weights = "classifier.safetensors"
    (tmp_path / "four" / weights).replace(tmp_path / "two" / weights)
    with pytest.raises(CheckpointError, match="do not fit"):
        FrameClassifier.load(tmp_path / "two")
