import numpy as np
import pytest

from insonify.deploy.labelling.compared import interval, labels_needed

LABELS_P = np.array([10, 20, 30])


@pytest.mark.parametrize(
    ("found", "target", "needed"),
    [
        ((0.2, 0.4, 0.6), 0.4, 20),
        ((0.2, 0.4, 0.6), 0.5, 25),
        ((0.2, 0.4, 0.6), 0.1, 5),
        ((0.2, 0.4, 0.6), 0.61, np.inf),
        ((0.2, 0.6, 0.3), 0.5, 17.5),
        ((0.2, 0.2, 0.2), 0.2, 10),
    ],
)
def test_labels_needed_are_read_off_where_the_curve_first_meets_the_target(
    found: tuple[float, ...], target: float, needed: float
) -> None:
    found_P1 = np.array(found)[:, None]
    assert labels_needed(LABELS_P, found_P1, np.array([target])) == [
        pytest.approx(needed)
    ]


def test_each_resample_has_its_own_curve_and_target() -> None:
    found_PR = np.array([[0.1, 0.5], [0.3, 0.6], [0.5, 0.7]])
    assert labels_needed(LABELS_P, found_PR, np.array([0.4, 0.7])).tolist() == [25, 30]


def test_an_interval_may_reach_to_infinity() -> None:
    values_R = np.append(7.0, np.append(np.arange(95.0), [np.inf] * 5))
    found = interval(values_R)
    assert (found.value, found.low, found.high) == (7, 2, np.inf)
    assert interval(np.append(1.0, np.arange(101.0))).high == 98
    assert interval(np.array([1.0, np.nan, 2.0])).low == 2
