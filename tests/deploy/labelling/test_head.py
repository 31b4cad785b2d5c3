import numpy as np
import pytest

from insonify.deploy.labelling.doubt import disagreement
from insonify.deploy.labelling.head import learn
from insonify.deploy.labelling.labelled import read_labelled
from insonify.deploy.labelling.options import Doubt, LabellingOptions
from insonify.store import Store
from insonify.transfer.examples import Examples
from tests.deploy.labelling.conftest import CLASSES, TASK, clustered


@pytest.fixture
def examples(labelled_store: Store) -> Examples:
    features = clustered(labelled_store)
    return read_labelled(labelled_store, TASK, features).examples(features, CLASSES)


def test_the_head_is_the_linear_probe_of_transfer(examples: Examples) -> None:
    train, rest = examples.where(np.arange(120)), examples.where(np.arange(120, 240))
    options = LabellingOptions()
    head = learn(train, 3, options)
    assert head is not None
    nobody = train.where(np.zeros(0, np.int64))
    expected = options.linear.fit(train, nobody, 3, options.seed)
    found_BC = head.probe(rest.features_ND)
    assert np.allclose(found_BC, expected(rest.features_ND), atol=1e-5)
    assert np.mean(found_BC.argmax(1) == rest.labels_N) > 0.8


def test_one_class_teaches_no_head(examples: Examples) -> None:
    alone = examples.where(examples.labels_N == 1)
    assert learn(alone, 3, LabellingOptions()) is None
    assert learn(alone.where(np.zeros(0, np.int64)), 3, LabellingOptions()) is None


@pytest.mark.parametrize("doubt", ["margin", "entropy", "confidence"])
def test_doubt_is_higher_between_the_classes(examples: Examples, doubt: Doubt) -> None:
    two = examples.where(examples.labels_N < 2)
    head = learn(two, 3, LabellingOptions(doubt=doubt))
    assert head is not None
    centres_CD = [two.features_ND[two.labels_N == label].mean(0) for label in (0, 1)]
    between_1D = np.mean(centres_CD, 0, keepdims=True)
    sure_CD = np.array(centres_CD)
    assert head.doubt(between_1D, doubt) > 3 * head.doubt(sure_CD, doubt).max()
    # A class that was never seen makes nothing doubtful: two are all there is.
    assert head.probe(between_1D)[0, 2] == 0
    assert head.doubt(between_1D, doubt) > 0.7


def test_a_committee_learns_from_other_samples_of_subjects(examples: Examples) -> None:
    head = learn(examples, 3, LabellingOptions(doubt="disagreement"))
    assert head is not None
    assert len(head.committee) == 5
    again = learn(examples, 3, LabellingOptions(doubt="disagreement"))
    assert again is not None
    one, other = head.committee[0].weights_CD, head.committee[1].weights_CD
    assert not np.allclose(one, other)
    assert np.array_equal(one, again.committee[0].weights_CD)
    found_KNC = np.stack([each(examples.features_ND) for each in head.committee])
    doubt_N = head.doubt(examples.features_ND, "disagreement")
    assert np.allclose(doubt_N, disagreement(found_KNC))
    # Where they agree on average, and differ one by one, they are in doubt.
    spread_N = found_KNC.std(0).max(1)
    assert np.corrcoef(doubt_N, spread_N)[0, 1] > 0.8
