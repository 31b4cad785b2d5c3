"""The whole study, tiny: three folds, some arms, both tasks, three tables."""

from dataclasses import replace
from pathlib import Path

import pytest

from insonify.cli import reproduce
from insonify.cli.main import run
from insonify.cli.transfer import load_arms
from insonify.core.errors import ConfigError
from insonify.recipes import with_size
from insonify.store import Store
from insonify.studies import plan as studies_plan
from insonify.studies.plan import Plan, make_plan
from insonify.studies.ready import require_ready
from tests.cli.conftest import save_foreign

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


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [
        ("imagenet=", (48, 60), "adopt it with --size 32 40"),
        ("siamese=", SIZE, "a name that no arm of the study has"),
        ("random=", SIZE, "is taken"),
        ("=", SIZE, "write NAME=CHECKPOINT"),
    ],
)
def test_foreign_encoders_need_a_name_and_the_size_of_the_study(
    looked_at: Store, tmp_path: Path, name: str, size: tuple[int, int], said: str
) -> None:
    save_foreign(tmp_path / "other", size)
    looked_at.make_split("s", folds=3, task="texture", seed=0)
    arms = (f"{name}{tmp_path / 'other'}",)
    plan = tiny("cpu", task="texture", split="s", folds=3, seeds=(0,), foreign=arms)
    with pytest.raises(ConfigError, match=said):
        require_ready(plan, looked_at, load_arms(arms))


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
    out, imagenet = tmp_path / "study", tmp_path / "imagenet"
    save_foreign(imagenet, SIZE)
    words = ["reproduce", str(looked_at.path), str(out), "--task", "texture"]
    words += ["--foreign", f"imagenet={imagenet}"]
    assert run([*words, "--resamples", "1000"]) == 0
    text = (out / "tables.md").read_text()
    for title in ("Table 1", "Table 2", "Table 3"):
        assert title in text
    twins = [f"random {name} 32x40" for name in ("resnet10_half", "resnet10t")]
    for arm in (*ARMS, *twins, "imagenet", "static", "gaze_point"):
        assert f"| {arm} |" in text
    assert "supervised resnet10_half 32x40" in text
    assert "0.757 ±0.02" in text  # the paper's siamese, beside ours
    rows = [line for line in text.splitlines() if line.startswith(f"| {twins[0]} |")]
    assert any("0.670 ±0.013" in row for row in rows)  # and its random weights
    assert text.count("0.670 ±0.013") == len(rows) - 2  # in tables of planes only

    before = (out / "planes.parquet").stat().st_mtime_ns
    (out / "saliency.parquet").unlink()
    capsys.readouterr()
    assert run([*words, "--resamples", "1000"]) == 0
    assert capsys.readouterr().out.count("done before") == 3 * (len(ARMS) + 1)
    assert (out / "planes.parquet").stat().st_mtime_ns == before
    assert (out / "tables.md").read_text() == text
    assert run([*words, "--seeds", "0", "1"]) == 2
    assert "holds a study with other options" in capsys.readouterr().err
