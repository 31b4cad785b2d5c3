"""Run folders are read as plain values, finished or not."""

from pathlib import Path

import pytest

from insonify.core.errors import ReportError
from insonify.report.page.run_record import read_run
from tests.report.material import write_run


def test_a_run_says_what_it_did(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "run"))
    assert run.finished
    assert (run.recipe, run.store, run.steps) == ("demo", "00ff", 20)
    assert run.curves["loss"].steps_N.tolist() == list(range(1, 21))
    assert run.curves["held_out.knn"].values_N.tolist() == [0.05, 0.1, 0.15, 0.2]
    assert run.hours == pytest.approx(20 * 10 / 100 / 3600)


def test_a_run_that_is_under_way_is_read_as_far_as_it_is(tmp_path: Path) -> None:
    folder = write_run(
        tmp_path / "run",
        finished=False,
        tail='{"step": 21, "loss": NaN, "order.loss": 1.0}\n{"step": 22, "lo',
    )
    run = read_run(folder)
    assert not run.finished
    assert run.curves["loss"].steps_N[-1] == 20
    assert run.curves["order.loss"].steps_N[-1] == 21
    (folder / "metrics.jsonl").unlink()
    assert read_run(folder).steps == 0


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("config.json", "{", "config.json: not readable"),
        ("config.json", "[]", "holds no JSON object"),
        ("config.json", "{}", "not of a run"),
        ("metrics.jsonl", "oh}\n", "line 1 is not JSON"),
        ("environment.json", "{", "environment.json: not readable"),
    ],
)
def test_damaged_runs_are_refused(
    tmp_path: Path, name: str, text: str, found: str
) -> None:
    folder = write_run(tmp_path / "run")
    (folder / name).write_text(text)
    with pytest.raises(ReportError, match=found):
        read_run(folder)
