"""Runs are put together that differ in fold and seed alone."""

from pathlib import Path
from typing import Any

from insonify.report.page.run_groups import group_runs
from insonify.report.page.run_record import read_run
from insonify.report.page.runs_page import runs_said, runs_shown
from tests.report.material import write_run


def test_folds_and_seeds_of_one_recipe_are_one_group(tmp_path: Path) -> None:
    asked = [{"fold": f, "seed": s, "workers": f} for f in (0, 1) for s in (0, 1)]
    paths = [write_run(tmp_path / str(k), options=each) for k, each in enumerate(asked)]
    (group,) = group_runs([read_run(path) for path in paths])
    assert group.name == "demo"
    assert (len(group.runs), group.finished) == (4, 4)
    assert (group.values("fold"), group.values("seed")) == ([0, 1], [0, 1])


def test_other_options_are_named_where_they_differ(tmp_path: Path) -> None:
    asked: list[dict[str, Any]] = [
        {"recipe": "simclr"},
        {"optimisation": {"learning_rate": 0.01}},
        {"optimisation": {"learning_rate": 0.003}},
    ]
    paths = [write_run(tmp_path / str(k), options=each) for k, each in enumerate(asked)]
    names = [group.name for group in group_runs([read_run(path) for path in paths])]
    assert names == ["demo, learning rate 0.01", "demo, learning rate 0.003", "simclr"]


def test_the_page_tells_of_runs_that_are_not_finished(tmp_path: Path) -> None:
    runs = [
        read_run(write_run(tmp_path / str(k), options={"fold": k}, finished=not k))
        for k in (0, 1)
    ]
    assert "2 pretraining runs of demo: 1 finished" in runs_said(runs)
    shown = runs_shown(runs)
    (row,) = shown["rows"]
    assert row[:5] == ["demo", "1 of 2", "0, 1", "0", "20"]
    assert row[-1] == "0.2"
    titles = [title for charts in shown["charts"].values() for title, *_ in charts]
    assert titles[:2] == ["loss", "order: accuracy"]  # order.loss is all of the loss
    assert "held-out subjects: k-NN, balanced accuracy" in titles
