import pytest

from insonify.studies.grid import Grid, as_markdown
from insonify.studies.published import PLANES, SALIENCY
from insonify.studies.tables import ORDER


def test_published_gains_are_those_that_the_paper_claims() -> None:
    gain = PLANES["siamese"]["macro_f1"].value - PLANES["random"]["macro_f1"].value
    assert gain == pytest.approx(0.087)
    kl = SALIENCY["siamese"]["kl"].value - SALIENCY["random"]["kl"].value
    assert kl == pytest.approx(-0.94)
    nss = SALIENCY["siamese"]["nss"].value / SALIENCY["random"]["nss"].value
    assert nss == pytest.approx(1.85, abs=0.005)


def test_published_shares_are_shares() -> None:
    for arm, figures in PLANES.items():
        assert arm in ORDER
        assert all(0 < figure.value < 1 for figure in figures.values())
    for arm, figures in SALIENCY.items():
        assert arm in ORDER
        assert 0 < figures["sim"].value < figures["auc_judd"].value < 1


def test_a_grid_is_a_markdown_table() -> None:
    grid = Grid(title="T", heads=("a", "b"), rows=(("1", "2"),), notes=("so",))
    wanted = "## T\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n- so\n"
    assert as_markdown([grid]) == wanted
