"""Subgroups: each as a report of its own, counts alone, and honest differences."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from insonify.core.errors import ReportError
from insonify.core.predictions import SCHEMA, Predictions
from insonify.report.tables.evaluation import Evaluated
from insonify.report.tables.heterogeneity import UNKNOWN, Names, heterogeneity_p
from insonify.report.tables.metrics import Floats
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.rows import Grouping
from insonify.report.tables.subgroups import subgroups
from insonify.report.tables.table import build_table
from insonify.report.tables.tested_arms import group_f1s
from tests.report.conftest import Make
from tests.report.tables.test_table import made_up, row_of

OPTIONS = ReportOptions(resamples=1000)
SITES = {f"s-{n:02d}": "north" if n < 10 else "south" for n in range(23)}
"""24 subjects are tested; of the last nobody knows the site."""


def kept(predictions: Predictions, subjects: set[str]) -> Predictions:
    rows = [r for r in predictions.rows.to_pylist() if r["subject"] in subjects]
    return replace(predictions, rows=pa.Table.from_pylist(rows, schema=SCHEMA))


def only(predictions: Predictions, of: dict[str, str]) -> Grouping:
    (found,) = subgroups(predictions, {"site": of}, OPTIONS)
    return found


def test_a_group_is_as_a_report_of_it_alone() -> None:
    predictions = made_up()
    found = only(predictions, SITES)
    assert [group.name for group in found.groups] == ["north", "south", UNKNOWN]
    assert found.figure == "macro_f1_foreground"
    for group in found.groups[:2]:
        mine = {s for s, site in SITES.items() if site == group.name}
        row = row_of(build_table(kept(predictions, mine), OPTIONS), "siamese")
        assert (group.subjects, group.videos) == (len(mine), len(mine))
        assert (group.frames, group.classes) == (row.frames, 3)
        arm = next(each for each in group.arms if each.arm == "siamese")
        for name, value in arm.figures.items():
            assert value == row.figures[name]
        for name, value in arm.gains.items():
            assert value == row.gains[name]
        assert {"macro_f1", "accuracy", "ece", "brier"} <= set(arm.figures)


def test_a_group_of_one_subject_shows_counts_alone() -> None:
    unknown = only(made_up(), SITES).groups[-1]
    assert (unknown.subjects, unknown.frames) == (1, 5)
    assert all(not arm.figures and not arm.gains for arm in unknown.arms)


def test_what_is_said_of_a_video_goes_before_what_is_said_of_its_subject() -> None:
    found = only(made_up(), SITES | {"v-00": "south", "v-01": "elsewhere"})
    counts = {group.name: group.subjects for group in found.groups}
    assert counts == {"elsewhere": 1, "north": 8, "south": 14, UNKNOWN: 1}


def test_a_class_that_a_group_lacks_is_undefined_not_zero() -> None:
    predictions = made_up()
    rows = [
        row
        for row in predictions.rows.to_pylist()
        if SITES.get(row["subject"]) != "north" or row["truth"] != "brain"
    ]
    part = replace(predictions, rows=pa.Table.from_pylist(rows, schema=SCHEMA))
    north = only(part, SITES).groups[0]
    assert north.classes == 2
    whole = only(predictions, SITES).groups[0]
    for mine, its in zip(north.arms, whole.arms, strict=True):
        assert mine.figures["macro_f1"].value > 0.8 * its.figures["macro_f1"].value


def test_a_grouping_of_nobody_who_was_tested_is_refused() -> None:
    with pytest.raises(ReportError, match="names no subject and no video"):
        only(made_up(), {"somebody": "north"})


def studied(make: Make, generator: np.random.Generator, apart: float) -> Evaluated:
    """30 subjects; the first ten are decided right more often by ``apart``."""
    skill_S = generator.beta(6, 4, 30) + np.where(np.arange(30) < 10, apart, 0.0)
    subject_N = np.repeat(np.arange(30), 12)
    truth_N = np.tile([0, 1, 2], 120)
    right_N = generator.random(360) < skill_S[subject_N]
    wrong_N = (truth_N + generator.integers(1, 3, 360)) % 3
    return make(
        truth_N, np.eye(3)[np.where(right_N, truth_N, wrong_N)][None], subject_N
    )


def p_by(part: Evaluated, name_N: Names, options: ReportOptions = OPTIONS) -> float:
    def f1s(member_GS: Floats) -> Floats:
        return group_f1s(part, member_GS, np.full(3, True))

    return heterogeneity_p(name_N, part.subject_N, f1s, options)


def p_of(part: Evaluated, options: ReportOptions = OPTIONS) -> float:
    name_N = np.where(part.subject_N < 10, "north", "south")
    return p_by(part, name_N, options)


def test_a_difference_between_groups_is_found(make: Make) -> None:
    assert p_of(studied(make, np.random.default_rng(0), 0.35)) < 0.01


def test_groups_that_share_subjects_are_not_tested(make: Make) -> None:
    part = studied(make, np.random.default_rng(0), 0.3)
    name_N = np.where(np.arange(360) % 2, "north", "south")
    assert np.isnan(p_by(part, name_N))
    one_N = np.where(part.subject_N == 0, "north", "south")
    assert np.isnan(p_by(part, one_N))


@pytest.mark.slow
def test_groups_that_are_alike_are_told_apart_as_often_as_p_says(make: Make) -> None:
    generator = np.random.default_rng(1)
    found = np.array([p_of(studied(make, generator, 0.0)) for _ in range(200)])
    assert 0.01 <= np.mean(found <= 0.05) <= 0.09
    assert 0.4 < found.mean() < 0.6
