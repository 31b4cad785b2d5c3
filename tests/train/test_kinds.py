"""Labels that make clips alike: whose they are, and what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from insonify.core.errors import ConfigError, StoreError
from insonify.recipes import RECIPES, with_size
from insonify.store import Store
from insonify.train.kinds import clip_kinds
from insonify.train.loading import make_loader, subject_roles
from insonify.train.options import PretrainOptions
from insonify.train.pretrain import pretrain
from insonify.train.run_folder import RunFolder
from tests.train.killing import KilledError, die_at, watch


def tiny(alike: str = "texture") -> PretrainOptions:
    options = with_size(RECIPES["awcl"](), (32, 40))
    assert options.embedding is not None
    embedding = replace(options.embedding, alike=alike)
    return replace(
        options, embedding=embedding, batch=4, steps=5, checkpoint_every=2, split="k"
    )


def test_a_clip_has_the_label_of_its_middle_frame(store: Store) -> None:
    store.make_split("k", folds=3, task="texture", seed=0)
    options = tiny()
    loader = make_loader(store, subject_roles(store, options).train, options)
    found = store.frame_labels("texture")
    label = dict(zip(found.positions.tolist(), found.labels, strict=True))
    names = sorted(set(found.labels))
    kinds = clip_kinds(store, loader, "texture", [names[0]])
    for step in range(3):
        middle = loader.positions(step)[:, options.clips.frames // 2]
        wanted = [names.index(label[place]) - 1 for place in middle.tolist()]
        assert np.array_equal(kinds(step).numpy(), wanted)


def test_labels_that_say_nothing_are_refused(store: Store, tmp_path: Path) -> None:
    store.make_split("k", folds=3, task="texture", seed=0)
    loader = make_loader(store, frozenset(store.frames().subjects), tiny())
    with pytest.raises(ConfigError, match="no clip shows a class of 'texture'"):
        clip_kinds(
            store, loader, "texture", sorted(set(store.frame_labels("texture").labels))
        )
    with pytest.raises(StoreError, match="no labels of task 'nothing'"):
        pretrain(store, tmp_path / "run", tiny("nothing"), watch)
    assert not (tmp_path / "run").exists()


def test_a_run_with_labels_resumes_bit_for_bit(store: Store, tmp_path: Path) -> None:
    store.make_split("k", folds=3, task="texture", seed=0)
    whole, cut, plain = tmp_path / "whole", tmp_path / "cut", tmp_path / "plain"
    pretrain(store, whole, tiny(), watch)
    with pytest.raises(KilledError):
        pretrain(store, cut, tiny(), die_at(4))
    pretrain(store, cut, tiny(), watch)
    simclr = tiny()
    assert simclr.embedding is not None
    unlabelled = replace(simclr.embedding, alike=None)
    pretrain(store, plain, replace(simclr, embedding=unlabelled), watch)
    losses = [
        [row["loss"] for row in RunFolder(run).metrics()] for run in (whole, cut, plain)
    ]
    assert losses[0] == losses[1]
    assert losses[0][0] != losses[2][0]
