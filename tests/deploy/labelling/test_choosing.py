import numpy as np
import pytest

from insonify.deploy.labelling.choosing import choose
from insonify.deploy.labelling.doubt import Doubles
from insonify.deploy.labelling.limits import Limits, spread
from insonify.deploy.labelling.pool import Pool, build_pool
from insonify.store import Store
from insonify.transfer.examples import Floats, Integers
from tests.deploy.labelling.conftest import clustered

DIM = 5
NOBODY = np.zeros((0, DIM), np.float32)


def random_pool(subjects: int = 4, videos: int = 2, frames: int = 10) -> Pool:
    """Half a second from frame to frame."""
    generator = np.random.default_rng(3)
    count = subjects * videos * frames
    video_N = np.repeat(np.arange(subjects * videos), frames)
    return Pool(
        positions_N=np.arange(count),
        features_ND=generator.normal(size=(count, DIM)).astype(np.float32),
        subject_N=video_N // videos,
        video_N=video_N,
        time_s_N=np.tile(np.arange(frames) / 2, subjects * videos),
    )


def everybody(pool: Pool, apart_s: float = 1.0) -> Limits:
    return Limits(pool, np.ones(len(pool), bool), apart_s)


def chosen(
    pool: Pool,
    doubt_N: Doubles | None,
    count: int,
    known_KD: Floats = NOBODY,
    **limits: float,
) -> Integers:
    return choose(
        pool,
        doubt_N,
        everybody(pool, **limits),
        known_KD,
        count=count,
        generator=np.random.default_rng(0),
    )


@pytest.mark.parametrize("count", [3, 4, 6, 8, 13, 24])
@pytest.mark.parametrize("way", ["choose", "spread"])
def test_a_batch_is_dealt_over_subjects_and_videos_a_second_apart(
    count: int, way: str
) -> None:
    pool = random_pool()
    if way == "choose":
        places = chosen(pool, None, count)
    else:
        places = spread(everybody(pool), count, np.random.default_rng(0))
    assert len(places) == len(set(places.tolist())) == count
    for group_N in (pool.subject_N, pool.video_N):
        taken = np.bincount(group_N[places], minlength=group_N.max() + 1)
        assert np.ptp(taken) <= 1
    for video in np.unique(pool.video_N[places]):
        times_s = np.sort(pool.time_s_N[places[pool.video_N[places] == video]])
        assert np.all(np.diff(times_s) >= 1)


def test_a_batch_ends_where_nobody_is_left() -> None:
    pool = random_pool(subjects=2, videos=1, frames=4)  # 0, 0.5, 1 and 1.5 s
    assert len(chosen(pool, None, 50)) <= 4
    assert len(chosen(pool, None, 50, apart_s=0)) == len(pool)


def test_whoever_has_fewer_frames_does_not_hold_up_the_others() -> None:
    pool = random_pool()
    free_N = (pool.subject_N == 1) | (np.arange(len(pool)) == 0)
    limits = Limits(pool, free_N, 1.0)
    places = spread(limits, 6, np.random.default_rng(0))
    assert sorted(pool.subject_N[places].tolist()) == [0, 1, 1, 1, 1, 1]


def test_choice_is_greedy_in_the_doubt_that_is_stood_for() -> None:
    pool = random_pool()
    doubt_N = np.random.default_rng(5).uniform(size=len(pool))
    known_KD = pool.directions_ND[[11, 70]]
    found = chosen(pool, doubt_N, 5, known_KD)
    like_NN = np.maximum(pool.directions_ND @ pool.directions_ND.T, 0)

    def stood_for(places: list[int]) -> float:
        near_N = like_NN[:, [11, 70, *places]].max(1)
        return float(doubt_N @ near_N)

    limits, greedy = everybody(pool), list[int]()
    short = limits.keep_highest(doubt_N, 1_500)
    assert 20 < len(short) < 80
    for _ in range(5):
        open_N = limits.open_N()
        values = [
            stood_for([*greedy, place]) if open_N[place] else -1.0
            for place in range(len(pool))
        ]
        greedy.append(int(np.argmax(values)))
        limits.take(greedy[-1])
    assert found.tolist() == greedy


def test_the_short_list_is_of_the_highest_that_are_apart() -> None:
    pool = random_pool(subjects=2, videos=1)
    values_N = np.random.default_rng(2).uniform(size=20)
    free_N = np.arange(20) != values_N.argmax()
    limits = Limits(pool, free_N, 1.0)
    expected: list[int] = []
    for place in np.argsort(-values_N).tolist():
        near = [
            abs(place - other) < 2 for other in expected if (place < 10) == (other < 10)
        ]
        if free_N[place] and not any(near):
            expected.append(place)
    assert limits.keep_highest(values_N, 4).tolist() == expected[:4]
    assert sorted(expected[:4]) == limits.free.tolist()


def test_without_a_head_a_batch_has_something_of_every_cluster() -> None:
    centres = 10 * np.eye(DIM)
    generator = np.random.default_rng(1)
    cluster_N = np.repeat(np.arange(DIM), 16)
    noise_ND = generator.normal(size=(80, DIM))
    pool = Pool(
        positions_N=np.arange(80),
        features_ND=(centres[cluster_N] + noise_ND).astype(np.float32),
        subject_N=np.arange(80) % 8,
        video_N=np.arange(80) % 8,
        time_s_N=np.arange(80) / 4,
    )
    places = chosen(pool, None, DIM)
    assert sorted(cluster_N[places].tolist()) == list(range(DIM))
    # What is labelled is not asked for again.
    rest = chosen(pool, None, 2, pool.directions_ND[places[:3]])
    assert set(cluster_N[rest]) == set(cluster_N[places[3:]])


def test_sure_frames_are_not_worth_a_label() -> None:
    pool = random_pool()
    doubt_N = np.where(pool.features_ND[:, 0] > 0, 1.0, 0.0)
    places = chosen(pool, doubt_N, 8)
    # Frames of one half of the space stand for those in it.
    assert np.mean(pool.features_ND[places, 0] > 0) > 0.8


def test_a_pool_has_the_asked_subjects_frames_as_many_of_each(
    labelled_store: Store,
) -> None:
    features, index = clustered(labelled_store), labelled_store.frames()
    pool = build_pool(index, features, frozenset({"s-01", "s-04"}), 16)
    names = [index.subjects[video] for video in pool.video_N]
    assert (names.count("s-01"), names.count("s-04")) == (8, 8)
    assert np.array_equal(pool.features_ND, features.read(pool.positions_N))
    assert np.allclose(np.linalg.norm(pool.directions_ND, axis=1), 1, atol=1e-5)
    assert len(build_pool(index, features, frozenset({"s-01"}), 16_000)) == 20
