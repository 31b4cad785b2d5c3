"""Named configurations, one function each; variants by ``dataclasses.replace``.

Two families. ``paper_…`` are the paper's four rows at its size and schedule, for a GPU.
The same names without ``paper_`` are their small twins, for two CPU cores.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

from insonify.clips.augment import Photometric
from insonify.clips.sampling import ClipOptions
from insonify.clips.texture import Texture
from insonify.pretext import (
    AffineTransform,
    Disentangled,
    FrameOrder,
    FrameSequence,
    Jigsaw,
    JointEmbedding,
    Pace,
    RelativeTransform,
    Rotation,
    SharedViews,
)
from insonify.pretext.embedding import MethodName
from insonify.pretext.task import Input
from insonify.pretext.warp import Warp
from insonify.train.optimisation import Optimisation
from insonify.train.options import PretrainOptions

_SMALL: Final = (64, 80)
_LARGE: Final = (224, 288)
_W = TypeVar("_W", RelativeTransform, JointEmbedding)


def siamese() -> PretrainOptions:
    """Both tasks in parallel on a shared per-frame encoder, weights 1 : 1; for CPUs.

    Jiao et al., ISBI 2020, "Ours-Siam", with a half-width ResNet-10, views of under a
    third of the side, and one frame of a clip instead of four before and after the
    warp, so that a step holds twice the clips for the same work.
    """
    return PretrainOptions(
        recipe="siamese",
        encoder="resnet10_half",
        clips=ClipOptions(size=_SMALL),
        order=FrameOrder(size=_SMALL),
        transform=AffineTransform(size=_SMALL, frames=1),
    )


def disentangled() -> PretrainOptions:
    """Both questions about one corrupted clip, from two halves of a vector; for CPUs.

    Jiao et al., ISBI 2020, "Ours-Dise"; its order can be found by matching frames.
    """
    both = Disentangled(
        order=FrameOrder(size=_SMALL), transform=AffineTransform(size=_SMALL)
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


def paper_siamese() -> PretrainOptions:
    """The paper's Siamese variant: network, size and schedule; for a GPU.

    Frames enter as channels, for the paper's networks are two-dimensional and take
    clips (probable; it does not say). The branches share all but the last stage (the
    paper: "partially"; which stages is our choice), and the branch of the order is
    kept. :func:`frame_by_frame` gives the form without stacks.

    8 epochs of 400 k frames as clips of 4 in batches of 32 are 25 000 steps.
    """
    return PretrainOptions(
        recipe="paper_siamese",
        encoder="seresnext50_half",
        shared_stages=4,
        clips=ClipOptions(size=_LARGE, jitter_px=0.0),
        order=FrameOrder(size=_LARGE, input="channels"),
        transform=AffineTransform(size=_LARGE, input="channels"),
        photometric=Photometric(slope=0.0, per_frame=False),
        optimisation=Optimisation(
            optimizer="sgd",
            learning_rate=0.1,
            weight_decay=1e-4,
            schedule="last-quarter",
            warmup=0.0,
        ),
        batch=32,
        steps=25_000,
        checkpoint_every=500,
        probe_every=500,
    )


def paper_disentangled() -> PretrainOptions:
    """The paper's disentangled variant: original and corrupted clip as 8 channels."""
    base = _paper_alone("paper_disentangled")
    both = Disentangled(
        order=FrameOrder(size=_LARGE, input="channels"),
        transform=AffineTransform(size=_LARGE, input="channels"),
    )
    return replace(base, order=None, transform=None, disentangled=both)


def paper_order_only() -> PretrainOptions:
    """The paper's order correction alone."""
    return replace(_paper_alone("paper_order_only"), transform=None)


def paper_transform_only() -> PretrainOptions:
    """The paper's transform prediction alone."""
    return replace(_paper_alone("paper_transform_only"), order=None)


def relative() -> PretrainOptions:
    """The transform between two different frames, both warped; for CPUs.

    What the audit of ``transform_only`` led to (docs/log.md): no view shows the same
    frame as another, both are resampled, and texture is blurred and speckled anew.
    """
    return replace(
        transform_only(),
        recipe="relative",
        transform=None,
        relative=RelativeTransform(warp=Warp(size=_SMALL)),
        texture=Texture(blur=1.0, speckle=0.3),
        batch=96,
    )


def path_only() -> PretrainOptions:
    """Order correction alone, read off as the shortest path over features; for CPUs.

    A path is scored by how far features move along it; free comparison of pairs is not
    learnt in such a time (docs/log.md).
    """
    order = FrameOrder(size=_SMALL, reading="path")
    return replace(order_only(), recipe="path_only", order=order, batch=48)


def shared_views() -> PretrainOptions:
    """Order and all relative transforms off the same views of a clip; for CPUs."""
    warp = Warp(size=_SMALL)
    return replace(
        relative(),
        recipe="shared_views",
        relative=None,
        shared_views=SharedViews(
            order=FrameOrder(size=_SMALL, reading="path"),
            relative=RelativeTransform(warp=warp, shown=4),
        ),
        batch=48,
    )


def path_relative() -> PretrainOptions:
    """Both tasks in parallel, as ``siamese``, in their later forms; for CPUs.

    The order as a path over unwarped frames, and the relative transform between two
    warped ones. Tried on one fold only (docs/log.md).
    """
    order = FrameOrder(size=_SMALL, reading="path")
    return replace(relative(), recipe="path_relative", order=order, batch=32)


def insonify() -> PretrainOptions:
    """Four frames of a clip, each warped, are known as one clip's; for CPUs.

    What came first of all that was tried (docs/log.md). All four frames of a clip are
    each other's likeness and other clips' unlikeness, where ``simclr`` shows two: so
    anatomy is found again over a second of motion, and not over one step.
    """
    made = _embedding("simclr")
    assert made.embedding is not None
    return replace(
        made,
        recipe="insonify",
        embedding=replace(made.embedding, shown=4),
        optimisation=replace(made.optimisation, learning_rate=0.003),
        batch=48,
    )


def simclr() -> PretrainOptions:
    """Two warped frames of a clip against those of others; for CPUs, as all below."""
    return _embedding("simclr")


def mocov3() -> PretrainOptions:
    """As ``simclr``, with predictions of a teacher's projections."""
    return _embedding("mocov3")


def byol() -> PretrainOptions:
    """As ``mocov3``, without other clips to tell apart."""
    return _embedding("byol")


def simsiam() -> PretrainOptions:
    """As ``byol``, without a teacher."""
    return _embedding("simsiam")


def barlow() -> PretrainOptions:
    """Barlow Twins: as ``simclr``, but outputs are told apart, not clips."""
    return _embedding("barlow")


def vicreg() -> PretrainOptions:
    """As ``barlow``, by variance and covariance of the outputs."""
    return _embedding("vicreg")


def dino() -> PretrainOptions:
    """Prototypes of a teacher, two views of full size."""
    return _embedding("dino")


def uscl() -> PretrainOptions:
    """As ``simclr``, with frames of a clip blended, as was made for ultrasound."""
    return _embedding("uscl")


def verification() -> PretrainOptions:
    """Are three frames in order?"""
    return _puzzle("verification", FrameSequence(size=_SMALL), batch=64)


def vcop() -> PretrainOptions:
    """In which of the 24 orders are four frames?"""
    return _puzzle("vcop", FrameSequence(size=_SMALL, asked="full"), batch=48)


def pace() -> PretrainOptions:
    """How fast do three frames follow? Out of seven, at half the usual interval."""
    made = _puzzle("pace", Pace(size=_SMALL), batch=64)
    clips = replace(made.clips, interval_s=4 / 30, motion_floor=0.25)
    return replace(made, clips=clips)


def rotation() -> PretrainOptions:
    """By how many quarter turns was a frame rotated?"""
    return _puzzle("rotation", Rotation(size=_SMALL), batch=192)


def jigsaw() -> PretrainOptions:
    """In which of 24 arrangements are the four tiles of a frame?"""
    return _puzzle("jigsaw", Jigsaw(size=_SMALL), batch=192)


def demo() -> PretrainOptions:
    """Small enough to see something in two minutes."""
    return replace(
        siamese(), recipe="demo", steps=80, probe_every=40, checkpoint_every=40
    )


RECIPES: dict[str, Callable[[], PretrainOptions]] = {
    recipe.__name__: recipe
    for recipe in (
        siamese,
        disentangled,
        order_only,
        transform_only,
        relative,
        path_only,
        shared_views,
        path_relative,
        insonify,
        simclr,
        mocov3,
        byol,
        simsiam,
        barlow,
        vicreg,
        dino,
        uscl,
        verification,
        vcop,
        pace,
        rotation,
        jigsaw,
        paper_siamese,
        paper_disentangled,
        paper_order_only,
        paper_transform_only,
        demo,
    )
}
"""All recipes by name."""


def with_size(options: PretrainOptions, size: tuple[int, int]) -> PretrainOptions:
    """The same options for views of another size."""
    changed = _with_tasks(options, size=size)
    return replace(options, clips=replace(options.clips, size=size), **changed)


def frame_by_frame(options: PretrainOptions) -> PretrainOptions:
    """The same options with an encoder of single frames, compared by the heads."""
    kind: Input = "frames"
    return replace(options, **_with_tasks(options, input=kind))


def _embedding(method: MethodName) -> PretrainOptions:
    """A joint embedding with the clips, warps and texture of ``relative``."""
    task = JointEmbedding(method=method, warp=Warp(size=_SMALL))
    return replace(relative(), recipe=method, relative=None, embedding=task)


def _puzzle(
    name: str, task: FrameSequence | Pace | Rotation | Jigsaw, *, batch: int
) -> PretrainOptions:
    """A puzzle with the texture of ``relative``; a batch shows 192 frames."""
    base = relative()
    clips = replace(base.clips, frames=task.frames)
    return replace(
        base, recipe=name, clips=clips, relative=None, puzzle=task, batch=batch
    )


def _paper_alone(name: str) -> PretrainOptions:
    """The paper's setting for one branch: nobody to share stages with."""
    return replace(paper_siamese(), recipe=name, shared_stages=5)


def _with_tasks(options: PretrainOptions, **changes: Any) -> dict[str, Any]:
    """All tasks of a recipe with the same changes."""
    both, shared = options.disentangled, options.shared_views
    relative, embedding = options.relative, options.embedding
    puzzle = options.puzzle
    return {
        "order": options.order and replace(options.order, **changes),
        "transform": options.transform and replace(options.transform, **changes),
        "relative": relative and _warped(relative, changes),
        "embedding": embedding and _warped(embedding, changes),
        "puzzle": puzzle and replace(puzzle, size=changes.get("size", puzzle.size)),
        "shared_views": shared
        and replace(
            shared,
            order=replace(shared.order, **changes),
            relative=_warped(shared.relative, changes),
        ),
        "disentangled": both
        and replace(
            both,
            order=replace(both.order, **changes),
            transform=replace(both.transform, **changes),
        ),
    }


def _warped(task: _W, changes: dict[str, Any]) -> _W:
    return replace(task, warp=replace(task.warp, **changes))
