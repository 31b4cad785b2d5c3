import numpy as np
import pytest
from scipy.stats import spearmanr

from insonify.deploy.search.indexed_rows import Effort, IndexedRows
from tests.deploy.search.conftest import FRAMES, VIDEOS, Archive


@pytest.mark.parametrize(
    ("wanted", "rows", "probes"),
    [
        (1_000_000, 160, 16),  # all
        (999_000, 1_160, 17),  # all but a video, which may be the nearest
        (100_000, 1_600, 160),  # a tenth, that lies anywhere
    ],
)
def test_the_fewer_are_wanted_the_further_is_looked(
    wanted: int, rows: int, probes: int
) -> None:
    effort = Effort(probes=16, per_hit=16, most=50_000)
    assert effort.first_look(10, wanted, 1_000_000) == (rows, probes)


def test_all_rows_are_found_and_are_the_right_frames(archive: Archive) -> None:
    table = IndexedRows.of(archive.features)
    assert table is not None
    (asked_D,) = archive.features.read(np.array([345]))
    unit_D = asked_D / np.linalg.norm(asked_D)
    position_n, similar_n = table.nearest(unit_D, 2000, 100)
    assert sorted(position_n.tolist()) == list(range(VIDEOS * FRAMES))
    assert position_n[0] == 345
    known_nD = archive.features.read(position_n)
    cosine_n = known_nD @ unit_D / np.linalg.norm(known_nD, axis=1)
    assert spearmanr(similar_n, cosine_n).statistic > 0.999
