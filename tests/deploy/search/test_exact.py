from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from insonify.deploy.embedding.features import Features
from insonify.deploy.search.exact import similarities
from insonify.transfer.knn import unit
from tests.deploy.search.conftest import DIM, FRAMES, embedded, rows


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Features:
    """Of six videos, of which two were embedded twice."""
    store, table = embedded(tmp_path_factory.mktemp("exact") / "store", 6)
    table.append(rows(store, ["v-04", "v-00"]))
    return Features.open(store)


@pytest.mark.parametrize("wanted", [0, 1, 10, 100, 6 * FRAMES])
def test_many_and_few_are_those_of_scikit_learn(
    features: Features, wanted: int
) -> None:
    generator = np.random.default_rng(wanted)
    asked_BD = generator.normal(size=(3, DIM)).astype(np.float32)
    positions_n = generator.permutation(features.positions_N)[:wanted]
    found_Bn = similarities(features, unit(asked_BD), positions_n)
    assert found_Bn.shape == (3, wanted)
    if wanted:
        known_nD = features.read(positions_n)
        np.testing.assert_allclose(
            found_Bn, cosine_similarity(asked_BD, known_nD), atol=1e-6
        )


def test_parts_are_joined(features: Features, monkeypatch: pytest.MonkeyPatch) -> None:
    units_BD = unit(np.random.default_rng(0).normal(size=(1, DIM)).astype(np.float32))
    for positions_n in (features.positions_N, features.positions_N[::9]):
        whole_Bn = similarities(features, units_BD, positions_n)
        with monkeypatch.context() as small:
            small.setattr("insonify.deploy.search.exact._AT_ONCE", 7)
            parts_Bn = similarities(features, units_BD, positions_n)
        np.testing.assert_allclose(parts_Bn, whole_Bn, atol=1e-6)


def test_the_table_may_be_of_an_old_version(tmp_path: Path) -> None:
    """Rows that were appended after the features were opened are none of theirs."""
    store, table = embedded(tmp_path / "store", 3)
    before = Features.open(store)
    table.append(rows(store, ["v-00"]))
    units_BD = np.eye(1, DIM, dtype=np.float32)
    found_Bn = similarities(before, units_BD, before.positions_N)
    known_nD = before.read(before.positions_N)
    np.testing.assert_allclose(
        found_Bn, cosine_similarity(units_BD, known_nD), atol=1e-6
    )
