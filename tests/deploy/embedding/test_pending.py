"""When features are appended: from time to time, and whole videos where it can."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from insonify.deploy.embedding.about import About
from insonify.deploy.embedding.features import Features
from insonify.deploy.embedding.pending import Pending
from insonify.store import Store
from tests.deploy.conftest import FRAMES


@dataclass
class Appended:
    """What stands in for a table."""

    store: Store
    about: About
    pieces: list[tuple[float, pa.Table]] = field(default_factory=list)
    now: float = 0.0

    def append(self, rows: pa.Table) -> None:
        self.pieces.append((self.now, rows))


@pytest.fixture
def table(embedded: Features, monkeypatch: pytest.MonkeyPatch) -> Appended:
    table = Appended(embedded.store, embedded.about)
    monkeypatch.setattr("time.monotonic", lambda: table.now)
    return table


def fill(
    table: Any, *, commit_s: float, frames_a_second: int
) -> list[tuple[float, int]]:
    """Time and number of rows of every append, over all frames of the store."""
    features_BD = np.ones((frames_a_second, table.about.dim), np.float32)
    with Pending(table, commit_s) as rows:
        for first in range(0, 144, frames_a_second):
            table.now += 1
            part_B = np.arange(first, first + frames_a_second)
            rows.add(part_B, features_BD * part_B[:, None].astype(np.float32))
    whole = pa.concat_tables([piece for _, piece in table.pieces])
    assert whole.schema == table.about.schema
    numbers = np.arange(144)
    assert whole["index"].to_pylist() == (numbers % FRAMES).tolist()
    assert whole["video"].to_pylist() == [f"v-{n // FRAMES:04d}" for n in numbers]
    assert [v[0] for v in whole["vector"].to_pylist()] == numbers.tolist()
    return [(time_s, len(piece)) for time_s, piece in table.pieces]


def test_appends_end_with_a_video(table: Appended) -> None:
    found = fill(table, commit_s=3, frames_a_second=8)
    assert found == [(3, 24 - FRAMES), *[(t, 24) for t in range(6, 19, 3)], (18, 12)]


def test_a_long_video_is_not_waited_for_for_ever(table: Appended) -> None:
    """At a frame a second a video takes 12, four times as long as a commit waits."""
    found = fill(table, commit_s=3, frames_a_second=1)
    gaps = np.diff([0.0, *(time_s for time_s, _ in found)])
    assert gaps.max() == 9
    assert 9 in [rows for _, rows in found]


def test_zero_seconds_append_every_time(table: Appended) -> None:
    assert fill(table, commit_s=0, frames_a_second=12) == [
        (t, 12) for t in range(1, 13)
    ]
