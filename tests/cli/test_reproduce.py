"""The whole study, tiny: three folds, some arms, both tasks, three tables."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from insonify.cli import reproduce
from insonify.cli.main import run
from insonify.recipes import with_size
from insonify.store import Store
from insonify.store.gaze import VideoGaze
from insonify.studies import plan as studies_plan
from insonify.studies.plan import Plan, make_plan

SIZE = (32, 40)
ARMS = ("siamese", "order_only")


def tiny(*arguments: object, **options: object) -> Plan:
    """The CPU plan with next to no steps."""
    plan = make_plan(*arguments, **options).stretched(0)  # type: ignore[arg-type]
    small = [
        replace(with_size(o, SIZE), steps=1, batch=2, workers=0)
        for o in plan.pretraining
    ]
    course = replace(plan.planes.finetune, steps=1, batch=2, reference=2.0)
    return replace(
        plan,
        pretraining=tuple(small),
        gaze=(replace(plan.gaze[0], size=SIZE, steps=1, batch=2),),
        planes=replace(plan.planes, finetune=course, frames_per_video=2),
        saliency=replace(
            plan.saliency,
            finetune=course,
            frozen=replace(plan.saliency.frozen, steps=1, batch=2),
            frames_per_video=2,
        ),
    )


@pytest.fixture
def looked_at(store: Store) -> Store:
    """The shared store, with an eye that rests in the middle of every video."""
    times_s_G = np.arange(0, 2, 0.1)
    gaze = VideoGaze(
        times_s_G=times_s_G,
        points_G2=np.full((len(times_s_G), 2), (64.0, 48.0)),
        sigma_G2=np.full((len(times_s_G), 2), 8.0),
    )
    store.write_gaze(dict.fromkeys(store.frames().video_ids, gaze))
    return store


@pytest.mark.slow
def test_a_study_runs_resumes_and_prints_its_tables(
    looked_at: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(reproduce, "make_plan", tiny)
    monkeypatch.setattr(studies_plan, "ARMS", ARMS)
    monkeypatch.setattr(Plan, "stretched", lambda plan, _: plan)
    out = tmp_path / "study"
    words = ["reproduce", str(looked_at.path), str(out), "--task", "texture"]
    assert run([*words, "--resamples", "1000"]) == 0
    text = (out / "tables.md").read_text()
    for title in ("Table 1", "Table 2", "Table 3"):
        assert title in text
    for arm in (*ARMS, "random", "static", "supervised", "gaze_point"):
        assert f"| {arm} |" in text
    assert "0.757 ±0.02" in text  # the paper's siamese, beside ours

    before = (out / "planes.parquet").stat().st_mtime_ns
    (out / "saliency.parquet").unlink()
    capsys.readouterr()
    assert run([*words, "--resamples", "1000"]) == 0
    assert capsys.readouterr().out.count("done before") == 3 * (len(ARMS) + 1)
    assert (out / "planes.parquet").stat().st_mtime_ns == before
    assert (out / "tables.md").read_text() == text
    assert run([*words, "--seeds", "0", "1"]) == 2
    assert "holds a study with other options" in capsys.readouterr().err
