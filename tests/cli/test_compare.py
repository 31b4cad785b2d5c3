"""The whole comparison, tiny: trials, three folds, tables; and what is refused."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from insonify.cli.main import run
from insonify.model.checkpoint import load_checkpoint
from insonify.store import Store
from insonify.train.run_folder import RunFolder
from tests.cli.conftest import save_foreign

ARMS = ("order_only", "path_only", "relative")
SMALL = ("--size", "32", "40", "--frames", "8", "--steps", "2", "--fractions", "1")
REST = ("--frames-per-video", "2", "--protocols", "knn", "--resamples", "1000")


def words(
    store: Store, out: Path, *more: str, arms: tuple[str, ...] = ARMS
) -> list[str]:
    start = ["compare", str(store.path), str(out), "--arms", *arms]
    return [*start, "--task", "texture", *SMALL, *REST, *more]


@pytest.mark.slow
def test_arms_are_tuned_trained_alike_tested_and_resumed(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, rates = tmp_path / "study", ("--rates", "0.001", "0.01")
    line = words(store, out, *rates)
    assert run(line) == 0
    found = json.loads((out / "compare.json").read_text())
    assert [arm["arm"] for arm in found["arms"]] == list(ARMS)
    assert {(arm["frames"], arm["steps"]) for arm in found["arms"]} == {(8, 2)}
    assert {arm["clips"] for arm in found["arms"]} == {2, 4}
    for arm in found["arms"]:
        name, trials = arm["arm"], [t for t in found["tried"] if t["arm"] == arm["arm"]]
        for fold in range(3):
            mine = [each for each in trials if each["fold"] == fold]
            assert [each["rate"] for each in mine] == [0.001, 0.01]
            best = max(mine, key=lambda each: each["figure"])
            assert arm["rates"][fold] == best["rate"]
            run_name = f"{name}-fold{fold}-seed0-rate{best['rate']:g}"
            seen = RunFolder(out / "runs" / run_name).metrics()[-1]["held_out.knn"]
            assert best["figure"] == pytest.approx(seen)
    tested = {cell["arm"] for cell in found["cells"]}
    assert {*ARMS} <= tested
    assert len(tested) == len(ARMS) + 1  # and random weights
    p = np.array([[cell["p"], cell["p_holm"]] for cell in found["cells"]])
    assert (p[:, 0] <= p[:, 1] + 1e-12).all()
    assert (p[:, 0] > 0).all()
    text = (out / "compare.md").read_text()
    assert all(f"| {arm} |" in text for arm in tested)

    before = (out / "planes.parquet").stat().st_mtime_ns
    capsys.readouterr()
    assert run(line) == 0
    assert capsys.readouterr().out.count("done before") == 3 * 3 * (2 + 1)
    assert (out / "planes.parquet").stat().st_mtime_ns == before
    assert run(words(store, out, "--rates", "0.1")) == 2
    assert "holds a study with other options" in capsys.readouterr().err
    assert run([*line, "--against", "random"]) == 0
    cells = json.loads((out / "compare.json").read_text())["cells"]
    assert {cell["other"] for cell in cells} == {"random", ""}


@pytest.mark.slow
def test_a_comparison_grows_and_ends_as_if_it_had_been_asked_at_once(
    looked_at: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """First an arm and a seed more, then a seed more; what was tested stays."""
    grown, whole = tmp_path / "grown", tmp_path / "whole"
    gaze = ("--saliency", "--frozen.steps", "2")
    first = ("path_only",)
    assert run(words(looked_at, grown, *gaze, arms=first)) == 0
    there = {p: p.stat().st_mtime_ns for p in grown.glob("*.parquet")}
    both = (*first, "relative")
    assert run(words(looked_at, grown, *gaze, "--seeds", "0", "1", arms=both)) == 0
    assert {p: p.stat().st_mtime_ns for p in there} == there
    assert sorted(path.name for path in grown.glob("planes*")) == [
        "planes-2.parquet",
        "planes-3.parquet",
        "planes.parquet",
    ]
    assert run(words(looked_at, whole, *gaze, "--seeds", "0", "1", arms=both)) == 0
    mine, its = (
        json.loads((out / "compare.json").read_text()) for out in (grown, whole)
    )
    assert [arm["arm"] for arm in mine["arms"]] == list(both)
    assert mine["cells"] == its["cells"]
    assert mine["plan"] == its["plan"]
    capsys.readouterr()
    assert run(words(looked_at, grown, *gaze, arms=both)) == 2
    assert "holds a study with other options" in capsys.readouterr().err


@pytest.mark.slow
def test_arms_may_train_for_as_long_instead(store: Store, tmp_path: Path) -> None:
    out = tmp_path / "study"
    line = words(store, out, "--equal", "seconds", arms=("path_only", "relative"))
    assert run(line) == 0
    plan = json.loads((out / "plan.json").read_text())
    first, second = plan["step_seconds"]
    assert min(first, second) > 0
    arms = json.loads((out / "compare.json").read_text())["arms"]
    assert arms[0]["steps"] == 2
    assert arms[1]["steps"] == max(2, round(2 * first / second))


@pytest.mark.slow
def test_gaze_alone_is_compared_with_encoders_of_others_and_a_static_map(
    looked_at: Store, tmp_path: Path
) -> None:
    """Without labels the rank of the features chooses; what diverges is out."""
    out, other = tmp_path / "study", tmp_path / "other"
    save_foreign(other, (32, 40))
    out.mkdir()
    (out / ".plan.json.x").touch()  # what a kill may leave
    line = words(looked_at, out, arms=("path_only", f"imagenet={other}"))
    line[line.index("texture")] = "None"
    rates = ("--rates", "0.001", "1e30", "--saliency", "--frozen.steps", "2")
    once = ("--no-nested", "--against", "imagenet")
    assert run([*line, *rates, *once]) == 0
    found = json.loads((out / "compare.json").read_text())
    ranked, diverged = found["tried"]
    assert ranked["figure"] >= 1
    assert diverged["figure"] is None
    assert found["arms"][0]["rates"] == [0.001] * 3
    cells = found["cells"]
    assert {cell["column"]["figure"] for cell in cells} == {"kl", "nss"}
    assert {cell["column"]["protocol"] for cell in cells} == {"frozen"}
    assert {"path_only", "imagenet", "static"} < {cell["arm"] for cell in cells}
    for cell in cells:
        assert cell["other"] == ("" if cell["arm"] == "imagenet" else "imagenet")
    text = (out / "compare.md").read_text()
    assert "| path_only | 0 | 1e+30 | diverged |" in text
    assert "without --no-nested" in text
    assert "imagenet=" in text
    tried = out / "runs" / "path_only-fold0-seed0-rate1e+30" / "metrics.jsonl"
    before = tried.stat().st_mtime_ns
    assert run([*line, *rates, *once]) == 0
    assert tried.stat().st_mtime_ns == before


@pytest.mark.slow
def test_encoders_are_the_same_if_they_are_trained_side_by_side(
    store: Store, tmp_path: Path
) -> None:
    """Even where one diverges; what each would have printed is in a file of its own."""
    found = []
    for jobs in ("1", "2"):
        out = tmp_path / jobs
        line = words(store, out, "--rates", "0.001", "1e30", arms=("path_only",))
        assert run([*line, "--no-nested", "--jobs", jobs]) == 0
        made = json.loads((out / "compare.json").read_text())
        found.append((made["tried"], made["cells"]))
    assert found[0] == found[1]
    assert not (tmp_path / "1" / "logs").exists()
    logs = {path.stem for path in (tmp_path / "2" / "logs").iterdir()}
    trained = {path.name for path in (tmp_path / "2" / "runs").iterdir()}
    assert logs == trained
    assert (
        "Encoder:"
        in (tmp_path / "2/logs/path_only-fold1-seed0-rate0.001.log").read_text()
    )


@pytest.mark.parametrize(
    "more_arms_said",
    [
        ((), ("siamese", "nothing"), "no recipe 'nothing'; there are siamese"),
        ((), ("siamese", "siamese"), "each arm once"),
        ((), ("sononet=here",), "at least one recipe"),
        (("--folds", "2"), ARMS, "three folds or more"),
        (("--rates", "-1"), ARMS, "positive learning rates"),
        (("--against", "nobody"), ARMS, "no arm 'nobody'"),
        (("--budget", "0"), ARMS, "positive minutes"),
        (
            ("--task", "plane", "--fractions", "0.1", "1"),
            ("awcl", "simclr"),
            "awcl learns from all labels",
        ),
        (("--jobs", "0"), ARMS, "at least 1"),
        (("--task", "nothing"), ARMS, "nothing"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_training(
    store: Store,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more_arms_said: tuple[tuple[str, ...], tuple[str, ...], str],
) -> None:
    more, arms, said = more_arms_said
    out = tmp_path / "study"
    assert run(words(store, out, *more, arms=arms)) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not (out / "runs").exists()


def test_a_missing_library_is_told_before_anything_is_written(
    store: Store,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("lightly", "lightly.loss", "lightly.models.modules.heads"):
        monkeypatch.setitem(sys.modules, module, None)
    out = tmp_path / "study"
    assert run(words(store, out, arms=("path_only", "byol"))) == 2
    assert "baselines" in capsys.readouterr().err
    assert not out.exists()


def test_recipes_of_other_sizes_are_not_compared_by_size(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["compare", str(store.path), str(tmp_path / "s"), "--task", "texture"]
    assert run([*line, "--arms", "siamese", "paper_siamese"]) == 2
    assert "give all one with --encoder and --size" in " ".join(
        capsys.readouterr().err.split()
    )


@pytest.mark.slow
def test_all_arms_go_on_from_weights_of_others_which_are_an_arm_too(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, other = tmp_path / "study", tmp_path / "imagenet"
    save_foreign(other, (32, 40))
    arms = ("path_only", f"imagenet={other}")
    line = words(store, out, "--initial", str(other), arms=arms)
    assert run([*line, "--encoder", "resnet10_half"]) == 2
    assert "--encoder resnet10t" in " ".join(capsys.readouterr().err.split())
    assert run(line) == 0
    runs = sorted((out / "runs").iterdir())
    assert len(runs) == 3
    for folder in runs:
        provenance = load_checkpoint(folder).provenance
        assert provenance["initial"]["recipe"] == "imagenet"
    cells = json.loads((out / "compare.json").read_text())["cells"]
    assert {cell["arm"] for cell in cells} == {"path_only", "imagenet", "random"}
    assert run(words(store, out, arms=arms)) == 2
    assert "holds a study with other options" in capsys.readouterr().err
