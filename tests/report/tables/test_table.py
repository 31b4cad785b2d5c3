"""From predictions to a table: pooling, seeds, pairing, chance, and its texts."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import (
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from insonify.core.errors import ConfigError, ReportError
from insonify.core.predictions import SCHEMA, Predictions
from insonify.report.tables.evaluation import evaluate
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.render import as_json, as_markdown, primary_rows
from insonify.report.tables.rows import Row, Table
from insonify.report.tables.table import build_table

OPTIONS = ReportOptions(resamples=1000)


def rows_of(
    arm: str, skill: float, classes: tuple[str, ...], *, subjects: int = 24
) -> Iterator[dict[str, Any]]:
    """Two folds, two seeds, five frames a subject; ``skill`` raises the true class."""
    generator = np.random.default_rng(int(100 * skill))
    for seed in (0, 1):
        for number in range(subjects):
            for frame in range(5):
                truth = (number + frame) % len(classes)
                scores = generator.random(len(classes))
                scores[truth] += skill
                yield {
                    "arm": arm,
                    "protocol": "knn",
                    "split": "two",
                    "fold": number % 2,
                    "seed": seed,
                    "fraction": 1.0,
                    "subject": f"s-{number:02d}",
                    "video": f"v-{number:02d}",
                    "time_s": frame / 2,
                    "truth": classes[truth],
                    "probabilities": (scores / scores.sum()).tolist(),
                }


def made_up(
    classes: tuple[str, ...] = ("abdomen", "background", "brain"),
) -> Predictions:
    """A skilled arm and its untrained baseline, rows in disorder."""
    rows = [*rows_of("siamese", 0.8, classes), *rows_of("random", 0.1, classes)]
    order = np.random.default_rng(0).permutation(len(rows))
    return Predictions(
        task="plane",
        classes=classes,
        store="00ff",
        arms={"siamese": {"baseline": "random"}, "random": {"baseline": None}},
        facts={},
        rows=pa.Table.from_pylist([rows[place] for place in order], schema=SCHEMA),
    )


def row_of(table: Table, arm: str) -> Row:
    return next(row for row in table.rows if row.arm == arm)


def by_scikit_learn(predictions: Predictions, arm: str, score: Any) -> float:
    """Mean over seeds of a score on the pool of all folds, the slow way."""
    values = []
    for seed in (0, 1):
        rows = [
            row
            for row in predictions.rows.to_pylist()
            if row["arm"] == arm and row["seed"] == seed
        ]
        truth = [row["truth"] for row in rows]
        decided = [predictions.classes[np.argmax(r["probabilities"])] for r in rows]
        values.append(score(truth, decided))
    return float(np.mean(values))


@pytest.mark.parametrize("arm", ["siamese", "random"])
def test_figures_are_those_of_scikit_learn_on_the_pool(arm: str) -> None:
    predictions = made_up()
    found = row_of(build_table(predictions, OPTIONS), arm).figures
    foreground = ["abdomen", "brain"]
    slow = {
        "macro_f1": lambda t, d: f1_score(t, d, average="macro"),
        "macro_f1_foreground": lambda t, d: f1_score(
            t, d, average="macro", labels=foreground
        ),
        "macro_precision": lambda t, d: precision_score(t, d, average="macro"),
        "macro_recall": lambda t, d: recall_score(t, d, average="macro"),
        "macro_precision_foreground": lambda t, d: precision_score(
            t, d, average="macro", labels=foreground
        ),
        "macro_recall_foreground": lambda t, d: recall_score(
            t, d, average="macro", labels=foreground
        ),
        "balanced_accuracy": balanced_accuracy_score,
    }
    for name, score in slow.items():
        expected = by_scikit_learn(predictions, arm, score)
        assert found[name].value == pytest.approx(expected), name
        assert found[name].low < expected < found[name].high


def test_the_confusion_of_an_arm_is_pooled_over_folds_and_a_mean_over_seeds() -> None:
    predictions = made_up()
    for row in build_table(predictions, OPTIONS).rows[:2]:
        for true, counts in enumerate(row.confusion):
            for decided, count in enumerate(counts):
                expected = by_scikit_learn(
                    predictions,
                    row.arm,
                    lambda t, d, at=(true, decided): confusion_matrix(t, d)[at],
                )
                assert count == pytest.approx(expected)


def test_markdown_shows_confusions_of_the_primary_protocol_alone() -> None:
    predictions = made_up()
    twice = predictions.rows.to_pylist()
    twice += [row | {"protocol": "linear"} for row in twice]
    both = replace(predictions, rows=pa.Table.from_pylist(twice, schema=SCHEMA))
    table = build_table(both, OPTIONS)
    found = [line for line in as_markdown([table]).splitlines() if "by decided" in line]
    assert found == [
        "## random, linear: true class by decided",
        "## siamese, linear: true class by decided",
    ]
    row = primary_rows(table)[1]
    counts = " | ".join(f"{count:.0f}" for count in row.confusion[2])
    assert f"| brain | {counts} |" in as_markdown([table])


def test_two_classes_have_an_auroc() -> None:
    predictions = made_up(("ill", "well"))
    found = row_of(build_table(predictions, OPTIONS), "siamese")
    rows = [r for r in predictions.rows.to_pylist() if r["arm"] == "siamese"]
    areas = [
        roc_auc_score(
            [row["truth"] == "well" for row in rows if row["seed"] == seed],
            [row["probabilities"][1] for row in rows if row["seed"] == seed],
        )
        for seed in (0, 1)
    ]
    assert found.figures["auroc"].value == pytest.approx(np.mean(areas))
    assert found.figures["auroc"].spread == pytest.approx(np.std(areas, ddof=1))
    assert found.classes[1].auroc == pytest.approx(np.mean(areas))
    assert "macro_f1_foreground" not in found.figures


def test_skill_beats_no_skill_and_no_skill_beats_nobody() -> None:
    table = build_table(made_up(), OPTIONS)
    gain = row_of(table, "siamese").gains["macro_f1"]
    skilled, random = (row_of(table, arm).figures for arm in ("siamese", "random"))
    assert gain.low > 0
    assert gain.value == pytest.approx(
        skilled["macro_f1"].value - random["macro_f1"].value
    )
    assert not row_of(table, "random").gains


def test_chance_rows_need_no_image() -> None:
    table = build_table(made_up(), OPTIONS)
    even, frequent = table.rows[-2:]
    assert even.figures["balanced_accuracy"].value == pytest.approx(1 / 3)
    assert even.figures["macro_f1"].value == pytest.approx(1 / 3, abs=0.01)
    assert frequent.arm == "always abdomen"
    assert frequent.figures["macro_f1"].value == pytest.approx(0.5 / 3, abs=0.01)
    assert frequent.figures["macro_f1_foreground"].value == pytest.approx(
        0.25, abs=0.01
    )


def test_arms_tested_on_different_folds_are_paired_on_shared_subjects() -> None:
    predictions = made_up()
    whole = build_table(predictions, OPTIONS)
    keep = [
        row
        for row in predictions.rows.to_pylist()
        if row["arm"] == "random" or row["fold"] == 0
    ]
    part = replace(predictions, rows=pa.Table.from_pylist(keep, schema=SCHEMA))
    row = row_of(build_table(part, OPTIONS), "siamese")
    assert row.subjects == 12
    both = [r for r in keep if r["fold"] == 0]
    only = replace(predictions, rows=pa.Table.from_pylist(both, schema=SCHEMA))
    assert row.gains == row_of(build_table(only, OPTIONS), "siamese").gains
    assert row.gains != row_of(whole, "siamese").gains


def test_pairing_different_frames_of_a_subject_is_refused() -> None:
    predictions = made_up()
    keep = [
        row
        for row in predictions.rows.to_pylist()
        if row["arm"] == "random" or row["time_s"] != 0
    ]
    part = replace(predictions, rows=pa.Table.from_pylist(keep, schema=SCHEMA))
    with pytest.raises(ReportError, match="predicted different frames"):
        build_table(part, OPTIONS)


def test_a_seed_that_missed_a_frame_is_refused() -> None:
    predictions = made_up()
    with pytest.raises(ReportError, match="exactly once"):
        evaluate(replace(predictions, rows=predictions.rows.slice(1)))


def test_the_order_of_rows_changes_nothing() -> None:
    predictions = made_up()
    tidy = predictions.rows.sort_by([("arm", "descending"), ("time_s", "ascending")])
    again = build_table(replace(predictions, rows=tidy), OPTIONS)
    assert as_json([again]) == as_json([build_table(predictions, OPTIONS)])


def test_a_class_without_test_frames_is_undefined_in_every_text() -> None:
    classes = ("abdomen", "brain", "femur")
    predictions = replace(
        made_up(("abdomen", "brain")),
        classes=classes,
        rows=pa.Table.from_pylist(
            [
                row | {"probabilities": [*row["probabilities"], 0.0]}
                for row in made_up(("abdomen", "brain")).rows.to_pylist()
            ],
            schema=SCHEMA,
        ),
    )
    table = build_table(predictions, OPTIONS)
    assert table.notes[-1].endswith("undefined: femur.")
    plain = json.loads(as_json([table]))[0]
    assert plain["rows"][0]["classes"][2]["f1"] is None
    lines = as_markdown([table]).splitlines()
    femur = [line for line in lines if "| knn | 1 | femur |" in line]
    assert len(femur) == 2
    assert all("undefined" in line for line in femur)


def test_markdown_has_a_line_for_each_row_and_class() -> None:
    lines = as_markdown([build_table(made_up(), OPTIONS)]).splitlines()
    main = [line for line in lines if line.startswith("| siamese | knn | 1 | 24 |")]
    assert len(main) == 1
    assert "macro F1 without background" in lines[2]
    assert sum(line.startswith("| siamese | knn | 1 | brain |") for line in lines) == 1


def test_few_resamples_are_refused() -> None:
    with pytest.raises(ConfigError, match="at least 1000"):
        ReportOptions(resamples=100)


def test_few_subjects_are_pointed_out() -> None:
    classes = ("ill", "well")
    rows = [
        row
        for arm, skill in (("siamese", 0.8), ("random", 0.1))
        for row in rows_of(arm, skill, classes, subjects=6)
    ]
    few = replace(made_up(classes), rows=pa.Table.from_pylist(rows, schema=SCHEMA))
    assert any("Only 6 test subjects" in n for n in build_table(few, OPTIONS).notes)
    notes = build_table(made_up(classes), OPTIONS).notes
    assert not any("test subjects" in note for note in notes)
