"""The predictions file of saliency refuses what contradicts itself, as its sibling."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from insonify.core.described import kind_of
from insonify.core.errors import ReportError
from insonify.core.predictions import read_predictions
from insonify.core.saliency_predictions import (
    KIND,
    SALIENCY_SCHEMA,
    SaliencyPredictions,
    concatenate_saliency,
    read_saliency,
    write_saliency,
)

SHAPE = (2, 3)
FRAMES = 4


def make(name: str = "siamese", **changes: Any) -> SaliencyPredictions:
    """Maps of one arm for four frames of two subjects; frame n has n + 1 points."""
    numbers = range(FRAMES)
    map_NC = np.arange(1.0, 1 + FRAMES * 6).reshape(FRAMES, 6)
    columns = {
        "arm": [name] * FRAMES,
        "protocol": ["frozen"] * FRAMES,
        "split": ["five"] * FRAMES,
        "fold": [0] * FRAMES,
        "seed": [0] * FRAMES,
        "fraction": [1.0] * FRAMES,
        "subject": [f"s-{number % 2}" for number in numbers],
        "video": [f"v-{number % 2}" for number in numbers],
        "time_s": [float(number) for number in numbers],
        "points": [[0.25, 0.5] * (number + 1) for number in numbers],
        "sigma": [[0.1, 0.2]] * FRAMES,
        "map": list(map_NC / map_NC.sum(1, keepdims=True)),
    }
    return SaliencyPredictions(
        task="gaze",
        shape=SHAPE,
        store="00ff",
        arms={name: {"baseline": None}},
        facts={"insonify": "0"},
        rows=pa.table(columns | changes, schema=SALIENCY_SCHEMA),
    )


def test_reads_what_was_written(tmp_path: Path) -> None:
    path, known = tmp_path / "s.parquet", make()
    write_saliency(path, known)
    found = read_saliency(path)
    assert found.rows.equals(known.rows)
    assert replace(found, rows=known.rows) == known
    assert [file.name for file in tmp_path.iterdir()] == ["s.parquet"]


def test_a_file_says_which_kind_it_is(tmp_path: Path) -> None:
    path, other = tmp_path / "s.parquet", tmp_path / "x.parquet"
    write_saliency(path, make())
    pq.write_table(pa.table({"x": [1]}), other)
    assert kind_of(path) == KIND
    assert kind_of(other) is None
    with pytest.raises(ReportError, match=r"absent\.parquet"):
        kind_of(tmp_path / "absent.parquet")
    with pytest.raises(ReportError, match=r"s\.parquet.*insonify transfer"):
        read_predictions(path)
    with pytest.raises(ReportError, match=r"x\.parquet.*insonify transfer"):
        read_saliency(other)


def test_lists_come_in_the_order_of_the_rows_also_of_a_slice() -> None:
    known = make()
    later = replace(known, rows=known.rows.slice(1, 2))
    np.testing.assert_array_equal(later.maps_NHW(), known.maps_NHW()[1:3])
    assert [len(points_P2) for points_P2 in later.points_of()] == [2, 3]
    np.testing.assert_array_equal(later.points_of()[0], [[0.25, 0.5]] * 2)
    np.testing.assert_allclose(later.sigmas_N2(), [[0.1, 0.2]] * 2)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"arm": ["other"] * FRAMES}, "arm"),
        ({"map": [[0.2] * 5] * FRAMES}, "cells"),
        ({"map": [[1.0] * 6] * FRAMES}, "sum"),
        ({"map": [[1.2, -0.2, 0, 0, 0, 0]] * FRAMES}, "negative"),
        ({"map": [[float("nan")] * 6] * FRAMES}, "sum"),
        ({"points": [[]] * FRAMES}, "no point"),
        ({"points": [[0.5]] * FRAMES}, "half a point"),
        ({"points": [[0.5, 0.5, 0.5]] * FRAMES}, "half a point"),
        ({"points": [[0.5, 1.0]] * FRAMES}, "off the view"),
        ({"points": [[float("nan"), 0.5]] * FRAMES}, "off the view"),
        ({"sigma": [[0.1, 0.0]] * FRAMES}, "sigma"),
        ({"subject": [None] * FRAMES}, "missing"),
    ],
)
def test_contradictions_are_refused(changes: dict[str, Any], found: str) -> None:
    with pytest.raises(ReportError, match=found):
        make(**changes)


def test_concatenation_keeps_all_arms_and_what_files_share_once() -> None:
    both = concatenate_saliency([make("a"), make("b"), make("a")])
    assert set(both.arms) == {"a", "b"}
    assert len(both.rows) == 2 * FRAMES
    assert both.facts == {"parts": [{"insonify": "0"}] * 3}
    assert concatenate_saliency([make("a")]) == make("a")


def test_a_map_counts_as_the_same_by_its_mass_not_by_its_largest_cell() -> None:
    cells = 1000
    even = np.full((FRAMES, cells), 1 / cells)
    tilted = even * np.tile([0.5, 1.5], cells // 2)  # no cell moves by 0.001
    parts = [
        SaliencyPredictions(**{**vars(make()), "shape": (10, 100), "rows": rows})
        for rows in (
            make_rows(even),
            make_rows(even * (1 + 1e-5 * np.tile([1, -1], cells // 2))),
            make_rows(tilted),
        )
    ]
    assert len(concatenate_saliency(parts[:2]).rows) == FRAMES
    with pytest.raises(ReportError, match="twice and differently"):
        concatenate_saliency([parts[0], parts[2]])


def make_rows(map_NC: np.ndarray[Any, np.dtype[np.float64]]) -> pa.Table:
    """The rows of :func:`make` with other maps."""
    rows = make().rows.to_pydict() | {"map": list(map_NC)}
    return pa.table(rows, schema=SALIENCY_SCHEMA)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"task": "muscle mask"}, "task"),
        ({"shape": (3, 2)}, "shape"),
        ({"store": "1111"}, "store"),
        ({"arms": {"b": {"recipe": "a"}, "a": {"recipe": "other"}}}, "something else"),
    ],
)
def test_what_cannot_be_compared_is_refused(change: dict[str, Any], found: str) -> None:
    with pytest.raises(ReportError, match=found):
        concatenate_saliency([make("a"), replace(make("b"), **change)])


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"split": ["other"] * FRAMES}, "splits"),
        ({"points": [[0.5, 0.5]] * FRAMES}, "4 frames have different points"),
        (
            {"points": [[0.25, 0.5] * n + [0.9, 0.9] for n in range(FRAMES)]},
            "4 frames have different points",
        ),
    ],
)
def test_rows_that_cannot_be_compared_are_refused(
    changes: dict[str, Any], found: str
) -> None:
    with pytest.raises(ReportError, match=found):
        concatenate_saliency([make("a"), make("b", **changes)])
