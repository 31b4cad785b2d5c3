import numpy as np
import pytest
from scipy.stats import entropy

from insonify.deploy.labelling.doubt import MEASURES, disagreement, margin

GENERATOR = np.random.default_rng(0)
FOUND_NC = GENERATOR.dirichlet(np.ones(4), 30).astype(np.float32)


@pytest.mark.parametrize("name", MEASURES)
def test_doubt_goes_from_a_sure_head_to_one_that_knows_nothing(name: str) -> None:
    sure, unsure = np.eye(4)[:1], np.full((1, 4), 0.25)
    assert MEASURES[name](sure.astype(np.float32)) == pytest.approx(0, abs=1e-9)
    assert MEASURES[name](unsure.astype(np.float32)) == pytest.approx(1)
    doubt_N = MEASURES[name](FOUND_NC)
    assert doubt_N.shape == (30,)
    assert np.all((doubt_N > 0) & (doubt_N < 1))


def test_measures_are_what_their_definitions_say() -> None:
    sorted_NC = np.sort(FOUND_NC, 1).astype(np.float64)
    assert np.allclose(margin(FOUND_NC), 1 - sorted_NC[:, -1] + sorted_NC[:, -2])
    assert np.allclose(MEASURES["confidence"](FOUND_NC), (1 - sorted_NC[:, -1]) / 0.75)
    assert np.allclose(MEASURES["entropy"](FOUND_NC), entropy(FOUND_NC, axis=1, base=4))


def test_disagreement_is_information_about_the_class_that_heads_would_give() -> None:
    found_KNC = GENERATOR.dirichlet(np.ones(3), (5, 20)).astype(np.float32)
    mean_NC = found_KNC.mean(0)
    # The mean divergence of a head from all of them together is the same information.
    divergence_KN = entropy(
        found_KNC, np.broadcast_to(mean_NC, found_KNC.shape), axis=2
    )
    expected_N = divergence_KN.mean(0) / np.log(3)
    assert np.allclose(disagreement(found_KNC), expected_N, atol=1e-6)
    assert np.allclose(disagreement(found_KNC[:1].repeat(3, 0)), 0, atol=1e-6)
