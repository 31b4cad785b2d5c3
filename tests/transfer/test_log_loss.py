"""The loss that options are chosen by, against scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import log_loss
from sklearn.utils.class_weight import compute_sample_weight

from insonify.transfer.log_loss import class_balanced_loss


def test_equals_the_weighted_log_loss() -> None:
    draw = np.random.default_rng(0)
    found_BC = draw.dirichlet(np.ones(3), 60)
    labels_B = draw.choice(3, 60, p=(0.7, 0.2, 0.1))
    weight_B = compute_sample_weight("balanced", labels_B)
    expected = log_loss(labels_B, found_BC, sample_weight=weight_B)
    single_BC = found_BC.astype(np.float32)
    found = class_balanced_loss(single_BC, labels_B, np.arange(3))
    assert found == pytest.approx(expected, rel=1e-4)


def test_classes_that_were_not_learnt_do_not_count() -> None:
    found_BC = np.array([(0.5, 0.5, 0), (0.2, 0.8, 0), (0.9, 0.1, 0)], np.float32)
    labels_B, known = np.array([0, 1, 2]), np.array([0, 1])
    expected = -(np.log(0.5) + np.log(0.8)) / 2
    assert class_balanced_loss(found_BC, labels_B, known) == pytest.approx(expected)
    assert class_balanced_loss(found_BC[2:], labels_B[2:], known) == 0
