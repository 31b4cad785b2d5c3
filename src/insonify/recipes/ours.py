"""What we would train; for two CPU cores."""

from dataclasses import replace

from insonify.pretext.warp import Warp
from insonify.recipes.peers import embedding_of
from insonify.recipes.small import SMALL
from insonify.train.options import PretrainOptions


def insonify() -> PretrainOptions:
    """Four frames of a clip, each warped, are known as one clip's; for CPUs.

    As ``simclr``, which shows two of the frames of twice the clips, less strongly
    warped; docs/log.md has how the two compare.
    """
    made = embedding_of("simclr")
    assert made.embedding is not None
    warp = Warp(size=SMALL, rotation=35.0, scale=1.35, shear=15.0, margin=1.5)
    return replace(
        made,
        recipe="insonify",
        embedding=replace(made.embedding, shown=4, warp=warp),
        batch=48,
    )


def demo() -> PretrainOptions:
    """Small enough to see something in two minutes."""
    return replace(
        insonify(), recipe="demo", steps=80, probe_every=40, checkpoint_every=40
    )
