"""One contract for all protocols, and each against something slower."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from insonify.core.errors import ConfigError
from insonify.transfer.examples import Examples, draw_subjects
from insonify.transfer.knn import KNN
from insonify.transfer.linear import LinearProbe
from insonify.transfer.protocol import TransferProtocol
from insonify.transfer.prototype import Prototype
from insonify.transfer.standardise import Standardiser

PROTOCOLS: list[TransferProtocol] = [
    KNN(k=5),
    KNN(k=5, balanced=False),
    LinearProbe(grid=(1e-3, 1e-2, 1e-1)),
    LinearProbe(grid=(1e-3, 1e-2, 1e-1), balanced=False),
    Prototype(),
]


def clusters(
    seed: int, *, separation: float = 3.0, counts: tuple[int, ...] = (40, 40, 40)
) -> Examples:
    """Gaussian clusters in 8 dimensions, their frames spread over ten subjects."""
    generator = np.random.default_rng(seed)
    labels_N = np.repeat(np.arange(len(counts)), counts)
    centres_CD = separation * np.eye(len(counts), 8)
    noise_ND = generator.normal(size=(len(labels_N), 8))
    subjects = [f"s-{number % 10}" for number in range(len(labels_N))]
    return Examples(
        features_ND=(centres_CD[labels_N] + noise_ND).astype(np.float32),
        labels_N=labels_N,
        subjects_N=np.array(subjects),
    )


def nobody() -> Examples:
    return clusters(0).of(frozenset())


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=repr)
class TestContract:
    def test_separate_clusters_are_told_apart(self, protocol: TransferProtocol) -> None:
        predict = protocol.fit(clusters(0), clusters(1), 3, seed=0)
        held = clusters(2)
        found_BC = predict(held.features_ND)
        assert np.mean(found_BC.argmax(1) == held.labels_N) > 0.9

    def test_noise_stays_at_chance(self, protocol: TransferProtocol) -> None:
        train, held = (clusters(seed, separation=0.0) for seed in (0, 1))
        found_BC = protocol.fit(train, nobody(), 3, seed=0)(held.features_ND)
        assert 0.2 < np.mean(found_BC.argmax(1) == held.labels_N) < 0.47

    def test_probabilities_sum_to_one(self, protocol: TransferProtocol) -> None:
        found_BC = protocol.fit(clusters(0), nobody(), 3, seed=0)(
            clusters(1).features_ND
        )
        assert found_BC.dtype == np.float32
        assert found_BC.min() >= 0
        np.testing.assert_allclose(found_BC.sum(1), 1, atol=1e-5)

    def test_an_unseen_class_gets_probability_zero(
        self, protocol: TransferProtocol
    ) -> None:
        train = clusters(0)
        some = train.where(train.labels_N != 1)
        found_BC = protocol.fit(some, clusters(1), 3, seed=0)(clusters(2).features_ND)
        assert (found_BC[:, 1] == 0).all()
        np.testing.assert_allclose(found_BC.sum(1), 1, atol=1e-5)

    def test_a_single_known_class_is_certain(self, protocol: TransferProtocol) -> None:
        train = clusters(0)
        one = train.where(train.labels_N == 2)
        found_BC = protocol.fit(one, nobody(), 3, seed=0)(clusters(1).features_ND)
        np.testing.assert_allclose(found_BC[:, 2], 1, atol=1e-6)

    def test_scale_and_offset_of_features_change_nothing(
        self, protocol: TransferProtocol
    ) -> None:
        train, held = clusters(0), clusters(1)
        scale_D = np.logspace(-3, 3, 8).astype(np.float32)
        moved = replace(train, features_ND=train.features_ND * scale_D + scale_D)
        plain_BC = protocol.fit(train, nobody(), 3, seed=0)(held.features_ND)
        moved_BC = protocol.fit(moved, nobody(), 3, seed=0)(
            held.features_ND * scale_D + scale_D
        )
        np.testing.assert_allclose(moved_BC, plain_BC, atol=1e-3)

    def test_a_feature_constant_in_training_is_left_out(
        self, protocol: TransferProtocol
    ) -> None:
        train, held = clusters(0), clusters(1)

        def widened(part: Examples, value: float) -> Examples:
            column_N1 = np.full((len(part), 1), value, np.float32)
            return replace(part, features_ND=np.hstack([part.features_ND, column_N1]))

        plain_BC = protocol.fit(train, nobody(), 3, seed=0)(held.features_ND)
        odd_BC = protocol.fit(widened(train, 1.0), nobody(), 3, seed=0)(
            widened(held, 9.0).features_ND
        )
        np.testing.assert_allclose(odd_BC, plain_BC, atol=1e-5)

    def test_the_same_seed_gives_the_same(self, protocol: TransferProtocol) -> None:
        held_BD = clusters(1).features_ND
        once, again = (
            protocol.fit(clusters(0), nobody(), 3, seed=4)(held_BD) for _ in range(2)
        )
        np.testing.assert_array_equal(once, again)


def share_of_rare_class(protocol: TransferProtocol) -> float:
    """How often the rare of two overlapping classes is said, at equal prevalence."""
    train = clusters(0, separation=1.0, counts=(180, 20))
    held = clusters(1, separation=1.0, counts=(100, 100))
    found_BC = protocol.fit(train, nobody(), 2, seed=0)(held.features_ND)
    return float(np.mean(found_BC.argmax(1) == 1))


@pytest.mark.parametrize(
    "make", [lambda b: KNN(balanced=b), lambda b: LinearProbe(balanced=b)]
)
def test_balancing_lets_a_rare_class_be_said(
    make: Callable[[bool], TransferProtocol],
) -> None:
    assert share_of_rare_class(make(False)) < 0.2
    assert 0.35 < share_of_rare_class(make(True)) < 0.65


def test_knn_equals_voting_by_hand() -> None:
    train, held, protocol = clusters(0), clusters(1), KNN(k=7, balanced=False)
    found_BC = protocol.fit(train, nobody(), 3, seed=0)(held.features_ND)
    mean_D, std_D = train.features_ND.mean(0), train.features_ND.std(0)
    for place in (0, 50, 110):
        one_D = (held.features_ND[place] - mean_D) / std_D
        votes = np.zeros(3)
        known = []
        for features_D, label in zip(train.features_ND, train.labels_N, strict=True):
            other_D = (features_D - mean_D) / std_D
            cosine = one_D @ other_D / np.linalg.norm(one_D) / np.linalg.norm(other_D)
            known.append((float(cosine), int(label)))
        for cosine, label in sorted(known, reverse=True)[:7]:
            votes[label] += np.exp(cosine / protocol.temperature)
        np.testing.assert_allclose(found_BC[place], votes / votes.sum(), atol=1e-3)


def test_knn_stays_finite_at_low_temperature() -> None:
    protocol = KNN(temperature=1e-4)
    found_BC = protocol.fit(clusters(0), nobody(), 3, seed=0)(clusters(1).features_ND)
    assert np.isfinite(found_BC).all()


def test_a_prototype_is_the_mean_of_a_class_on_the_unit_sphere() -> None:
    train, held, protocol = clusters(0), clusters(1), Prototype(temperature=0.3)
    found_BC = protocol.fit(train, nobody(), 3, seed=0)(held.features_ND)
    mean_D, std_D = train.features_ND.mean(0), train.features_ND.std(0)
    means = []
    for label in range(3):
        of_label = (train.features_ND[train.labels_N == label] - mean_D) / std_D
        means.append(np.mean([one_D / np.linalg.norm(one_D) for one_D in of_label], 0))
    for place in (0, 50, 110):
        one_D = (held.features_ND[place] - mean_D) / std_D
        cosines = [
            one_D @ m_D / np.linalg.norm(one_D) / np.linalg.norm(m_D) for m_D in means
        ]
        weights = np.exp(np.array(cosines) / 0.3)
        np.testing.assert_allclose(found_BC[place], weights / weights.sum(), atol=1e-4)


@pytest.mark.parametrize("known", [[0, 2, 3], [0, 1], [2]])
def test_a_fitted_probe_says_in_numbers_what_scikit_learn_predicts(
    known: list[int],
) -> None:
    generator = np.random.default_rng(0)
    labels_N = np.array(known * 20)
    features_ND = generator.normal(3, 0.1, (len(labels_N), 24)).astype(np.float32)
    features_ND[:, 0] += 0.2 * labels_N
    features_ND[:, 5] = 1.5  # says nothing
    subjects_N = np.array([f"s-{n % 4}" for n in range(len(labels_N))])
    train = Examples(features_ND=features_ND, labels_N=labels_N, subjects_N=subjects_N)
    probe = LinearProbe(grid=(0.1,)).fit(train, nobody(), 4, 0)
    others_BD = generator.normal(3, 0.5, (50, 24)).astype(np.float32)
    wanted_BC = np.zeros((50, 4))
    wanted_BC[:, known] = 1.0
    if len(known) > 1:
        scale = Standardiser(features_ND)
        model = LogisticRegression(
            C=0.1, class_weight="balanced", max_iter=2000, tol=1e-6
        ).fit(scale(features_ND).astype(np.float64), labels_N)
        wanted_BC[:, known] = model.predict_proba(scale(others_BD))
    np.testing.assert_allclose(probe(others_BD), wanted_BC.astype(np.float32), 1e-6)
    assert probe.scale_D[5] == 0
    missing = sorted({0, 1, 2, 3} - set(known))
    assert (probe.bias_C[missing] == -np.inf).all()
    assert not probe.weights_CD[missing].any()


def test_one_shot_of_each_class_gets_the_middle_of_the_grid() -> None:
    """Whoever is held out has a label that nobody else has: nothing can be chosen."""
    train = clusters(0).where(np.array([0, 41, 82]))
    held_BD = clusters(1).features_ND
    chosen = LinearProbe(grid=(1e-4, 1e-2, 1e2)).fit(train, nobody(), 3, seed=0)
    middle = LinearProbe(grid=(1e-2,)).fit(train, nobody(), 3, seed=0)
    np.testing.assert_array_equal(chosen(held_BD), middle(held_BD))


def test_few_shots_choose_the_penalty_among_themselves() -> None:
    train = clusters(0, counts=(5, 5, 5))
    alone = replace(train, subjects_N=np.array([f"s-{n % 5}" for n in range(15)]))
    held_BD = clusters(1).features_ND
    weak = LinearProbe(grid=(1e1,)).fit(alone, nobody(), 3, seed=0)(held_BD)
    chosen = LinearProbe(grid=(1e-5, 1e1)).fit(alone, nobody(), 3, seed=0)(held_BD)
    np.testing.assert_allclose(chosen, weak, atol=0.02)


def test_the_probe_penalises_noise_more_than_signal() -> None:
    """With 12 noisy frames and 8 features, close fits lose on validation subjects."""
    probe = LinearProbe(grid=(1e-4, 1e2))
    weak, strong = (
        LinearProbe(grid=(strength,)).fit(clusters(0), nobody(), 3, seed=0)
        for strength in (1e2, 1e-4)
    )
    noise = clusters(1, separation=0.0)
    held_BD = clusters(3).features_ND
    chosen = probe.fit(clusters(0), clusters(2), 3, seed=0)(held_BD)
    np.testing.assert_allclose(chosen, weak(held_BD), atol=0.02)
    chosen = probe.fit(clusters(0), noise, 3, seed=0)(held_BD)
    np.testing.assert_allclose(chosen, strong(held_BD), atol=1e-3)


def test_a_single_training_subject_gets_the_middle_of_the_grid() -> None:
    train = clusters(0)
    alone = replace(train, subjects_N=np.full(len(train), "s-0"))
    held_BD = clusters(1).features_ND
    chosen = LinearProbe(grid=(1e-4, 1e-2, 1.0)).fit(alone, nobody(), 3, seed=0)
    middle = LinearProbe(grid=(1e-2,)).fit(alone, nobody(), 3, seed=0)
    np.testing.assert_array_equal(chosen(held_BD), middle(held_BD))


@pytest.mark.parametrize(
    "make",
    [
        lambda: KNN(k=0),
        lambda: KNN(temperature=0),
        lambda: LinearProbe(grid=()),
        lambda: LinearProbe(grid=(0.0,)),
        lambda: LinearProbe(parts=1),
    ],
)
def test_impossible_options_are_refused(make: Callable[[], TransferProtocol]) -> None:
    with pytest.raises(ConfigError, match="found"):
        make()


FRACTIONS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0)


@pytest.mark.parametrize("kinds", [(30,), (18, 2), (1,), (2,) * 14])
def test_fractions_are_nested_and_have_as_many_subjects_as_they_say(
    kinds: tuple[int, ...],
) -> None:
    labels_N = np.repeat(np.arange(len(kinds)), kinds)
    subjects_N = np.array([f"s-{number:02d}" for number in range(len(labels_N))])
    for seed in range(3):
        drawn = [draw_subjects(subjects_N, labels_N, f, seed) for f in FRACTIONS]
        for few, more in pairwise(drawn):
            assert few <= more
        for fraction, subjects in zip(FRACTIONS, drawn, strict=True):
            wanted = math.ceil(fraction * len(labels_N))
            assert len(subjects) == max(len(kinds), wanted)
            shown = labels_N[np.isin(subjects_N, sorted(subjects))]
            assert set(shown) == set(range(len(kinds)))
            for kind, count in enumerate(kinds):
                assert abs((shown == kind).sum() - fraction * count) <= 1.5
    assert draw_subjects(subjects_N[:0], labels_N[:0], 0.5, 0) == frozenset()


def test_seeds_draw_different_subjects_and_examples_keep_all_of_theirs() -> None:
    subjects_N = np.repeat([f"s-{number:02d}" for number in range(20)], 5)
    labels_N = np.tile([0, 0, 0, 1, 1], 20)
    features_ND = np.arange(100, dtype=np.float32)[:, None]
    whole = Examples(features_ND=features_ND, labels_N=labels_N, subjects_N=subjects_N)
    drawn = {draw_subjects(subjects_N, labels_N, 0.1, seed) for seed in range(5)}
    assert len(drawn) > 1
    for subjects in drawn:
        kept, frames = np.unique(whole.of(subjects).subjects_N, return_counts=True)
        assert set(kept.tolist()) == subjects
        assert (frames == 5).all()


def test_a_probe_does_not_hang_on_the_last_digits_of_its_features() -> None:
    """Features of few directions, as an encoder's are, encoded twice."""
    draw = np.random.default_rng(0)
    labels_N = draw.integers(0, 6, 1500)
    base_NR = draw.normal(size=(1500, 12)) + 0.3 * np.eye(6, 12)[labels_N]
    noise_ND = 0.01 * draw.normal(size=(1500, 256))
    features_ND = base_NR @ draw.normal(size=(12, 256)) + noise_ND
    once = Examples(
        features_ND=np.maximum(features_ND, 0).astype(np.float32),
        labels_N=labels_N,
        subjects_N=np.array([f"s-{n % 20:02d}" for n in range(1500)]),
    )
    other_ND = once.features_ND * (1 + 1e-6 * draw.standard_normal((1500, 256)))
    again = replace(once, features_ND=other_ND.astype(np.float32))
    probe = LinearProbe(grid=(1e-4, 1e-3, 1e-2, 1e-1, 1.0))
    first_NC, second_NC = (
        probe.fit(part, part, 6, 0)(part.features_ND) for part in (once, again)
    )
    assert np.abs(first_NC - second_NC).sum(1).max() / 2 < 1e-3
