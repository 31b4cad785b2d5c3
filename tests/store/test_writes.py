import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from insonify.store.rows import WRITE
from insonify.store.writes import (
    filled,
    first_of_each,
    first_write_before,
    last_of_each,
    new_write,
    owners,
)

PAIRS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=12, unique=True
)


def table(pairs: list[tuple[str, int]]) -> pa.Table:
    videos, writes = zip(*pairs, strict=True) if pairs else ((), ())
    columns = [pa.array(videos, pa.string()), pa.array(writes, pa.int64())]
    return pa.table(columns, names=["video", "write"])


def pairs_of(rows: pa.Table) -> list[tuple[str, int]]:
    return [(row["video"], row["write"]) for row in rows.to_pylist()]


@settings(deadline=None, derandomize=True, max_examples=80)
@given(videos=PAIRS, rows=PAIRS)
def test_rows_count_as_one_by_one(
    videos: list[tuple[str, int]], rows: list[tuple[str, int]]
) -> None:
    least = {video: min(w for v, w in videos if v == video) for video, _ in videos}
    first = first_of_each(table(videos))
    assert pairs_of(first) == [one for one in videos if least[one[0]] == one[1]]
    ids = [video for video, _ in pairs_of(first)]
    wanted = [ids.index(v) if least.get(v) == w else -1 for v, w in rows]
    assert owners(table(rows), first).tolist() == wanted
    most = {video: max(w for v, w in rows if v == video) for video, _ in rows}
    assert last_of_each(table(rows)).tolist() == [most[v] == w for v, w in rows]


def test_of_two_rows_that_are_alike_one_counts() -> None:
    assert len(first_of_each(table([("a", 0), ("b", 0), ("a", 0)]))) == 2


def test_writes_increase_with_time_and_differ() -> None:
    drawn = [new_write() for _ in range(1000)]
    assert len(set(drawn)) > 990
    assert all(0 < write < 2**63 for write in drawn)
    assert new_write(after=2**62) == 2**62 + 1
    now = 1_800_000_000.5
    assert first_write_before(now) < first_write_before(now + 0.001) < 2**63
    assert max(drawn) < first_write_before(4e9)


def test_what_is_older_than_writes_has_write_0() -> None:
    rows = pa.table({"video": ["a", "b"]})
    assert filled(rows)["write"].to_pylist() == [0, 0]
    mixed = rows.append_column(WRITE, pa.array([None, 7], pa.int64()))
    assert filled(mixed)["write"].to_pylist() == [0, 7]
    assert filled(mixed).column_names == ["video", "write"]
