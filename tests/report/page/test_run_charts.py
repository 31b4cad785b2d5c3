"""Curves of several runs become one line and a band."""

from pathlib import Path

import numpy as np
import pytest

from insonify.report.page.run_charts import common_points, run_charts, title_of
from insonify.report.page.run_groups import group_runs
from insonify.report.page.run_record import Curve, read_run
from tests.report.material import write_run


def test_few_steps_are_drawn_as_they_are() -> None:
    curves = [
        Curve(np.array([5, 10, 15]), np.array([1.0, 2.0, 3.0])),
        Curve(np.array([5, 10]), np.array([3.0, 4.0])),
    ]
    steps_P, values_RP = common_points(curves)
    assert steps_P.tolist() == [5, 10]
    assert values_RP.tolist() == [[1, 2], [3, 4]]


def test_of_many_steps_means_over_stretches_are_drawn() -> None:
    generator = np.random.default_rng(0)
    steps_N = np.arange(1, 3001)
    values_N = generator.normal(size=3000)
    steps_P, values_RP = common_points([Curve(steps_N, values_N)])
    assert values_RP.shape == (1, 150)
    by_hand = values_N.reshape(150, 20).mean(1)
    np.testing.assert_allclose(values_RP[0], by_hand)
    assert steps_P[[0, -1]].tolist() == [20, 3000]


def test_the_band_goes_from_least_to_most(tmp_path: Path) -> None:
    runs = [
        read_run(write_run(tmp_path / str(fold), options={"fold": fold}))
        for fold in (0, 1, 2)
    ]
    (chart,) = run_charts(group_runs(runs), ["loss"])
    band, line = chart.data
    assert line["name"] == "demo"
    assert line["y"][0] == pytest.approx(6.0)
    assert band["y"][:1] + band["y"][-1:] == [7.0, 5.0]
    assert band["x"] == line["x"] + line["x"][::-1]
    (speed,) = run_charts(group_runs(runs), ["learning_rate"])
    assert len(speed.data) == 1


def test_what_was_measured_once_is_no_curve(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "run", steps=5))
    assert not list(run_charts(group_runs([run]), ["held_out.knn"]))
    assert title_of("held_out.order.shortest_path") == (
        "held-out subjects, order: shortest path"
    )
