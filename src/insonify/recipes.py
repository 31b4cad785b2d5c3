"""Named configurations, one function each; variants by ``dataclasses.replace``."""

from collections.abc import Callable
from dataclasses import replace

from insonify.clips.augment import Photometric
from insonify.clips.sampling import ClipOptions
from insonify.pretext import AffineTransform, FrameOrder
from insonify.train.optimisation import Optimisation
from insonify.train.options import PretrainOptions


def siamese() -> PretrainOptions:
    """Both tasks in parallel on a shared per-frame encoder, weights 1 : 1; for CPUs.

    Jiao et al., ISBI 2020, "Ours-Siam", with a ResNet-18, views of about a third of the
    side, and one frame of a clip instead of four before and after the warp, so that
    a step holds twice the clips for the same work.
    """
    size = (80, 104)
    return PretrainOptions(
        recipe="siamese",
        clips=ClipOptions(size=size),
        order=FrameOrder(size=size),
        transform=AffineTransform(size=size, frames=1),
    )


def order_only() -> PretrainOptions:
    """Order correction alone; for CPUs."""
    return replace(siamese(), recipe="order_only", transform=None)


def transform_only() -> PretrainOptions:
    """Transform prediction alone; for CPUs."""
    return replace(siamese(), recipe="transform_only", order=None)


def paper_siamese() -> PretrainOptions:
    """The paper's network, size and schedule; for a GPU.

    8 epochs of 400 k frames as clips of 4 in batches of 32 are 25 000 steps.
    """
    size = (224, 288)
    return PretrainOptions(
        recipe="paper_siamese",
        encoder="seresnext50_half",
        clips=ClipOptions(size=size, jitter_px=0.0),
        order=FrameOrder(size=size),
        transform=AffineTransform(size=size),
        photometric=Photometric(slope=0.0, per_frame=False),
        optimisation=Optimisation(
            optimizer="sgd", learning_rate=0.1, schedule="last-quarter", warmup=0.0
        ),
        batch=32,
        steps=25_000,
        checkpoint_every=500,
        probe_every=500,
    )


def demo() -> PretrainOptions:
    """Small enough to see something in two minutes."""
    return replace(
        with_size(siamese(), (64, 80)),
        recipe="demo",
        steps=150,
        probe_every=50,
        checkpoint_every=50,
    )


RECIPES: dict[str, Callable[[], PretrainOptions]] = {
    recipe.__name__: recipe
    for recipe in (siamese, order_only, transform_only, paper_siamese, demo)
}
"""All recipes by name."""


def with_size(options: PretrainOptions, size: tuple[int, int]) -> PretrainOptions:
    """The same options for views of another size."""
    return replace(
        options,
        clips=replace(options.clips, size=size),
        order=options.order and replace(options.order, size=size),
        transform=options.transform and replace(options.transform, size=size),
    )
