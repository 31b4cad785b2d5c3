"""Against the worked example of two toolboxes, and against slow loops."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from insonify.core.saliency import Floats, Integers
from insonify.report.tables import saliency_metrics as metrics

ROWS_Y, COLUMNS_X = np.mgrid[0:48, 0:64]
FIXATED = np.array([(22, 28), (19, 31), (25, 35), (33, 48), (40, 10)])
OTHERS = np.array(
    [(24, 32), (23, 33), (26, 30), (10, 20), (30, 45), (20, 32), (5, 5), (44, 60)]
)


def bell(x: float, y: float, sigma: float) -> Floats:
    away = (COLUMNS_X - x) ** 2 + (ROWS_Y - y) ** 2
    return np.asarray(np.exp(-away / (2 * sigma**2)), np.float64)


MAP = bell(30, 20, 8) + 0.5 * bell(50, 35, 5) + 0.01
TRUTH = np.sum([bell(x, y, 4) for y, x in FIXATED], axis=0)
BASE = bell(32, 24, 14) + 1e-3
FLAT, ZERO = np.ones_like(MAP), np.zeros_like(MAP)

GOLDEN = {
    "NSS": (metrics.nss(MAP, FIXATED), 2.059009175843487),
    "CC": (metrics.cc(TRUTH, MAP), 0.7593448873594685),
    "SIM_pysaliency(no min-subtraction)": (
        metrics.sim(TRUTH, MAP),
        0.5947748815791669,
    ),
    "SIM_MIT(min-max first)": (
        metrics.sim(TRUTH, MAP, stretch=True),
        0.6045931679669565,
    ),
    "KL_pysaliency_MIT_KLDiv(pred,gt)": (metrics.kl(TRUTH, MAP), 0.8281690159897349),
    "KL_image_based min=1e-20": (metrics.kl(TRUTH, MAP), 0.8281690159916161),
    "KL_MIT_formula": (metrics.kl(TRUTH, MAP), 0.8281690159897347),
    "IG_MIT (min-max first)": (
        metrics.information_gain(MAP - MAP.min(), BASE - BASE.min(), FIXATED),
        -0.14223783476942914,
    ),
    "IG_bits (plain densities)": (
        metrics.information_gain(MAP, BASE, FIXATED),
        0.31927987269428043,
    ),
    "AUC exact (Mann-Whitney) vs nonfixated": (
        metrics.auc(MAP, FIXATED),
        0.7981089012063907,
    ),
    "AUC pysaliency general_roc vs all pixels (uniform)": (
        metrics.shuffled_auc(MAP, FIXATED, np.argwhere(MAP > 0)),
        0.7976236979166667,
    ),
    "sAUC pysaliency general_roc vs other fixations": (
        metrics.shuffled_auc(MAP, FIXATED, OTHERS),
        0.6,
    ),
    "sAUC exact Mann-Whitney": (metrics.shuffled_auc(MAP, FIXATED, OTHERS), 0.6),
    "AUC_Judd MIT port (no jitter)": (
        metrics.auc_judd(MAP, FIXATED),
        0.8821649820671666,
    ),
    "edge NSS const map": (metrics.nss(FLAT, FIXATED), 0.0),
    "edge CC const pred vs gt": (metrics.cc(TRUTH, FLAT), 0.0),
    "edge CC const vs const": (metrics.cc(FLAT, FLAT), math.nan),
    "edge AUC const (MW)": (metrics.auc(FLAT, FIXATED), 0.5),
    "edge KL pred==gt": (metrics.kl(TRUTH, TRUTH), -6.690954516734141e-13),
    "edge SIM same": (metrics.sim(TRUTH, TRUTH), 1.0),
    "edge KL zero pred": (metrics.kl(TRUTH, ZERO), 1.3211062071132473),
}
"""Values of pysaliency 0.2.22 and of the MIT benchmark's formulas."""


@pytest.mark.parametrize("name", GOLDEN)
def test_a_worked_example_of_two_toolboxes(name: str) -> None:
    found, wanted = GOLDEN[name]
    assert found == pytest.approx(wanted, abs=1e-9, nan_ok=True)


def test_the_shared_worked_example_says_the_same(shared_data: Path) -> None:
    known = json.loads((shared_data / "saliency_golden.json").read_text())
    assert known["inputs"]["fixations_xy"] == FIXATED[:, ::-1].tolist()
    assert known["inputs"]["other_fixations_xy"] == OTHERS[:, ::-1].tolist()
    for name, (found, _) in GOLDEN.items():
        wanted = known["values"][name]
        assert found == pytest.approx(wanted, abs=1e-9, nan_ok=True), name
    left = set(known["values"]) - set(GOLDEN)
    # The first is nan in words. Of the second the example does not say what maps it is
    # of: no single cell as a prediction of its truth gives that number.
    assert left == {
        "edge AUC_Judd const no jitter",
        "edge KL delta pred misses",
    }


def test_a_prediction_that_misses_everything_costs_a_finite_divergence() -> None:
    corner, away = np.zeros_like(MAP), np.zeros_like(MAP)
    corner[0, 0], away[40, 50:54] = 1, 1
    found = metrics.kl(away, corner)
    assert found == pytest.approx(-math.log(metrics.EPSILON) - math.log(4), abs=1e-9)


def test_judd_is_undefined_for_a_constant_map_and_without_fixations_nothing_is() -> (
    None
):
    nowhere = np.empty((0, 2), np.int64)
    assert math.isnan(metrics.auc_judd(FLAT, FIXATED))
    for metric in (metrics.nss, metrics.auc, metrics.auc_judd):
        assert math.isnan(metric(MAP, nowhere))
    assert math.isnan(metrics.information_gain(MAP, BASE, nowhere))
    assert math.isnan(metrics.shuffled_auc(MAP, FIXATED, nowhere))


maps = arrays(np.float64, (4, 5), elements=st.integers(0, 9).map(float))
places = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=6
).map(np.array)
quick = settings(deadline=None, derandomize=True, max_examples=60)


def slow_pairs(positive: list[float], negative: list[float]) -> float:
    wins = [(p > n) + 0.5 * (p == n) for p in positive for n in negative]
    return float(np.mean(wins)) if wins else math.nan


@quick
@given(saliency=maps, fixated=places, others=places)
def test_areas_are_shares_of_pairs(
    saliency: Floats, fixated: Integers, others: Integers
) -> None:
    at = [saliency[r, c] for r, c in fixated]
    hit = {(int(r), int(c)) for r, c in fixated}
    free = [saliency[r, c] for r in range(4) for c in range(5) if (r, c) not in hit]
    assert metrics.auc(saliency, fixated) == pytest.approx(slow_pairs(at, free))
    beside = [saliency[r, c] for r, c in others]
    found = metrics.shuffled_auc(saliency, fixated, others)
    assert found == pytest.approx(slow_pairs(at, beside))


@quick
@given(saliency=maps, fixated=places)
def test_judd_counts_a_cell_once(saliency: Floats, fixated: Integers) -> None:
    found = metrics.auc_judd(saliency, fixated)
    assert math.isnan(found) or 0 <= found <= 1
    again = metrics.auc_judd(saliency, np.repeat(fixated, 3, axis=0))
    assert found == pytest.approx(again, nan_ok=True)


@quick
@given(saliency=maps, fixated=places, scale=st.floats(0.1, 9), shift=st.floats(-5, 5))
def test_standardised_figures_ignore_scale_and_shift(
    saliency: Floats, fixated: Integers, scale: float, shift: float
) -> None:
    moved = saliency * scale + shift
    spread = saliency.std()
    slow = [(saliency[r, c] - saliency.mean()) / spread for r, c in fixated if spread]
    wanted = np.mean(slow) if slow else 0.0
    assert metrics.nss(saliency, fixated) == pytest.approx(wanted, abs=1e-9)
    assert metrics.nss(moved, fixated) == pytest.approx(wanted, abs=1e-6)
    found, again = metrics.cc(MAP[:4, :5], saliency), metrics.cc(MAP[:4, :5], moved)
    assert found == pytest.approx(again, abs=1e-6)
    if spread:
        slow_cc = np.corrcoef(MAP[:4, :5].ravel(), saliency.ravel())[0, 1]
        assert found == pytest.approx(slow_cc, abs=1e-9)


@quick
@given(truth=maps, saliency=maps)
def test_divergence_and_overlap_are_sums_over_cells(
    truth: Floats, saliency: Floats
) -> None:
    q, p = metrics.normalised(truth), metrics.normalised(saliency)
    divergence = sum(
        a * math.log(metrics.EPSILON + a / (b + metrics.EPSILON))
        for a, b in zip(q.ravel(), p.ravel(), strict=True)
    )
    assert metrics.kl(truth, saliency) == pytest.approx(divergence, abs=1e-9)
    assert metrics.kl(truth, saliency) > -1e-9
    overlap = sum(map(min, zip(q.ravel(), p.ravel(), strict=True)))
    assert metrics.sim(truth, saliency) == pytest.approx(overlap, abs=1e-12)
    assert 0 <= metrics.sim(truth, saliency) <= 1 + 1e-12


def test_many_maps_at_once_are_each_alone() -> None:
    many, truths = np.stack([MAP, FLAT, BASE]), np.stack([TRUTH, TRUTH, FLAT])
    for metric in (metrics.kl, metrics.cc, metrics.sim):
        each = [float(metric(t, m)) for t, m in zip(truths, many, strict=True)]
        np.testing.assert_allclose(metric(truths, many), each, atol=1e-12)
