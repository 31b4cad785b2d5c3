from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insonify.core.errors import ConfigError, StoreError
from insonify.deploy.embedding.features import Features
from insonify.deploy.search.exact import similarities
from insonify.deploy.search.hits import Hit
from insonify.deploy.search.indexed_rows import Effort
from insonify.deploy.search.search import Search
from insonify.store.frames import Integers
from insonify.transfer.examples import Floats
from tests.deploy.search import brute
from tests.deploy.search.conftest import (
    DIM,
    VIDEOS,
    Archive,
    embedded,
    still_video,
)

SUBJECTS = [f"s-{number:02d}" for number in range(VIDEOS // 2)]
NAMES = [f"v-{number:02d}" for number in range(VIDEOS)]


@pytest.fixture(scope="module")
def search(archive: Archive) -> Search:
    """With an index that is asked whatever is wanted."""
    found = Search.open(archive.store, archive.features)
    assert found.indexed
    return replace(found, effort=Effort(few=0))


def some_of(names: list[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(names), max_size=6)


QUERIES = st.builds(
    brute.Query,
    count=st.integers(1, 30),
    per_video=st.integers(1, 3),
    subjects=st.none() | some_of(SUBJECTS),
    without_subjects=some_of(SUBJECTS),
    videos=st.none() | some_of(NAMES),
    without_videos=some_of(NAMES),
    labels=st.none() | st.sampled_from([("plane", "head"), ("plane", "heart")]),
)


@pytest.fixture(scope="module")
def frames(archive: Archive) -> list[brute.Frame]:
    return brute.every_frame(archive.store, archive.features)


@settings(max_examples=40)
@given(query=QUERIES, seed=st.integers(0, 2**32 - 1), exact=st.booleans())
def test_all_filters_find_what_brute_force_finds(
    search: Search,
    frames: list[brute.Frame],
    query: brute.Query,
    seed: int,
    *,
    exact: bool,
) -> None:
    vector_D = np.random.default_rng(seed).normal(1, 1, DIM).astype(np.float32)
    asked = vector_D.tolist()
    hits = search.near(vector_D, exact=exact, **vars(query))
    wanted = brute.search(frames, asked, query)
    # An index rounds to 8 bits, by which it may take a frame's neighbour for it.
    np.testing.assert_allclose(
        [hit.similarity for hit in hits],
        [brute.cosine(asked, frame.features) for frame in wanted],
        atol=1e-5 if exact else 5e-3,
    )
    known = {frame.position: frame for frame in frames}
    for hit in hits:
        frame = known[hit.position]
        assert brute.allowed(frame, query)
        assert hit.similarity == pytest.approx(
            brute.cosine(asked, frame.features), abs=1e-5
        )
    videos = [hit.video for hit in hits]
    assert all(videos.count(video) <= query.per_video for video in videos)


@pytest.mark.parametrize("exact", [True, False])
def test_a_frame_finds_itself(search: Search, exact: bool) -> None:
    index = search.store.frames()
    (vector_D,) = search.features.read(np.array([431]))
    (first,) = search.near(vector_D, 1, exact=exact)
    assert first.similarity == pytest.approx(1, abs=1e-6)
    assert first == Hit(
        position=431,
        video="v-14",
        frame=11,
        subject="s-07",
        time_s=float(index.time_s_N[431]),
        similarity=first.similarity,
    )


def test_where_there_are_fewer_fewer_come(search: Search) -> None:
    hits = search.near(np.ones(DIM), 100)
    assert len(hits) == VIDEOS
    assert search.near(np.ones(DIM), 5, subjects=frozenset()) == []


def test_the_index_is_asked_and_few_frames_are_all_looked_at(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []

    def counted(of: Features, units_BD: Floats, positions: Integers) -> Floats:
        looked.append(len(positions))
        return similarities(of, units_BD, positions)

    monkeypatch.setattr("insonify.deploy.search.search.similarities", counted)
    search.near(np.ones(DIM), 5)
    assert looked == [search.effort.again * 5]
    search.near(np.ones(DIM), 5, exact=True)
    assert looked[1:] == [len(search.features)]
    few = replace(search, effort=Effort(few=100))
    few.near(np.ones(DIM), 5, videos=frozenset({"v-00", "v-01", "v-02"}))
    assert looked[2:] == [90]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"subjects": frozenset({"s-99"})}, "no subject 's-99'.* there are 12"),
        ({"without_subjects": frozenset({"x"})}, "no subject 'x'"),
        ({"videos": frozenset({"v-99"})}, "no video 'v-99'"),
        ({"labels": ("plane", "spine")}, "'spine' of task 'plane'; there are head"),
        ({"labels": ("organ", "liver")}, "no labels of task 'organ'"),
    ],
)
def test_what_the_store_does_not_know_is_refused(
    search: Search, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(StoreError, match=said):
        search.near(np.ones(DIM), 5, **options)


def test_what_comes_into_the_store_moves_no_frame(tmp_path: Path) -> None:
    """A video that comes first in order moves the positions of all others."""
    store, _ = embedded(tmp_path / "store", 3)
    search = Search.open(store, Features.open(store))
    asked: dict[str, Any] = {
        "labels": ("plane", "head"),
        "without_videos": frozenset({"v-01"}),
    }
    before = search.near(np.ones(DIM), 5, per_video=2, **asked)
    first = replace(still_video(0), video="v-", subject="s-new")
    store.commit([store.write_video(first, "f-new")])
    assert store.frames().video_ids[0] == "v-"
    assert search.near(np.ones(DIM), 5, per_video=2, **asked) == before


@pytest.mark.parametrize("options", [{"count": 0}, {"per_video": 0}])
def test_numbers_are_positive(search: Search, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="at least 1"):
        search.near(np.ones(DIM), **options)
