import numpy as np
import pytest

from insonify.ingest.triage.blocks import reduce
from insonify.ingest.triage.contact import coloured, depth_ratios, lifted

NONE = np.zeros(40, bool)


def test_the_ratio_is_that_of_grey_levels_within_the_area() -> None:
    generator = np.random.default_rng(0)
    frames = generator.integers(0, 255, (5, 96, 96)).astype(np.uint8)
    mask_HW = np.zeros((96, 96), bool)
    mask_HW[0:96, 16:80] = True
    frames[:, ~mask_HW] = 0
    levels = [
        frames[:, rows, 16:80].mean((1, 2)) for rows in (slice(48, 96), slice(32))
    ]
    found = depth_ratios(reduce(frames), mask_HW)
    assert found == pytest.approx(levels[0] / levels[1], rel=1e-5)


def test_a_probe_in_air_is_lifted_and_a_shallow_scan_is_not() -> None:
    ratios_T = np.full(40, 0.6)
    ratios_T[10:20] = 0.03
    assert np.flatnonzero(lifted(ratios_T, NONE, 0.1)).tolist() == list(range(10, 20))
    assert not lifted(ratios_T, NONE, 0.0).any()
    shallow_T = np.linspace(0.03, 0.09, 40)
    assert not lifted(shallow_T, NONE, 0.1).any()
    assert not lifted(ratios_T, ~NONE, 0.1).any()


def test_what_is_usual_is_not_learnt_from_black_frames() -> None:
    ratios_T = np.full(40, 9.0)
    ratios_T[:5] = 0.09
    assert not lifted(ratios_T, np.arange(40) >= 5, 0.1).any()


def test_flow_that_comes_and_goes_is_coloured_throughout() -> None:
    share_T = np.zeros(40)
    share_T[[10, 14, 30]] = 0.05
    times_s_T = np.arange(40) / 20
    found = coloured(share_T, times_s_T, 0.01)
    assert np.flatnonzero(found).tolist() == [10, 11, 12, 13, 14, 30]
    assert not coloured(share_T, times_s_T, 0.0).any()
    assert not coloured(share_T, times_s_T, 0.05).any()
