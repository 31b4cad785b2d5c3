from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from insonify.core.errors import ConfigError
from insonify.deploy.embedding.features import Features
from insonify.deploy.embedding.table import FeatureTable
from insonify.deploy.search.index import IndexOptions, build_index, index_of
from insonify.deploy.search.partitions import centres
from insonify.deploy.search.search import Search
from insonify.store import Store
from insonify.transfer.knn import unit
from tests.deploy.search.conftest import DIM, FINE, FRAMES, add_videos, embedded, rows

SMALL = 6


@pytest.fixture
def small(tmp_path: Path) -> tuple[Store, FeatureTable]:
    return embedded(tmp_path / "store", SMALL)


def finds(store: Store, video: str) -> None:
    """Every way of searching finds a frame of a video, once."""
    search = Search.open(store, Features.open(store))
    number = store.frames().video_ids.index(video)
    position = int(store.frames().starts_V()[number]) + 7
    (vector_D,) = search.features.read(np.array([position]))
    for exact in (True, False):
        hits = search.near(vector_D, 40, per_video=40, exact=exact)
        assert hits[0].position == position
        found = [hit.position for hit in hits]
        assert len(set(found)) == len(found)


def test_small_tables_have_none(small: tuple[Store, FeatureTable]) -> None:
    store, _ = small
    said = build_index(Features.open(store), IndexOptions(least=SMALL * FRAMES + 1))
    assert said.startswith("no index")
    assert not Search.open(store, Features.open(store)).indexed
    finds(store, "v-03")


def test_it_is_made_told_of_and_left_alone(small: tuple[Store, FeatureTable]) -> None:
    store, _ = small
    stages: list[str] = []
    said = build_index(
        Features.open(store), FINE, lambda doing, *_: stages.append(doing)
    )
    assert said == "an index of 180 frames in 2 partitions"
    assert stages
    version = Features.open(store).dataset.version
    assert "up to date" in build_index(Features.open(store), FINE)
    assert Features.open(store).dataset.version == version


def test_frames_that_came_later_are_found_and_added(
    small: tuple[Store, FeatureTable],
) -> None:
    store, table = small
    build_index(Features.open(store), FINE)
    add_videos(store, range(SMALL, SMALL + 2))
    table.append(rows(store, ["v-06", "v-07"]))
    finds(store, "v-07")
    finds(store, "v-02")
    before = index_of(Features.open(store).dataset)
    assert before is not None
    assert (before.rows, before.others) == (180, 60)
    assert build_index(Features.open(store), FINE) == (
        "60 frames were added to the index of 180"
    )
    after = index_of(Features.open(store).dataset)
    assert after is not None
    assert (after.rows, after.others) == (240, 0)
    finds(store, "v-07")
    finds(store, "v-02")


def test_of_a_table_that_has_grown_it_is_made_anew(
    small: tuple[Store, FeatureTable],
) -> None:
    store, table = small
    build_index(Features.open(store), FINE)
    add_videos(store, range(SMALL, 3 * SMALL))
    table.append(rows(store, [f"v-{number:02d}" for number in range(6, 18)]))
    said = build_index(Features.open(store), FINE)
    assert said == "an index of 540 frames in 6 partitions"
    finds(store, "v-16")


@pytest.mark.parametrize("indexed", [True, False])
def test_a_frame_that_was_embedded_twice_is_found_once(
    small: tuple[Store, FeatureTable], indexed: bool
) -> None:
    store, table = small
    table.append(rows(store, ["v-01", "v-02"]))
    if indexed:
        build_index(Features.open(store), FINE)
    finds(store, "v-02")
    table.tidy()
    finds(store, "v-02")


def test_rows_of_no_frame_are_not_found(small: tuple[Store, FeatureTable]) -> None:
    store, table = small
    versions = store.versions
    add_videos(store, range(SMALL, SMALL + 1))
    table.append(rows(store, ["v-06"]))
    build_index(Features.open(store), FINE)
    before = Store.open(store.path, versions)
    search = Search.open(before, Features.open(before))
    hits = search.near(np.ones(search.features.dim), 50, per_video=50)
    assert {hit.video for hit in hits} <= {f"v-{n:02d}" for n in range(SMALL)}


def test_options_are_positive() -> None:
    with pytest.raises(ConfigError, match="at least 1"):
        IndexOptions(partition=0)


def test_partitions_are_where_the_features_are(
    small: tuple[Store, FeatureTable],
) -> None:
    features = Features.open(small[0])
    centres_PD = centres(features, 6)
    np.testing.assert_allclose(np.linalg.norm(centres_PD, axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(centres(features, 6), centres_PD)
    near_N = (unit(features.read(features.positions_N)) @ centres_PD.T).max(1)
    whole = unit(features.read(features.positions_N).mean(0)[None])[0]
    assert near_N.mean() > (unit(features.read(features.positions_N)) @ whole).mean()


def test_frames_that_are_all_alike_are_partitioned_without_a_warning(
    tmp_path: Path,
) -> None:
    store, table = embedded(tmp_path / "store", 1)
    same = rows(store, ["v-00"])
    half = pa.array(np.tile(np.arange(DIM, dtype=np.float16), len(same)))
    column = pa.FixedSizeListArray.from_arrays(half, DIM)
    table.dataset.delete("true")
    table.append(same.set_column(3, same.schema.field("vector"), column))
    build_index(Features.open(store), IndexOptions(least=1, partition=5))
    assert index_of(Features.open(store).dataset) is not None
