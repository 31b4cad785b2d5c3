"""Areas and equal shares, worked by hand and by numpy's interpolation."""

import numpy as np
import pytest

from insonify.report.tables.efficiency import area_under, equal_share, learning
from insonify.report.tables.metrics import Floats

SHARES = (0.01, 0.1, 1.0)


def test_the_area_is_the_mean_over_the_logarithm() -> None:
    value_RF = np.array([[0.2, 0.2, 0.2], [0.0, 0.5, 1.0], [0.0, 1.0, 1.0]])
    np.testing.assert_allclose(area_under(value_RF, SHARES), [0.2, 0.5, 0.75])


def test_equal_shares_are_where_numpy_interpolates_them() -> None:
    curve_F = np.array([0.2, 0.5, 0.6])
    wanted_R = np.linspace(0.21, 0.6, 40)
    found_R = equal_share(wanted_R, np.tile(curve_F, (40, 1)), SHARES)
    slow_R = 10 ** np.interp(wanted_R, curve_F, np.log10(SHARES))
    np.testing.assert_allclose(found_R, slow_R)


def test_beyond_the_curve_it_is_not_extrapolated() -> None:
    value_RF = np.tile([0.2, 0.5, 0.4], (4, 1))
    found_R = equal_share(np.array([0.1, 0.6, 0.45, np.nan]), value_RF, SHARES)
    # The curve falls at its end; 0.45 was reached before.
    middle = 10 ** (-2 + (0.45 - 0.2) / 0.3)
    np.testing.assert_allclose(found_R, [0.0, np.inf, middle, np.nan])


def curve(values: list[float], generator: np.random.Generator) -> dict[float, Floats]:
    """Resamples within 0.01 of the values, two seeds."""
    return {
        fraction: np.vstack(
            [[[value] * 2], value + generator.uniform(-0.01, 0.01, (1000, 2))]
        )
        for fraction, value in zip(SHARES, values, strict=True)
    }


def test_arms_are_compared_with_their_baseline() -> None:
    generator = np.random.default_rng(0)
    curves = {
        ("good", "linear"): curve([0.35, 0.5, 0.7], generator),
        ("random", "linear"): curve([0.2, 0.4, 0.6], generator),
        ("good", "knn"): {1.0: np.full((11, 2), 0.5)},
    }
    good, random = learning(
        "macro_f1", curves, {"good": "random"}, lower_is_better=False
    )
    assert (good.arm, random.arm) == ("good", "random")
    assert random.gain is None
    assert random.equals == ()
    assert good.gain is not None
    assert good.gain.value == pytest.approx(0.1125)
    assert good.gain.low > 0.1
    least, middle, most = good.equals
    assert least.share == pytest.approx(10 ** (-2 + 0.75))
    assert least.low < least.share < least.high
    assert middle.share == pytest.approx(10**-0.5)
    assert np.isinf([most.share, most.low, most.high]).all()
    assert most.words == "> 1 [> 1, > 1]"
    assert least.words.startswith("0.0562 [0.0")


def test_where_less_is_better_the_curve_is_turned() -> None:
    generator = np.random.default_rng(0)
    curves = {
        ("good", "frozen"): curve([1.5, 1.4, 1.3], generator),
        ("random", "frozen"): curve([1.7, 1.6, 1.5], generator),
    }
    good, _ = learning("kl", curves, {"good": "random"}, lower_is_better=True)
    assert good.gain is not None
    assert good.gain.high < 0
    # Within a hundredth of the last point: in some resamples it is reached.
    assert good.equals[0].share == pytest.approx(1.0)
    assert np.isinf(good.equals[0].high)
    assert good.equals[0].low < 1
    turned = {key: {f: -v for f, v in of.items()} for key, of in curves.items()}
    again, _ = learning("kl", turned, {"good": "random"}, lower_is_better=False)
    assert again.equals == good.equals
