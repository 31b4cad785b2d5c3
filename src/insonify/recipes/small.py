"""Small twins of the paper's rows, and what came of them; for two CPU cores."""

from dataclasses import replace
from typing import Final

from insonify.clips.sampling import ClipOptions
from insonify.clips.texture import Texture
from insonify.pretext import (
    AffineTransform,
    Disentangled,
    FrameOrder,
    RelativeTransform,
    SharedViews,
)
from insonify.pretext.warp import Warp
from insonify.train.optimisation import Optimisation
from insonify.train.options import PretrainOptions

SMALL: Final = (64, 80)
"""Rows and columns of the frames."""


def siamese() -> PretrainOptions:
    """Both tasks in parallel on a shared per-frame encoder, weights 1 : 1; for CPUs.

    Jiao et al., ISBI 2020, "Ours-Siam", with a half-width ResNet-10, views of under a
    third of the side, and one frame of a clip instead of four before and after the
    warp, so that a step holds twice the clips for the same work.
    """
    return PretrainOptions(
        recipe="siamese",
        encoder="resnet10_half",
        clips=ClipOptions(size=SMALL),
        order=FrameOrder(size=SMALL),
        transform=AffineTransform(size=SMALL, frames=1),
        optimisation=Optimisation(learning_rate=0.003),  # of .001 to .01: docs/log.md
    )


def disentangled() -> PretrainOptions:
    """Both questions about one corrupted clip, from two halves of a vector; for CPUs.

    Jiao et al., ISBI 2020, "Ours-Dise"; its order can be found by matching frames.
    """
    both = Disentangled(
        order=FrameOrder(size=SMALL), transform=AffineTransform(size=SMALL)
    )
    return replace(
        siamese(),
        recipe="disentangled",
        order=None,
        transform=None,
        disentangled=both,
    )


def order_only() -> PretrainOptions:
    """Order correction alone; for CPUs."""
    return replace(siamese(), recipe="order_only", transform=None)


def transform_only() -> PretrainOptions:
    """Transform prediction alone; for CPUs."""
    return replace(siamese(), recipe="transform_only", order=None)


def relative() -> PretrainOptions:
    """The transform between two different frames, both warped; for CPUs.

    What the audit of ``transform_only`` led to (docs/log.md): no view shows the same
    frame as another, both are resampled, and texture is blurred and speckled anew.
    """
    return replace(
        transform_only(),
        recipe="relative",
        transform=None,
        relative=RelativeTransform(warp=Warp(size=SMALL)),
        texture=Texture(blur=1.0, speckle=0.3),
        batch=96,
    )


def path_only() -> PretrainOptions:
    """Order correction alone, read off as the shortest path over features; for CPUs.

    A path is scored by how far features move along it; free comparison of pairs is not
    learnt in such a time (docs/log.md).
    """
    order = FrameOrder(size=SMALL, reading="path")
    return replace(order_only(), recipe="path_only", order=order, batch=48)


def shared_views() -> PretrainOptions:
    """Order and all relative transforms off the same views of a clip; for CPUs."""
    warp = Warp(size=SMALL)
    return replace(
        relative(),
        recipe="shared_views",
        relative=None,
        shared_views=SharedViews(
            order=FrameOrder(size=SMALL, reading="path"),
            relative=RelativeTransform(warp=warp, shown=4),
        ),
        batch=48,
    )


def path_relative() -> PretrainOptions:
    """Both tasks in parallel, as ``siamese``, in their later forms; for CPUs.

    The order as a path over unwarped frames, and the relative transform between two
    warped ones. Tried on one fold only (docs/log.md).
    """
    order = FrameOrder(size=SMALL, reading="path")
    return replace(relative(), recipe="path_relative", order=order, batch=32)
