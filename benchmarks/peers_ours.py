"""Our own arms: the real ``pretrain()`` with its loader."""

from dataclasses import replace

from peers_arms import SIDE, VIEWS, Lesson

from insonify.model.checkpoint import load_checkpoint
from insonify.model.encoder import Encoder
from insonify.recipes import RECIPES, with_size
from insonify.store import Store
from insonify.train.options import PretrainOptions
from insonify.train.pretrain import pretrain

ENCODER = "resnet18"


def train(lesson: Lesson, variant: str) -> Encoder:
    """Pretrain by a recipe; everything that is not said here is the recipe's own."""
    store = Store.open(lesson.store)
    options = _options(lesson, variant)
    checkpoint = pretrain(store, lesson.out / "run", options, lambda _: None)
    return load_checkpoint(checkpoint).encoder


def _options(lesson: Lesson, recipe: str) -> PretrainOptions:
    made = with_size(RECIPES[recipe](), (SIDE, SIDE))
    assert made.embedding is not None
    return replace(
        made,
        encoder=ENCODER,
        batch=VIEWS // made.embedding.shown,
        split=lesson.split,
        fold=lesson.fold,
        steps=lesson.steps,
        checkpoint_every=lesson.steps,
        probe_every=lesson.steps,
        seed=lesson.seed,
    )
