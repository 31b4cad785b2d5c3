"""The predictions file says what it holds, and refuses what contradicts itself."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from insonify.core.errors import ReportError
from insonify.core.predictions import (
    SCHEMA,
    Predictions,
    concatenate,
    read_predictions,
    write_predictions,
)


def make(name: str = "siamese", frames: int = 4, **changes: Any) -> Predictions:
    """Predictions of one arm for ``frames`` frames of two subjects."""
    numbers = range(frames)
    share = np.linspace(0.1, 0.9, frames, dtype=np.float32)
    columns = {
        "arm": [name] * frames,
        "protocol": ["knn"] * frames,
        "split": ["five"] * frames,
        "fold": [0] * frames,
        "seed": [0] * frames,
        "fraction": [1.0] * frames,
        "subject": [f"s-{number % 2}" for number in numbers],
        "video": [f"v-{number % 2}" for number in numbers],
        "time_s": [float(number) for number in numbers],
        "truth": ["abdomen" if number % 2 else "brain" for number in numbers],
        "probabilities": list(np.stack([share, 1 - share], axis=1)),
    }
    return Predictions(
        task="plane",
        classes=("abdomen", "brain"),
        store="00ff",
        arms={name: {"baseline": None, "recipe": name}},
        facts={"insonify": "0"},
        rows=pa.table(columns | changes, schema=SCHEMA),
    )


def test_reads_what_was_written(tmp_path: Path) -> None:
    path, known = tmp_path / "p.parquet", make()
    write_predictions(path, known)
    found = read_predictions(path)
    assert found.rows.equals(known.rows)
    assert replace(found, rows=known.rows) == known
    assert [file.name for file in tmp_path.iterdir()] == ["p.parquet"]


def test_probabilities_come_in_the_order_of_the_rows() -> None:
    known = make()
    later = replace(known, rows=known.rows.slice(1, 2))
    np.testing.assert_array_equal(
        later.probabilities_NC(), known.probabilities_NC()[1:3]
    )


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"truth": ["femur"] * 4}, "truth"),
        ({"arm": ["other"] * 4}, "arm"),
        ({"probabilities": [[0.5, 0.5, 0.0]] * 4}, "3"),
        ({"probabilities": [[0.5, 0.6]] * 4}, "sum"),
        ({"probabilities": [[1.5, -0.5]] * 4}, "sum"),
        ({"probabilities": [[float("nan"), 1.0]] * 4}, "sum"),
        ({"subject": [None] * 4}, "missing"),
    ],
)
def test_contradictions_are_refused(changes: dict[str, Any], found: str) -> None:
    with pytest.raises(ReportError, match=found):
        make(**changes)


def test_no_rows_are_refused() -> None:
    with pytest.raises(ReportError, match="no rows"):
        make(frames=0)


def spoil_nothing_there(path: Path) -> None:
    path.unlink()


def spoil_truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def spoil_other_parquet(path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), path)


def spoil_other_version(path: Path) -> None:
    table = pq.read_table(path)
    head = table.schema.metadata[b"insonify.predictions"]
    newer = head.replace(b'"format": 1', b'"format": 99')
    pq.write_table(table.replace_schema_metadata({"insonify.predictions": newer}), path)


@pytest.mark.parametrize(
    "spoil",
    [spoil_nothing_there, spoil_truncated, spoil_other_parquet, spoil_other_version],
)
def test_unreadable_files_are_refused(
    spoil: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "p.parquet"
    write_predictions(path, make())
    spoil(path)
    with pytest.raises(ReportError, match=r"p\.parquet.*insonify transfer"):
        read_predictions(path)


def test_concatenation_keeps_all_arms() -> None:
    both = concatenate([make("siamese"), make("order_only")])
    assert set(both.arms) == {"siamese", "order_only"}
    assert len(both.rows) == 8


def test_what_two_files_share_is_kept_once() -> None:
    first, second = make("random"), make("random")
    both = concatenate([first, second])
    assert both.rows.equals(first.rows)


def test_one_arm_with_two_opinions_is_refused() -> None:
    other = make("random", probabilities=[[0.5, 0.5]] * 4)
    with pytest.raises(ReportError, match="twice and differently"):
        concatenate([make("random"), other])


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"task": "zone"}, "task"),
        ({"classes": ("brain", "abdomen")}, "classes"),
        ({"store": "1111"}, "store"),
        ({"arms": {"b": {"recipe": "a"}, "a": {"recipe": "other"}}}, "something else"),
    ],
)
def test_what_cannot_be_compared_is_refused(change: dict[str, Any], found: str) -> None:
    with pytest.raises(ReportError, match=found):
        concatenate([make("a"), replace(make("b"), **change)])


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"split": ["other"] * 4}, "splits"),
        ({"truth": ["brain"] * 4}, "different truths"),
    ],
)
def test_rows_that_cannot_be_compared_are_refused(
    changes: dict[str, Any], found: str
) -> None:
    with pytest.raises(ReportError, match=found):
        concatenate([make("a"), make("b", **changes)])
