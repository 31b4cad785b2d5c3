import math
from pathlib import Path
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
    read_saliency,
    write_saliency,
)
from insonify.report import saliency_metrics as metrics
from insonify.report.options import ReportOptions
from insonify.report.saliency_evaluation import frame_figures, score
from insonify.report.saliency_table import build_saliency_table, resampled
from insonify.report.statistics import draw_subjects, sign_flip_p

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


def test_a_file_comes_back_as_it_was_and_joins_with_its_like(tmp_path: Path) -> None:
    whole = make()
    write_saliency(tmp_path / "s.parquet", whole)
    again = read_saliency(tmp_path / "s.parquet")
    assert again.rows.equals(whole.rows)
    assert (again.task, again.shape, again.arms) == ("gaze", SHAPE, whole.arms)
    parts = [make(arms=("good", "random")), make(arms=("random", "static"))]
    assert len(concatenate_saliency(parts).rows) == len(whole.rows)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"map": [[1.0] * 48]}, "do not sum to 1"),
        ({"map": [[1 / 47] * 47]}, "47"),
        ({"points": [[0.5, 0.5, 0.1]]}, "half a point"),
        ({"points": [[0.5, 1.5]]}, "off the view"),
        ({"sigma": [[0.1, 0.0]]}, "sigma"),
        ({"arm": ["unknown"]}, "unknown"),
    ],
)
def test_contradictions_are_refused(change: dict[str, Any], found: str) -> None:
    whole = make(subjects=1)
    row = whole.rows.slice(0, 1).to_pydict() | change
    rows = pa.table(row, schema=SALIENCY_SCHEMA)
    with pytest.raises(ReportError, match=found):
        SaliencyPredictions(**{**vars(whole), "rows": rows})
