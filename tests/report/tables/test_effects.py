"""Effect sizes against scipy and by hand."""

import numpy as np
import pytest
from scipy import stats

from insonify.report.tables.effects import effect, standardised
from insonify.report.tables.statistics import draw_subjects


def test_the_size_is_that_of_the_paired_t_test_corrected() -> None:
    generator = np.random.default_rng(0)
    mine_S, its_S = generator.normal(0.4, 1, 15), generator.normal(0, 1, 15)
    t = stats.ttest_rel(mine_S, its_S).statistic
    found = standardised(mine_S - its_S, np.ones((1, 15)))[0]
    # d_z is t over the root of the number; J is 1 - 3 / (4 * 14 - 1) to 3 digits.
    assert found == pytest.approx(t / np.sqrt(15) * (1 - 3 / 55), rel=1e-3)


def test_the_correction_takes_the_bias_away() -> None:
    """True d_z 0.5; five subjects, where the plain figure is a quarter too large."""
    generator = np.random.default_rng(1)
    drawn = generator.normal(0.5, 1, (20_000, 5))
    found = [standardised(each_S, np.ones((1, 5)))[0] for each_S in drawn]
    assert np.mean(found) == pytest.approx(0.5, abs=0.02)
    assert np.mean(drawn.mean(1) / drawn.std(1, ddof=1)) > 0.6


def test_resamples_equal_repeating_the_subjects() -> None:
    generator = np.random.default_rng(2)
    apart_S, counts_RS = generator.normal(size=9), draw_subjects(9, 30, 0)
    found_R = standardised(apart_S, counts_RS)
    factor = found_R[0] / (apart_S.mean() / apart_S.std(ddof=1))
    for counts_S, found in zip(counts_RS, found_R, strict=True):
        again = np.repeat(apart_S, counts_S.astype(int))
        assert found == pytest.approx(again.mean() / again.std(ddof=1) * factor)


def test_subjects_that_are_better_off_are_counted() -> None:
    apart_S = np.array([-0.2, -0.1, 0.3, 0.0, np.nan])
    counts_RS = draw_subjects(5, 1000, 0)
    low = effect("kl", apart_S, counts_RS, lower_is_better=True)
    high = effect("macro_recall", apart_S, counts_RS, lower_is_better=False)
    assert (low.subjects, low.improved, low.worsened) == (4, 0.5, 0.25)
    assert (high.improved, high.worsened) == (0.25, 0.5)
    assert low.size == high.size
    assert low.size.low <= low.size.value <= low.size.high


@pytest.mark.parametrize("apart", [[0.1, 0.2], [0.3, 0.3, 0.3, 0.3]])
def test_a_size_without_a_spread_is_undefined(apart: list[float]) -> None:
    counts_RS = draw_subjects(len(apart), 1000, 0)
    found = effect("kl", np.array(apart), counts_RS, lower_is_better=False)
    assert np.isnan(found.size.value)
    assert found.improved == 1.0
