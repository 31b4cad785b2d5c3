"""Galleries: who is shown, who is alike, and what is drawn of it."""

import io
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.spatial.distance import cdist
from sklearn.manifold import trustworthiness

from insonify.clips.loader import FrameReader
from insonify.core.errors import CheckpointError, ConfigError, LeakError, StoreError
from insonify.core.gallery import Gallery
from insonify.model.checkpoint import Card, Checkpoint, random_twin
from insonify.model.encoder import Encoder
from insonify.store import Store
from insonify.transfer.arms import RANDOM, Arm
from insonify.transfer.examples import Integers
from insonify.transfer.frames import LabelledFrames
from insonify.transfer.gallery import GalleryOptions, run_gallery
from insonify.transfer.gallery_frames import deal, draw_frames
from insonify.transfer.gallery_map import map_frames, perplexity_for
from insonify.transfer.gallery_neighbours import (
    Neighbours,
    agreement,
    find_neighbours,
)
from insonify.transfer.progress import Step
from tests.transfer.untrained import untrained

SIZE = (32, 40)
OPTIONS = GalleryOptions(
    task="texture", split="two", frames=40, neighbours=3, thumbnail=(16, 20)
)


@pytest.fixture
def store(store: Store) -> Store:
    """Six subjects in two folds."""
    store.make_split("two", folds=2, task="texture", seed=0)
    return store


def checkpoint(seed: int = 7, **provenance: Any) -> Checkpoint:
    known = {"recipe": "siamese", "seed": seed, "store": "elsewhere", "subjects": []}
    return Checkpoint(
        encoder=untrained("resnet10_half", seed),
        card=Card(
            architecture="resnet10_half", size=SIZE, provenance=known | provenance
        ),
    )


def gallery(store: Store, known: Checkpoint | None = None, **options: Any) -> Gallery:
    arm = Arm(name="siamese", checkpoints=(known or checkpoint(),))
    return run_gallery(store, arm, replace(OPTIONS, **options), lambda _: None)


def made_up(seed: int, *, subjects: int = 7) -> LabelledFrames:
    """Frames of uneven subjects, videos and classes, in the order of a store."""
    generator = np.random.default_rng(seed)
    count = 30 * subjects
    video_N = np.sort(generator.integers(3 * subjects, size=count))
    return LabelledFrames(
        positions_N=np.arange(count),
        labels_N=generator.integers(3, size=count) * generator.integers(2, size=count),
        subjects_N=np.array([f"s-{v * 5 % subjects}" for v in video_N]),
        videos_N=np.array([f"v-{v:02d}" for v in video_N]),
        times_s_N=np.arange(count) / 10,
        classes=("a", "b", "c"),
    )


def unit_features(count: int, seed: int = 0, dim: int = 6) -> np.ndarray:
    found = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def slow_neighbours(unit_ND: np.ndarray, frames: LabelledFrames, count: int) -> Any:
    """Sort everybody by cosine, and walk down."""
    found = []
    near_NN = 1 - cdist(unit_ND, unit_ND, "cosine")
    for mine, near_N in enumerate(near_NN):
        kept: list[int] = []
        for other in np.argsort(-near_N):
            strange = frames.subjects_N[other] != frames.subjects_N[mine]
            seen = frames.videos_N[other] in frames.videos_N[kept]
            if strange and not seen and len(kept) < count:
                kept.append(int(other))
        found.append(kept)
    return found, near_NN


@pytest.mark.parametrize("count", [1, 5, 100])
def test_neighbours_are_those_of_a_slow_search(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("insonify.transfer.gallery_neighbours._AT_ONCE", 50)
    frames = made_up(1)
    unit_ND = unit_features(len(frames.labels_N))
    found = find_neighbours(unit_ND, frames, count)
    expected, near_NN = slow_neighbours(unit_ND, frames, count)
    assert [row.tolist() for row in found.rows] == expected
    for mine, (row, similar) in enumerate(
        zip(found.rows, found.similarities, strict=True)
    ):
        np.testing.assert_allclose(similar, near_NN[mine, row], atol=1e-6)


def test_a_single_subject_has_no_neighbours_and_no_agreement() -> None:
    frames = made_up(1, subjects=1)
    found = find_neighbours(unit_features(len(frames.labels_N)), frames, 3)
    assert all(len(row) == 0 for row in found.rows)
    assert agreement(frames, found, seed=0) is None


def test_agreement_and_chance_are_those_counted_by_hand() -> None:
    frames = made_up(2)
    found = find_neighbours(unit_features(len(frames.labels_N)), frames, 2)
    known = agreement(frames, found, seed=0)
    assert known is not None
    labels_N, subjects_N = frames.labels_N, frames.subjects_N
    right = [labels_N[row[0]] == labels_N[n] for n, row in enumerate(found.rows)]
    assert known["value"] == pytest.approx(np.mean(right))
    assert known["low"] < known["value"] < known["high"]
    shares = [
        np.mean(labels_N[subjects_N != subjects_N[n]] == labels_N[n])
        for n in range(len(labels_N))
    ]
    assert known["chance"] == pytest.approx(np.mean(shares))
    assert known["subjects"] == 7
    # Features that know nothing of the classes agree about as often as chance.
    assert known["value"] == pytest.approx(known["chance"], abs=0.12)


def test_the_interval_is_over_subjects_not_over_frames() -> None:
    """A subject is all right or all wrong: its many frames are one observation."""
    count, each = 8, 50
    subject_N = np.repeat(np.arange(count), each)
    frames = LabelledFrames(
        positions_N=np.arange(count * each),
        labels_N=subject_N % 2,
        subjects_N=np.array([f"s-{s}" for s in subject_N]),
        videos_N=np.array([f"v-{s}" for s in subject_N]),
        times_s_N=np.zeros(count * each),
        classes=("a", "b"),
    )
    # The odd are right, of the even ones those of subject 0 only.
    first = np.where(subject_N % 2, each * ((subject_N + 2) % count), each)
    first[subject_N == 0] = 2 * each
    rows = [np.array([row], np.int32) for row in first]
    known = agreement(
        frames,
        Neighbours(rows=rows, similarities=[np.ones(1, np.float32)] * len(rows)),
        0,
    )
    assert known is not None
    assert known["value"] == pytest.approx(5 / 8)
    of_a_share = 1.96 * np.sqrt(5 / 8 * 3 / 8 / count)
    assert known["high"] - known["low"] == pytest.approx(2 * of_a_share, rel=0.2)


def test_shares_are_as_even_as_sizes_allow() -> None:
    generator = np.random.default_rng(0)
    for _ in range(50):
        sizes_G = generator.integers(0, 20, size=6)
        count = int(generator.integers(0, 80))
        shares_G = deal(sizes_G, count, generator)
        assert shares_G.sum() == min(count, sizes_G.sum())
        assert (shares_G <= sizes_G).all()
        held_back = shares_G < sizes_G
        if held_back.any():
            assert shares_G.max() <= shares_G[held_back].min() + 1


def assert_even(there_N: np.ndarray, drawn_N: np.ndarray) -> None:
    """Whoever has given less than another has nothing left."""
    there, drawn = Counter(there_N.tolist()), Counter(drawn_N.tolist())
    most = max(drawn.values())
    for name, count in there.items():
        assert drawn[name] in (most, most - 1, count), name


def test_frames_are_drawn_evenly_over_classes_subjects_and_videos() -> None:
    frames = made_up(3)
    drawn = draw_frames(frames, 60, seed=1)
    assert len(drawn.positions_N) == 60
    assert (np.diff(drawn.positions_N) > 0).all()
    assert set(Counter(drawn.labels_N.tolist()).values()) == {20}
    for label in range(3):
        there, mine = frames.labels_N == label, drawn.labels_N == label
        assert_even(frames.subjects_N[there], drawn.subjects_N[mine])
        for subject in np.unique(drawn.subjects_N[mine]):
            its_there = there & (frames.subjects_N == subject)
            its = mine & (drawn.subjects_N == subject)
            assert_even(frames.videos_N[its_there], drawn.videos_N[its])
    again, other = draw_frames(frames, 60, seed=1), draw_frames(frames, 60, seed=2)
    assert again.positions_N.tolist() == drawn.positions_N.tolist()
    assert other.positions_N.tolist() != drawn.positions_N.tolist()
    everything = draw_frames(frames, 10**6, seed=0)
    assert everything.positions_N.tolist() == frames.positions_N.tolist()


def test_frames_of_a_video_are_drawn_from_all_of_it() -> None:
    frames = replace(
        made_up(0, subjects=1),
        videos_N=np.array(["v"] * 30),
        labels_N=np.zeros(30, np.int64),
    )
    assert draw_frames(frames, 3, seed=0).positions_N.tolist() == [5, 15, 25]


@pytest.mark.parametrize(
    ("frames", "asked", "expected"), [(1500, None, 30), (61, None, 20), (100, 33, 33)]
)
def test_the_perplexity_suits_the_frames(
    frames: int, asked: float | None, expected: float
) -> None:
    assert perplexity_for(frames, asked) == expected


@pytest.mark.parametrize(
    ("frames", "asked", "says"),
    [(3, None, "at least 4"), (100, 34.0, "1 to 33.0"), (100, 0.5, "perplexity 0.5")],
)
def test_a_perplexity_that_does_not_suit_is_refused(
    frames: int, asked: float | None, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        perplexity_for(frames, asked)


def test_the_map_keeps_neighbours_together_and_is_the_same_again() -> None:
    centres = unit_features(5, seed=1, dim=80)
    around = np.repeat(centres, 20, axis=0) + 0.02 * unit_features(100, dim=80)
    unit_ND = around / np.linalg.norm(around, axis=1, keepdims=True)
    places_N2 = map_frames(unit_ND, 10, seed=0)
    assert places_N2.dtype == np.float32
    np.testing.assert_allclose(np.abs(places_N2).max(), 1, atol=1e-6)
    np.testing.assert_allclose(places_N2.min(0) + places_N2.max(0), 0, atol=1e-6)
    assert trustworthiness(unit_ND, places_N2, n_neighbors=10) > 0.9
    np.testing.assert_array_equal(places_N2, map_frames(unit_ND, 10, seed=0))
    nearest_N = (cdist(places_N2, places_N2) + 9 * np.eye(100)).argmin(1)
    assert (nearest_N // 20 == np.arange(100) // 20).all()


def slow_features(store: Store, encoder: Encoder, found: Gallery) -> np.ndarray:
    """Find each shown frame again and encode it; scale by all training frames."""
    index, reader = store.frames(), FrameReader(store, SIZE)
    ids = np.array(index.video_ids)[index.video_N]

    def encode(positions: Integers) -> np.ndarray:
        with torch.inference_mode():
            features_ND: np.ndarray = encoder(reader.read(positions)).numpy()
        return features_ND

    rows = found.rows.to_pylist()
    shown = [
        np.flatnonzero((ids == row["video"]) & (index.time_s_N == row["time_s"]))[0]
        for row in rows
    ]
    train = index.of_subjects(store.split("two").roles(0).train)
    known_ND = encode(train)
    std_D = known_ND.std(0)
    std_D[std_D < 1e-6 * std_D.max()] = np.inf
    scaled_ND = (encode(np.array(shown)) - known_ND.mean(0)) / std_D
    unit_ND: np.ndarray = scaled_ND / np.linalg.norm(scaled_ND, axis=1, keepdims=True)
    return unit_ND


def test_similarities_follow_from_features_scaled_by_training_subjects(
    store: Store,
) -> None:
    known = checkpoint()
    found = gallery(store, known, frames=240)  # all there are
    unit_ND = slow_features(store, known.encoder, found)
    near_NN = unit_ND @ unit_ND.T
    for mine, row in enumerate(found.rows.to_pylist()):
        for other, similar in zip(row["neighbours"], row["similarities"], strict=True):
            assert near_NN[mine, other] == pytest.approx(similar, abs=1e-3)


def test_only_held_out_subjects_are_shown(store: Store) -> None:
    roles = store.split("two").roles(1)
    found = gallery(store, fold=1)
    assert set(found.rows["subject"].to_pylist()) == roles.test
    assert found.facts["available"] == 6 * 40
    assert found.facts["taken"] == len(found.rows) == 40
    assert (found.arm, found.task, found.store) == ("siamese", "texture", store.id)
    assert found.classes == ("coarse", "fine")
    assert found.facts["perplexity"] == 13.0
    assert found.facts["agreement"]["chance"] == pytest.approx(0.5, abs=0.05)


def test_validation_subjects_are_shown_instead_of_the_test_subjects(
    store: Store,
) -> None:
    store.make_split("three", folds=3, task="texture", seed=0)
    found = gallery(store, split="three", role="validation")
    roles = store.split("three").roles(0)
    assert set(found.rows["subject"].to_pylist()) == roles.validation
    with pytest.raises(ConfigError, match="no validation subject"):
        gallery(store, role="validation")


def test_textures_are_told_apart_by_their_neighbours(store: Store) -> None:
    known = gallery(store, frames=120).facts["agreement"]
    assert known["low"] > known["chance"] + 0.2


def test_pictures_are_of_the_frames(store: Store) -> None:
    found = gallery(store)
    assert found.size == (16, 20)
    index, reader = store.frames(), FrameReader(store, (16, 20))
    ids = np.array(index.video_ids)[index.video_N]
    for row in found.rows.to_pylist()[::7]:
        at = np.flatnonzero((ids == row["video"]) & (index.time_s_N == row["time_s"]))
        with Image.open(io.BytesIO(row["thumbnail"])) as image:
            assert (image.mode, image.size) == ("L", (20, 16))
            apart = np.asarray(image, float) - reader.read(at)[0].numpy()
        assert np.abs(apart).mean() < 8  # of a texture whose deviation is 60


def test_without_labels_there_is_a_map_but_no_agreement(store: Store) -> None:
    found = gallery(store, task=None)
    assert (found.task, found.classes) == ("", ())
    assert set(found.rows["truth"].to_pylist()) == {""}
    assert found.facts["agreement"] is None
    assert found.facts["available"] == 6 * 40
    counts = Counter(found.rows["subject"].to_pylist())
    assert max(counts.values()) - min(counts.values()) <= 1


def test_the_untrained_twin_arranges_the_same_frames(store: Store) -> None:
    known = checkpoint()
    trained = gallery(store, known, frames=240)
    twin = gallery(store, known, frames=240, untrained=True)
    assert twin.arm == RANDOM
    card = {"untrained": True, "architecture": "resnet10_half", "size": [32, 40]}
    assert twin.facts["encoder"] == card
    for name in ("video", "time_s", "thumbnail"):
        assert twin.rows[name].equals(trained.rows[name])
    unit_ND = slow_features(store, random_twin(known, 0), twin)
    row = twin.rows.to_pylist()[11]
    near = unit_ND[row["neighbours"]] @ unit_ND[11]
    np.testing.assert_allclose(near, row["similarities"], atol=1e-3)


def test_the_same_gallery_twice(store: Store) -> None:
    first, second = gallery(store), gallery(store)
    assert first.rows.equals(second.rows)


def test_a_subject_that_was_seen_fails_the_run(store: Store) -> None:
    seen = sorted(store.split("two").roles(0).test)[:1]
    with pytest.raises(LeakError, match="1 subject"):
        gallery(store, checkpoint(subjects=seen))


def test_an_encoder_that_collapsed_is_refused(store: Store) -> None:
    known = checkpoint()
    with torch.no_grad():
        for parameter in known.encoder.parameters():
            parameter.zero_()
    with pytest.raises(CheckpointError, match="collapsed"):
        gallery(store, known)


def test_unknown_tasks_and_splits_are_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="no labels of task"):
        gallery(store, task="plane")
    with pytest.raises(StoreError, match="no split"):
        gallery(store, split="ten")
    subjects = sorted(set(store.frames().subjects))
    store.assign("lopsided", dict.fromkeys(subjects, "test"))
    with pytest.raises(ConfigError, match="no train subject has labels"):
        gallery(store, split="lopsided")


def test_progress_ends_with_the_map(store: Store) -> None:
    seen: list[Step] = []
    arm = Arm(name="siamese", checkpoints=(checkpoint(),))
    run_gallery(store, arm, OPTIONS, seen.append)
    assert seen[-1].done == seen[-1].total == 80
    assert "arranging" in seen[-1].doing


def test_no_path_and_no_list_of_subjects_is_recorded(store: Store) -> None:
    found = gallery(store, checkpoint(subjects=["s-elsewhere"]))
    assert found.facts["encoder"]["subjects"] == 1
    assert str(store.path) not in str(found.facts)


@pytest.mark.parametrize(
    "options",
    [
        {"frames": 3},
        {"neighbours": 0},
        {"thumbnail": (48, 7)},
        {"batch": 0},
        {"seed": -1},
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        replace(OPTIONS, **options)
