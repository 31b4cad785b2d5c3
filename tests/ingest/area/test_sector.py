import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insonify.ingest.area.sector import fit_outline
from insonify.ingest.area.shapes import Mask, Polygon, Sector

SHAPE = (300, 400)


def alike(one_HW: Mask, other_HW: Mask) -> float:
    return float((one_HW & other_HW).sum() / (one_HW | other_HW).sum())


def curved(row: float = -60, half: float = 30, tilt: float = 0) -> Sector:
    return Sector(
        apex=(row, 200.0), radii=(80.0, 330.0), angles=(-half + tilt, half + tilt)
    )


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    st.floats(-90, 30),
    st.floats(150, 250),
    st.floats(0, 60),
    st.floats(150, 280),
    st.floats(15, 45),
)
def test_a_sector_is_found_again_also_where_the_picture_cuts_it(
    row: float, column: float, face: float, bottom: float, half: float
) -> None:
    above = max(-row, 0.0)
    truth = Sector(
        apex=(row, column), radii=(above + face, above + bottom), angles=(-half, half)
    )
    truth_HW = truth.mask(SHAPE)
    found = fit_outline(truth_HW)
    assert found is not None
    assert alike(found.mask(SHAPE), truth_HW) > 0.97


def test_its_six_parameters_are_those_it_was_drawn_with() -> None:
    truth = curved()
    found = fit_outline(truth.mask(SHAPE))
    assert isinstance(found, Sector)
    assert found.apex == pytest.approx(truth.apex, abs=4)
    assert found.radii == pytest.approx(truth.radii, abs=4)
    assert found.angles == pytest.approx(truth.angles, abs=1)


def test_dark_depths_and_a_shadow_are_brought_back() -> None:
    truth_HW = curved().mask(SHAPE)
    seen_HW = truth_HW.copy()
    seen_HW[180:, :190] = False  # the left depths
    seen_HW[120:, 230:250] = False  # a rib's shadow
    found = fit_outline(seen_HW)
    assert found is not None
    assert alike(found.mask(SHAPE), truth_HW) > 0.97
    assert alike(seen_HW, truth_HW) < 0.75


@pytest.mark.parametrize(("top", "bottom"), [(60, 60), (60, 30), (40, 41)])
def test_a_linear_probe_sees_a_trapezoid(top: int, bottom: int) -> None:
    corners = ((40, top), (40, 400 - top), (260, 400 - bottom), (260, bottom))
    truth = Polygon(corners=tuple((float(row), float(at)) for row, at in corners))
    found = fit_outline(truth.mask(SHAPE))
    assert isinstance(found, Polygon)
    assert alike(found.mask(SHAPE), truth.mask(SHAPE)) > 0.98


def test_a_picture_without_margin_is_its_own_outline() -> None:
    found = fit_outline(np.ones(SHAPE, bool))
    assert found is not None
    assert found.mask(SHAPE).all()


@pytest.mark.parametrize("tilt", [8.0, -8.0])
def test_what_leans_to_one_side_is_no_sector(tilt: float) -> None:
    assert fit_outline(curved(tilt=tilt).mask(SHAPE)) is None
    assert fit_outline(curved().mask(SHAPE)) is not None


def test_half_a_sector_and_a_bar_beside_it_are_no_sector() -> None:
    seen_HW = curved().mask(SHAPE)
    seen_HW[:, 210:] = False
    assert fit_outline(seen_HW) is None
    joined_HW = curved().mask(SHAPE)
    joined_HW[140:150, 300:399] = True
    found = fit_outline(joined_HW)
    assert found is None or not found.mask(SHAPE)[140:150, 380:].any()


def test_too_little_to_see_has_no_outline() -> None:
    empty_HW = np.zeros(SHAPE, bool)
    assert fit_outline(empty_HW) is None
    empty_HW[100, 100] = True
    assert fit_outline(empty_HW) is None
    thin_HW = np.zeros(SHAPE, bool)
    for row in range(40, 240, 3):  # a comb: much of its outline is not seen
        thin_HW[row, 100:300] = True
    assert fit_outline(thin_HW) is None
