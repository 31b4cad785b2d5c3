import pytest
from hypothesis import given
from hypothesis import strategies as st

from insonify.core.errors import ConfigError
from insonify.ingest.folder.shard import Shard


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 40))
def test_each_path_is_in_one_share(path: str, of: int) -> None:
    assert sum(Shard(number, of).holds(path) for number in range(1, of + 1)) == 1


def test_shares_are_even_and_stay_as_they_are() -> None:
    paths = [f"ward/{number}.dcm" for number in range(4000)]
    sizes = [sum(map(Shard(number, 8).holds, paths)) for number in range(1, 9)]
    assert min(sizes) > 420
    # Written down: another share in a later version would take files twice.
    assert [n for n in range(1, 9) if Shard(n, 8).holds("ward/Zoë.dcm")] == [6]
    assert Shard(1, 1).holds("M\udcfcller")


@pytest.mark.parametrize("text", ["", "3", "0/2", "3/2", "1/0", "-1/2", "a/b", "1/2/3"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--shard"):
        Shard.parse(text)


def test_a_share_is_read() -> None:
    assert Shard.parse("2/8") == Shard(2, 8)
