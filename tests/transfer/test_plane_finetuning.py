"""Fine-tuned planes from store to predictions, also after an interruption."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from insonify.core.errors import ConfigError
from insonify.core.predictions import Predictions
from insonify.core.saliency_predictions import STATIC
from insonify.model.checkpoint import Checkpoint
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.table import build_table
from insonify.store import Store
from insonify.transfer.arms import RANDOM, SUPERVISED, Arm
from insonify.transfer.course import FineTune
from insonify.transfer.parts import parts_folder, remove_parts
from insonify.transfer.plane_finetune import finetune_planes
from insonify.transfer.planes import PlanesOptions, run_planes
from insonify.transfer.progress import Step

TUNED = PlanesOptions(
    task="texture",
    split="three",
    protocols=("knn", "finetune"),
    seeds=(0,),
    frames_per_video=2,
    finetune=FineTune(steps=2, batch=2, reference=2.0),
)


@pytest.fixture
def store(store: Store) -> Store:
    """Six subjects in three folds: no subject is without a label."""
    store.make_split("three", folds=3, task="texture", seed=0)
    return store


@pytest.fixture
def arm(new_checkpoint: Callable[..., Checkpoint]) -> Arm:
    return Arm(name="siamese", checkpoints=(new_checkpoint(),))


def run(
    store: Store, arm: Arm, parts: Path | None = None, **options: Any
) -> Predictions:
    return run_planes(store, [arm], replace(TUNED, **options), lambda _: None, parts)


def kinds(found: Predictions) -> set[tuple[str, str]]:
    return {(row["arm"], row["protocol"]) for row in found.rows.to_pylist()}


def test_each_protocol_has_its_arms_and_progress_is_complete(
    store: Store, arm: Arm
) -> None:
    seen: list[Step] = []
    found = run_planes(store, [arm], TUNED, seen.append)
    assert kinds(found) == {
        ("siamese", "knn"),
        ("siamese", "finetune"),
        (RANDOM, "knn"),
        (RANDOM, "finetune"),
        (SUPERVISED, "finetune"),
    }
    assert found.arms[SUPERVISED]["baseline"] == RANDOM
    assert found.arms[RANDOM]["baseline"] is None
    rows = build_table(found, ReportOptions(resamples=1000)).rows
    gains = {row.arm for row in rows if row.protocol == "finetune" and row.gains}
    assert gains == {"siamese", SUPERVISED}
    # Two encoders of 24 frames; three folds of 2 + 2 + 4 steps of 2 frames.
    assert {step.total for step in seen} == {2 * 24 + 3 * 8 * 2}
    assert seen[-1].done == seen[-1].total


def test_no_reference_where_it_is_switched_off(store: Store, arm: Arm) -> None:
    quick = replace(TUNED.finetune, reference=0)
    found = run(store, arm, protocols=("finetune",), finetune=quick)
    assert kinds(found) == {("siamese", "finetune"), (RANDOM, "finetune")}
    assert SUPERVISED not in found.arms


def test_no_test_or_validation_subject_is_trained_on(
    store: Store, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, set[str], set[str]]] = []

    def spy(job: Any, *rest: Any, **options: Any) -> Any:
        _, frames, chosen_M, tested_B = rest
        subjects_N = frames.subjects_N
        calls.append(
            (job.trial.fold, set(subjects_N[chosen_M]), set(subjects_N[tested_B]))
        )
        return finetune_planes(job, *rest, **options)

    monkeypatch.setattr("insonify.transfer.plane_rows.finetune_planes", spy)
    run(store, arm, protocols=("finetune",), fractions=(0.5, 1.0))
    assert len(calls) == 3 * 3 * 2
    for fold, learnt, tested in calls:
        roles = store.split("three").roles(fold)
        assert learnt <= roles.train
        assert tested == roles.test
    assert {len(learnt) for _, learnt, _ in calls} == {1, 2}


class StoppedError(Exception):
    """As by Ctrl-C."""


def interrupt(
    store: Store, arm: Arm, parts: Path, after: int, **options: Any
) -> list[Step]:
    seen: list[Step] = []

    def stop(step: Step) -> None:
        seen.append(step)
        if len(seen) == after:
            raise StoppedError

    with pytest.raises(StoppedError):
        run_planes(store, [arm], replace(TUNED, **options), stop, parts)
    return seen


def test_an_interrupted_transfer_goes_on_with_identical_rows(
    store: Store, arm: Arm, tmp_path: Path
) -> None:
    parts = parts_folder(tmp_path / "p.parquet")
    whole = run(store, arm)
    interrupt(store, arm, parts, 9)
    done = sorted(parts.glob("*.parquet"))
    assert 0 < len(done) < 15
    (parts / ".half-written.parquet.x").write_bytes(b"PAR1")  # what kill -9 leaves
    before = [path.stat().st_mtime_ns for path in done]
    seen: list[Step] = []
    again = run_planes(store, [arm], TUNED, seen.append, parts)
    assert again.rows.equals(whole.rows)
    assert [path.stat().st_mtime_ns for path in done] == before
    assert len(list(parts.glob("*.parquet"))) == 15
    assert seen[-1].total < 2 * 24 + 3 * 8 * 2
    seen.clear()
    assert run_planes(store, [arm], TUNED, seen.append, parts).rows.equals(whole.rows)
    assert not seen  # everything was there
    remove_parts(tmp_path / "p.parquet")
    assert not parts.exists()


def test_parts_of_other_runs_are_not_taken_over(
    store: Store, new_checkpoint: Callable[..., Checkpoint], tmp_path: Path
) -> None:
    """Same provenance, other weights; same arm, other options."""
    known = new_checkpoint()
    other = replace(known, encoder=new_checkpoint(seed=8).encoder)
    arms = [Arm(name="siamese", checkpoints=(c,)) for c in (known, other)]
    parts, protocols = tmp_path / "parts", ("knn",)
    first, second = (run(store, arm, parts, protocols=protocols) for arm in arms)
    assert second.rows.equals(run(store, arms[1], protocols=protocols).rows)
    assert not second.rows.equals(first.rows)
    count = len(list(parts.iterdir()))
    run(store, arms[1], parts, protocols=protocols, frames_per_video=3)
    assert len(list(parts.iterdir())) == count + 6


def test_more_seeds_take_over_what_is_there(
    store: Store, arm: Arm, tmp_path: Path
) -> None:
    run(store, arm, tmp_path / "parts", protocols=("knn",))
    more = run(store, arm, tmp_path / "parts", protocols=("knn",), seeds=(0, 1))
    whole = run(store, arm, protocols=("knn",), seeds=(0, 1))
    assert more.rows.equals(whole.rows)


@pytest.mark.parametrize("name", [SUPERVISED, STATIC, f"{SUPERVISED} resnet18 2x2"])
def test_names_of_references_are_taken(
    name: str, new_checkpoint: Callable[..., Checkpoint]
) -> None:
    with pytest.raises(ConfigError, match="is taken"):
        Arm(name=name, checkpoints=(new_checkpoint(),))


def test_probabilities_are_of_the_central_view(store: Store, arm: Arm) -> None:
    """A margin of 1 sees the whole window, as the frozen protocols do."""
    tight = replace(TUNED.finetune, margin=1.0)
    wide = run(store, arm, protocols=("finetune",))
    whole = run(store, arm, protocols=("finetune",), finetune=tight)
    assert not np.allclose(wide.probabilities_NC(), whole.probabilities_NC())
