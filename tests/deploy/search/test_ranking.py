import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity

from insonify.core.errors import ConfigError
from insonify.deploy.search.ranking import best, cosines, direction


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 6)), max_size=400),
    st.integers(1, 9),
    st.integers(1, 4),
)
def test_best_is_what_a_sort_finds(
    frames: list[tuple[int, int]], count: int, per_video: int
) -> None:
    similar_N = np.array([similar / 40 for similar, _ in frames], np.float32)
    video_N = np.array([video for _, video in frames], np.int64)
    positions_N = np.random.default_rng(0).permutation(len(frames))
    chosen = best(similar_N, positions_N, video_N, count=count, per_video=per_video)
    wanted: list[int] = []
    order = sorted(range(len(frames)), key=lambda n: (-similar_N[n], positions_N[n]))
    for place in order:
        same = sum(video_N[other] == video_N[place] for other in wanted)
        if same < per_video and len(wanted) < count:
            wanted.append(place)
    assert chosen.tolist() == wanted


def test_one_video_of_many_frames_hides_no_other() -> None:
    """More frames of one video are better than all others than are first looked at."""
    similar_N = np.r_[np.full(5000, 0.9), np.linspace(0.1, 0.5, 50)].astype(np.float32)
    video_N = np.r_[np.zeros(5000, np.int64), np.arange(1, 51)]
    chosen = best(similar_N, np.arange(5050), video_N, count=3, per_video=1)
    assert chosen.tolist() == [0, 5049, 5048]


def test_cosines_are_those_of_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    asked_BD, known_ND = generator.normal(size=(3, 8)), generator.normal(size=(20, 8))
    units_BD = np.stack([direction(asked_D, 8) for asked_D in asked_BD])
    found_BN = cosines(units_BD, known_ND.astype(np.float32))
    np.testing.assert_allclose(
        found_BN, cosine_similarity(asked_BD, known_ND), atol=1e-6
    )


def test_features_without_a_direction_are_similar_to_nothing() -> None:
    found_BN = cosines(direction([1, 0], 2)[None], np.zeros((1, 2), np.float32))
    assert found_BN.tolist() == [[0.0]]


@pytest.mark.parametrize(
    ("vector", "said"),
    [([1.0], "2 features"), ([0.0, 0.0], "is 0"), ([1.0, np.nan], "not finite")],
)
def test_a_vector_that_is_none_is_refused(vector: list[float], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        direction(vector, 2)
