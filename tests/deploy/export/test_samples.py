"""Who trains is calibrated on, who validates is measured on, who is tested is neither.

Legend: N frames.
"""

import numpy as np
import pytest
import torch

from insonify.clips.loader import FrameReader
from insonify.core.errors import ConfigError
from insonify.deploy.export.cost import accuracy_of, agreement
from insonify.deploy.export.options import ExportOptions
from insonify.deploy.export.samples import read_samples
from insonify.deploy.heads import Heads
from insonify.store import Store
from tests.deploy.conftest import SIZE, small_checkpoint, spot_store


@pytest.mark.parametrize("fold", [0, 1])
def test_parts_are_of_their_subjects(spots: Store, fold: int) -> None:
    options = ExportOptions(int8=True, fold=fold, frames=1000)
    found = read_samples(spots, small_checkpoint(), None, options)
    roles, index = spots.split("three").roles(fold), spots.frames()
    positions_N = index.of_subjects(roles.train)
    by_hand = FrameReader(spots, SIZE).read(positions_N)
    torch.testing.assert_close(found.train_NHW, by_hand)
    assert found.learning is not None
    assert found.held is not None
    assert {*found.learning.subjects_N.tolist()} == roles.train
    assert {*found.held.subjects_N.tolist()} == roles.validation
    assert found.classes == ("large", "small")


def test_heads_say_which_fold(spots: Store, heads: Heads) -> None:
    options = ExportOptions(int8=True, frames=4)
    found = read_samples(spots, heads.checkpoint, heads, options)
    assert heads.card.options.fold is not None
    roles = spots.split("three").roles(heads.card.options.fold)
    assert found.held is not None
    assert {*found.held.subjects_N.tolist()} == roles.validation
    assert len(found.train_NHW) == 4
    assert found.learning is None


def test_without_labels_frames_are_left(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("plain") / "store"
    store = spot_store(path, labels=False, gaze=False)
    options = ExportOptions(int8=True, frames=6)
    found = read_samples(store, small_checkpoint(), None, options)
    assert found.held is not None
    assert (len(found.held.frames_NHW), found.held.labels_N) == (6, None)
    assert (found.learning, found.classes) == (None, ())
    store.make_split("another", folds=2, task=None, seed=0)
    with pytest.raises(ConfigError, match="several splits"):
        read_samples(store, small_checkpoint(), None, options)
    options = ExportOptions(int8=True, split="another")
    assert read_samples(store, small_checkpoint(), None, options).held is None


def test_accuracy_by_hand() -> None:
    scores_NC = np.eye(3, dtype=np.float32)[[0, 0, 1, 1, 2]]
    labels_N = np.array([0, 0, 0, 1, 1])
    found = accuracy_of(scores_NC, labels_N)
    assert found["balanced_accuracy"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found["macro_f1"] == pytest.approx((4 / 5 + 1 / 2) / 2)
    assert agreement(scores_NC, scores_NC[[0, 0, 2, 3, 0]]) == pytest.approx(4 / 5)
