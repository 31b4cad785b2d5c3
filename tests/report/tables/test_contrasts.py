"""Arms of known skill: who is ahead, of whom, and how surely after adjustment."""

from itertools import chain

import numpy as np
import pyarrow as pa
import pytest

from insonify.core.errors import ReportError
from insonify.core.predictions import SCHEMA, Predictions
from insonify.report.tables.contrasts import BEST, Cell, plane_cells
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.statistics import holm
from tests.report.tables.test_table import rows_of

OPTIONS = ReportOptions(resamples=1000)
CLASSES = ("abdomen", "background", "brain")
SKILLS = {"good": 0.8, "fair": 0.4, "poor": 0.12, "random": 0.1}
"""Of each arm; poor is hardly better than untrained weights."""
BASELINES = {"random": None}
"""Untrained weights have none; every other arm has them."""


def cells(against: str = BEST) -> dict[str, Cell]:
    parts = [rows_of(arm, skill, CLASSES) for arm, skill in SKILLS.items()]
    found = Predictions(
        task="plane",
        classes=CLASSES,
        store="00ff",
        arms={arm: {"baseline": BASELINES.get(arm, "random")} for arm in SKILLS},
        facts={},
        rows=pa.Table.from_pylist(list(chain(*parts)), schema=SCHEMA),
    )
    return {cell.arm: cell for cell in plane_cells(found, against, OPTIONS)}


def test_every_arm_is_tested_against_the_best_other_arm() -> None:
    found = cells()
    assert {arm: cell.other for arm, cell in found.items()} == {
        "good": "fair",
        "fair": "good",
        "poor": "good",
        "random": "good",
    }
    for arm in SKILLS:
        p, adjusted = found[arm].p, found[arm].p_holm
        assert p is not None
        assert adjusted is not None
        assert p <= adjusted < 0.05
    gain = found["good"].gain
    assert gain is not None
    assert gain.low > 0


def test_a_named_arm_is_not_tested_against_itself_and_luck_is_not_found() -> None:
    found = cells("random")
    assert found["random"].other == ""
    assert found["random"].p is None
    assert found["random"].p_holm is None
    poor = found["poor"].p_holm
    assert poor is not None
    assert poor > 0.05
    p = np.array([found[arm].p for arm in ("good", "fair", "poor")], np.float64)
    adjusted = [found[arm].p_holm for arm in ("good", "fair", "poor")]
    np.testing.assert_allclose(np.array(adjusted, np.float64), holm(p))


def test_an_arm_that_is_not_there_is_refused() -> None:
    with pytest.raises(ReportError, match="no arm 'nobody'"):
        cells("nobody")
