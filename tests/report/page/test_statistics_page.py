"""What a page shows of statistics, and that Markdown says the same."""

import re
from dataclasses import replace
from itertools import chain

import numpy as np
import pyarrow as pa
import pytest

from insonify.core.predictions import SCHEMA, Predictions
from insonify.report.page.statistics_page import reliability_chart, statistics_shown
from insonify.report.tables.adjusted import adjusted
from insonify.report.tables.grids import Grid, grids
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.render import as_json, as_markdown, primary_rows
from insonify.report.tables.rows import Row, Table
from insonify.report.tables.saliency_table import build_saliency_table
from insonify.report.tables.statistics import holm
from insonify.report.tables.subgroups import subgroups
from insonify.report.tables.table import build_table
from tests.report.tables.test_saliency_table import make as make_saliency
from tests.report.tables.test_table import made_up, row_of, rows_of

OPTIONS = ReportOptions(resamples=1000)
CLASSES = ("abdomen", "background", "brain")


@pytest.fixture(scope="module")
def predictions() -> Predictions:
    """Two shares of labels, of which the lesser leaves less skill."""
    skills = {
        ("siamese", 1.0): 0.8,
        ("siamese", 0.1): 0.6,
        ("random", 1.0): 0.5,
        ("random", 0.1): 0.1,
    }
    rows = chain.from_iterable(
        ({**row, "fraction": share} for row in rows_of(arm, skill, CLASSES))
        for (arm, share), skill in skills.items()
    )
    return replace(made_up(), rows=pa.Table.from_pylist(list(rows), schema=SCHEMA))


@pytest.fixture(scope="module")
def table(predictions: Predictions) -> Table:
    sites = {f"s-{n:02d}": "<north>" if n < 10 else "south" for n in range(24)}
    groupings = subgroups(predictions, {"site": sites}, OPTIONS)
    return replace(build_table(predictions, OPTIONS), groupings=groupings)


def grid_of(table: Table, title: str) -> Grid:
    return next(grid for grid in grids(table) if grid.title == title)


def test_every_kind_of_statistic_is_shown(table: Table) -> None:
    assert [grid.title for grid in grids(table)] == [
        "Calibration",
        "Tests and effect sizes against untrained weights",
        "What labels are worth",
        "Events in videos",
        "By site",
    ]
    for grid in grids(table):
        assert grid.notes
        assert {len(row) for row in grid.rows} == {len(grid.heads)}


def test_markdown_and_page_say_the_same(table: Table) -> None:
    text, shown = as_markdown([table]), statistics_shown(table)
    for grid in shown["grids"]:
        assert f"## {grid.title}\n" in text
        for row in grid.rows:
            assert "| " + " | ".join(row) + " |" in text
    assert '"ece": {' in as_json([table])
    assert '"heterogeneity_p": {' in as_json([table])


def test_calibration_is_shown_of_the_primary_protocol(table: Table) -> None:
    grid = grid_of(table, "Calibration")
    assert [row[:3] for row in grid.rows] == [
        ("random", "knn", "1"),
        ("siamese", "knn", "1"),
    ]
    ece = primary_rows(table)[1].figures["ece"]
    assert grid.rows[1][3].startswith(f"{ece.value:.3f} ±")


def test_p_values_are_adjusted_over_all_gains_of_a_figure(table: Table) -> None:
    tested = [row for row in table.rows if row.p]
    assert [(row.arm, row.fraction) for row in tested] == [
        ("siamese", 0.1),
        ("siamese", 1.0),
    ]
    for name in ("macro_f1", "macro_f1_foreground"):
        wanted = holm(np.array([row.p[name] for row in tested]))
        np.testing.assert_allclose([row.p_holm[name] for row in tested], wanted)
    lines = as_markdown([table]).splitlines()
    assert any(line.startswith("| siamese | knn | 0.1 |") for line in lines)
    main = next(line for line in lines if line.startswith("| siamese | knn | 0.1 |"))
    assert re.search(r"\] p (0\.\d{3}|< 0\.001) \|$", main)


def test_rows_that_were_not_tested_count_for_nothing(table: Table) -> None:
    row = row_of(table, "siamese")
    made: list[Row] = [
        replace(row, p={"macro_f1": 0.02}),
        replace(row, p={}),
        replace(row, p={"macro_f1": 0.03, "kl": 0.04}),
    ]
    found = [each.p_holm for each in adjusted(made)]
    assert found == [{"macro_f1": 0.04}, {}, {"macro_f1": 0.04, "kl": 0.04}]


def test_labels_are_worth_what_untrained_weights_need_of_them(table: Table) -> None:
    siamese = next(each for each in table.learning if each.arm == "siamese")
    assert siamese.figure == "macro_f1_foreground"
    assert siamese.gain is not None
    assert siamese.gain.low > 0
    assert [each.fraction for each in siamese.equals] == [0.1, 1.0]
    assert np.isinf(siamese.equals[1].share)
    line = grid_of(table, "What labels are worth").rows[1]
    assert line[-1].endswith("1: > 1 [> 1, > 1]")


def test_the_reliability_diagram_has_a_line_an_arm_and_the_diagonal(
    table: Table,
) -> None:
    rows = primary_rows(table)
    chart = reliability_chart(rows)
    assert [trace["name"] for trace in chart.data] == ["random", "siamese", "perfect"]
    bins = [each for each in rows[1].reliability if each.frames]
    assert chart.data[1]["x"] == pytest.approx([b.confidence for b in bins], abs=1e-4)
    assert sum(each.frames for each in bins) == rows[1].frames
    assert len(statistics_shown(table)["bins"]) == sum(
        sum(each.frames > 0 for each in row.reliability) for row in rows
    )


def test_saliency_has_tests_and_effects_of_both_figures() -> None:
    table = build_saliency_table(make_saliency(), OPTIONS)
    row = row_of(table, "good")
    assert set(row.p) == {"kl", "nss"}
    kl, nss = row.effects
    assert (kl.figure, nss.figure) == ("kl", "nss")
    assert kl.improved == nss.improved == 1.0
    assert kl.size.value < 0 < nss.size.value
    (grid,) = grids(table)
    assert grid.title.startswith("Tests")
    assert [line[3] for line in grid.rows] == ["KL ↓", "NSS"]
    shown = statistics_shown(table)
    assert not shown["charts"]
    assert not shown["bins"]
