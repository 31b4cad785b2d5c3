from dataclasses import replace

import pytest

from insonify.core.errors import ConfigError, StoreError
from insonify.deploy.search.filters import Wanted
from insonify.deploy.search.hits import Hit, Limits
from insonify.deploy.search.indexed_rows import Effort
from insonify.deploy.search.recall import recall
from insonify.deploy.search.search import Search
from tests.deploy.search.conftest import Archive


@pytest.fixture(scope="module")
def search(archive: Archive) -> Search:
    return replace(Search.open(archive.store, archive.features), effort=Effort(few=0))


def test_an_index_that_is_looked_through_finds_nearly_all(search: Search) -> None:
    found = recall(search, count=5, queries=30)
    assert found.share > 0.97
    assert found.queries == 30
    assert found.seconds > 0


def test_what_an_index_does_not_find_is_counted(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Search.find

    def poor(self: Search, vector: object, wanted: Wanted, limits: Limits) -> list[Hit]:
        return whole(self, vector, wanted, limits, exact=True)[:2]  # type: ignore[arg-type]

    monkeypatch.setattr(Search, "find", poor)
    assert recall(search, count=5, queries=20).share == pytest.approx(0.4)


def test_without_an_index_there_is_nothing_to_measure(archive: Archive) -> None:
    exact = Search.open(archive.store, archive.features)
    bare = replace(exact, rows=None)
    with pytest.raises(StoreError, match="no index"):
        recall(bare)
    with pytest.raises(ConfigError, match="queries"):
        recall(exact, queries=0)
