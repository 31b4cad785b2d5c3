"""What we would train; for two CPU cores."""

from dataclasses import replace

from insonify.recipes.peers import embedding_of
from insonify.train.options import PretrainOptions


def insonify() -> PretrainOptions:
    """Four frames of a clip, each warped, are known as one clip's; for CPUs.

    As ``simclr``, which shows two of the frames of twice the clips; docs/log.md has how
    the two compare.
    """
    made = embedding_of("simclr")
    assert made.embedding is not None
    return replace(
        made,
        recipe="insonify",
        embedding=replace(made.embedding, shown=4),
        optimisation=replace(made.optimisation, learning_rate=0.01),
        batch=48,
    )


def demo() -> PretrainOptions:
    """Small enough to see something in two minutes."""
    return replace(
        insonify(), recipe="demo", steps=80, probe_every=40, checkpoint_every=40
    )
