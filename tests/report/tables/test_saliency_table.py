import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from insonify.core.errors import ReportError
from insonify.core.saliency import cells, target_map
from insonify.core.saliency_predictions import (
    SALIENCY_SCHEMA,
    SaliencyPredictions,
    concatenate_saliency,
)
from insonify.report.tables import saliency_frames
from insonify.report.tables import saliency_metrics as metrics
from insonify.report.tables.grids import grids
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.saliency_evaluation import FIGURES, score
from insonify.report.tables.saliency_frames import frame_figures
from insonify.report.tables.saliency_table import build_saliency_table, resampled
from insonify.report.tables.statistics import draw_subjects, sign_flip_p
from insonify.report.tables.subgroups import subgroups

SHAPE = (6, 8)
SIGMA = (0.1, 0.1)
OPTIONS = ReportOptions(resamples=1000)


def make(
    *, subjects: int = 5, seeds: tuple[int, ...] = (0, 1), arms: tuple[str, ...] = ()
) -> SaliencyPredictions:
    """``good`` sees through noise, ``random`` is even, ``static`` is the centre."""
    generator = np.random.default_rng(3)
    rows: list[dict[str, Any]] = []
    centre = target_map([(0.5, 0.5)], (0.3, 0.3), SHAPE)
    for subject in range(subjects):
        for video, frames in (("a", 1 + subject), ("b", 3)):
            for frame in range(frames):
                points = generator.uniform(0.05, 0.95, (3, 2)).astype(np.float32)
                truth = target_map(points, SIGMA, SHAPE)
                for seed in seeds:
                    noise = generator.uniform(0, 0.4 / truth.size, SHAPE)
                    maps = {
                        "good": 0.8 * truth + noise,
                        "random": np.ones(SHAPE) + generator.uniform(0, 0.5, SHAPE),
                        "static": centre,
                    }
                    rows += [
                        {
                            "arm": arm,
                            "protocol": "static" if arm == "static" else "frozen",
                            "split": "folds",
                            "fold": subject % 2,
                            "seed": seed,
                            "fraction": 1.0,
                            "subject": f"s-{subject}",
                            "video": f"v-{subject}{video}",
                            "time_s": frame / 10,
                            "points": points.ravel().tolist(),
                            "sigma": SIGMA,
                            "map": (maps[arm] / maps[arm].sum()).ravel().tolist(),
                        }
                        for arm in maps
                        if not arms or arm in arms
                    ]
    named = {row["arm"] for row in rows}
    baseline = {"good": "random", "random": None, "static": None}
    return SaliencyPredictions(
        task="gaze",
        shape=SHAPE,
        store="store",
        arms={arm: {"baseline": baseline[arm]} for arm in sorted(named)},
        facts={},
        rows=pa.Table.from_pylist(rows, schema=SALIENCY_SCHEMA),
    )


def test_figures_are_means_of_frames_then_videos_then_subjects() -> None:
    predictions = make()
    parts = {part.key: part for part in score(predictions, 0)}
    good = parts["good", "frozen", 1.0]
    rows = predictions.rows.to_pylist()
    for place, subject in enumerate(good.subjects):
        of_video: dict[str, list[float]] = {}
        for row in rows:
            mine = row["arm"] == "good" and row["seed"] == 1
            if mine and row["subject"] == subject:
                points = np.array(row["points"]).reshape(-1, 2)
                saliency = np.array(row["map"]).reshape(SHAPE)
                found = metrics.nss(saliency, cells(points, SHAPE))
                of_video.setdefault(row["video"], []).append(found)
        wanted = np.mean([np.mean(each) for each in of_video.values()])
        assert good.figures["nss"][1, place] == pytest.approx(wanted, abs=1e-6)


def test_the_table_ranks_arms_and_pairs_gains_by_subject() -> None:
    table = build_saliency_table(make(), OPTIONS)
    good, random, static = table.rows
    assert (good.arm, random.arm, static.arm) == ("good", "random", "static")
    assert good.figures["kl"].value < static.figures["kl"].value
    assert good.figures["nss"].value > 1 > abs(random.figures["nss"].value)
    gain = good.gains["kl"]
    apart = good.figures["kl"].value - random.figures["kl"].value
    assert gain.value == pytest.approx(apart)
    assert gain.high < 0
    assert not random.gains
    assert static.figures["ig"].value == pytest.approx(0, abs=1e-12)
    assert good.figures["ig"].value > 0
    assert any("Only 5 test subjects" in note for note in table.notes)


def test_without_a_static_map_there_is_no_information_gain() -> None:
    table = build_saliency_table(make(arms=("good", "random")), OPTIONS)
    assert all("ig" not in row.figures for row in table.rows)


def test_shuffled_negatives_come_from_other_videos() -> None:
    lone = make(subjects=1)
    videos = np.array(lone.rows["video"].to_pylist())
    single = SaliencyPredictions(
        **{**vars(lone), "rows": lone.rows.filter(pa.array(videos == videos[0]))}
    )
    assert np.isnan(frame_figures(single, 0)["sauc"]).all()
    assert np.isfinite(frame_figures(lone, 0)["sauc"]).all()


def test_resamples_leave_out_what_is_undefined() -> None:
    value_KS = np.array([[1.0, math.nan, 5.0]])
    counts_RS = np.array([[1.0, 1.0, 1.0], [2.0, 1.0, 0.0], [0.0, 3.0, 0.0]])
    found = resampled(value_KS, counts_RS)[:, 0]
    np.testing.assert_allclose(found, [3.0, 1.0, math.nan])


def test_sign_flips_reject_a_true_null_as_often_as_they_say() -> None:
    generator = np.random.default_rng(0)
    found = [sign_flip_p(generator.normal(size=12), 400, n) for n in range(400)]
    assert 0.02 < np.mean(np.array(found) <= 0.05) < 0.085
    assert sign_flip_p(np.full(16, 0.3), 1000, 0) < 0.01
    assert sign_flip_p(draw_subjects(8, 1, 0)[0] * 0, 1000, 0) == 1.0


def without(
    predictions: SaliencyPredictions, drop: Callable[[dict[str, Any]], bool]
) -> SaliencyPredictions:
    kept = [not drop(row) for row in predictions.rows.to_pylist()]
    return replace(predictions, rows=predictions.rows.filter(pa.array(kept)))


def test_gains_are_on_the_subjects_that_both_were_tested_on() -> None:
    whole = make()
    lacking = without(
        whole, lambda row: row["arm"] == "random" and row["subject"] == "s-0"
    )
    only = without(whole, lambda row: row["subject"] == "s-0")
    found, wanted = (build_saliency_table(p, OPTIONS).rows[0] for p in (lacking, only))
    assert (found.subjects, wanted.subjects) == (5, 4)
    # All figures but the shuffled AUC, whose negatives come from the whole file.
    for name in set(found.gains) - {"sauc"}:
        apart = found.gains[name].value - wanted.gains[name].value
        assert apart == pytest.approx(0, abs=1e-9), name


def test_gains_over_other_frames_of_a_subject_are_refused() -> None:
    lacking = without(
        make(),
        lambda row: (row["arm"], row["video"], row["time_s"]) == ("random", "v-0b", 0),
    )
    with pytest.raises(ReportError, match="predicted different frames"):
        build_saliency_table(lacking, OPTIONS)


def test_seeds_that_predicted_other_frames_are_refused() -> None:
    lacking = without(
        make(), lambda row: (row["seed"], row["video"], row["time_s"]) == (1, "v-0b", 0)
    )
    with pytest.raises(ReportError, match="exactly once"):
        score(lacking, 0)


def test_rows_without_a_static_map_are_refused() -> None:
    lacking = without(
        make(), lambda row: row["arm"] == "static" and row["subject"] == "s-0"
    )
    with pytest.raises(ReportError, match="no static map"):
        frame_figures(lacking, 0)


def test_every_figure_of_a_row_is_that_of_its_map_alone() -> None:
    predictions = make(subjects=2)
    found, rows = frame_figures(predictions, 0), predictions.rows.to_pylist()
    assert tuple(found) == FIGURES
    static = {(r["video"], r["time_s"]): r["map"] for r in rows if r["arm"] == "static"}
    for place, row in enumerate(rows):
        saliency = np.array(row["map"]).reshape(SHAPE)
        points = np.array(row["points"]).reshape(-1, 2)
        truth, at = target_map(points, row["sigma"], SHAPE), cells(points, SHAPE)
        others = [
            cells(r["points"], SHAPE)
            for r in rows
            if (r["arm"], r["seed"]) == ("good", 0) and r["video"] != row["video"]
        ]
        base = np.array(static[row["video"], row["time_s"]]).reshape(SHAPE)
        wanted = (
            metrics.kl(truth, saliency),
            metrics.nss(saliency, at),
            metrics.auc(saliency, at),
            metrics.auc_judd(saliency, at),
            metrics.shuffled_auc(saliency, at, np.concatenate(others)),
            metrics.cc(truth, saliency),
            metrics.sim(truth, saliency),
            metrics.information_gain(saliency, base, at),
        )
        mine = [found[name][place] for name in FIGURES]
        np.testing.assert_allclose(mine, np.array(wanted, np.float64), atol=1e-6)


def test_blocks_of_rows_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = frame_figures(make(subjects=2), 0)
    monkeypatch.setattr(saliency_frames, "_BLOCK", 7)
    for name, value_N in frame_figures(make(subjects=2), 0).items():
        np.testing.assert_array_equal(value_N, whole[name])


def test_notes_say_what_stands_in_for_gaze_and_what_was_joined() -> None:
    plain = make(subjects=2)
    stand_in = replace(plain, task="muscle mask (stand-in for gaze)")
    joined = concatenate_saliency([stand_in, stand_in])
    said = " ".join(build_saliency_table(joined, OPTIONS).notes)
    assert "No row is about gaze: the task is muscle mask" in said
    assert "Joined from 2 predictions files" in said
    silent = " ".join(build_saliency_table(plain, OPTIONS).notes)
    assert "No row is about gaze" not in silent
    assert "Joined" not in silent


def test_a_group_is_as_a_table_of_its_videos_alone() -> None:
    predictions = make()
    site_of = {f"s-{n}": "north" if n < 3 else "south" for n in range(5)}
    (grouping,) = subgroups(predictions, {"site": site_of}, OPTIONS)
    assert grouping.figure == "kl"
    assert [group.name for group in grouping.groups] == ["north", "south"]
    for group in grouping.groups:
        rows = predictions.rows.to_pylist()
        mine = [row for row in rows if site_of[row["subject"]] == group.name]
        part = pa.Table.from_pylist(mine, schema=SALIENCY_SCHEMA)
        table = build_saliency_table(replace(predictions, rows=part), OPTIONS)
        row = next(row for row in table.rows if row.arm == "good")
        good = next(each for each in group.arms if each.arm == "good")
        counts = group.subjects, group.frames, group.videos
        assert counts == (row.subjects, row.frames, 2 * row.subjects)
        assert good.figures.keys() == {"kl", "nss", "cc"}
        for name, value in good.figures.items():
            assert value == row.figures[name]
            assert good.gains[name] == row.gains[name]
    table = replace(build_saliency_table(predictions, OPTIONS), groupings=(grouping,))
    (grid,) = (grid for grid in grids(table) if grid.title == "By site")
    assert "classes" not in grid.heads
    assert len(grid.rows) == 2 * len(grouping.groups[0].arms)


def test_groups_of_videos_are_told_and_not_tested() -> None:
    """A subject is in both: that there is no difference cannot be dealt."""
    predictions = make()
    of = {f"v-{n}{video}": video for n in range(5) for video in "ab"}
    (grouping,) = subgroups(predictions, {"probe": of}, OPTIONS)
    assert [group.subjects for group in grouping.groups] == [5, 5]
    assert [group.frames for group in grouping.groups] == [15, 15]
    assert all(math.isnan(p) for p in grouping.heterogeneity_p.values())


def test_a_difference_in_divergence_between_groups_is_found() -> None:
    """Where one site's maps are not of what was looked at, against dealt sites."""
    predictions = make(subjects=10)
    rows = predictions.rows.to_pylist()
    for row in rows:
        if row["arm"] == "good" and int(row["subject"][2:]) < 5:
            row["map"] = row["map"][::-1]
    part = replace(predictions, rows=pa.Table.from_pylist(rows, schema=SALIENCY_SCHEMA))
    sites = {f"s-{n}": "north" if n < 5 else "south" for n in range(10)}
    mixed = {f"s-{n}": "north" if n % 2 else "south" for n in range(10)}
    (apart,), (alike,) = (subgroups(part, {"s": of}, OPTIONS) for of in (sites, mixed))
    assert apart.heterogeneity_p["good"] < 0.02
    assert alike.heterogeneity_p["good"] > 0.2
