"""What others would train in place of ours, in the same harness; for two CPU cores."""

from dataclasses import replace

from insonify.clips.augment import Photometric
from insonify.clips.texture import Texture
from insonify.pretext import (
    FrameSequence,
    Jigsaw,
    JointEmbedding,
    MaskedFrame,
    Pace,
    Rotation,
)
from insonify.pretext.embedding_options import MethodName
from insonify.pretext.warp import Warp
from insonify.recipes.small import SMALL, relative
from insonify.train.options import PretrainOptions


def simclr() -> PretrainOptions:
    """Two warped frames of a clip against those of others; for CPUs, as all below."""
    return embedding_of("simclr")


def mocov3() -> PretrainOptions:
    """As ``simclr``, with predictions of a teacher's projections."""
    return embedding_of("mocov3")


def byol() -> PretrainOptions:
    """As ``mocov3``, without other clips to tell apart."""
    return embedding_of("byol")


def simsiam() -> PretrainOptions:
    """As ``byol``, without a teacher."""
    return embedding_of("simsiam")


def barlow() -> PretrainOptions:
    """Barlow Twins: as ``simclr``, but outputs are told apart, not clips."""
    return embedding_of("barlow")


def vicreg() -> PretrainOptions:
    """As ``barlow``, by variance and covariance of the outputs."""
    return embedding_of("vicreg")


def dino() -> PretrainOptions:
    """Prototypes of a teacher, two views of full size."""
    return embedding_of("dino")


def uscl() -> PretrainOptions:
    """As ``simclr``, with frames of a clip blended, as was made for ultrasound."""
    return embedding_of("uscl")


def hico() -> PretrainOptions:
    """As ``simclr``, for the last three stages, alike and across; HiCo."""
    made = embedding_of("simclr")
    assert made.embedding is not None
    return replace(made, recipe="hico", embedding=replace(made.embedding, levels=3))


def awcl() -> PretrainOptions:
    """As ``simclr``, with clips of one labelled plane alike; it learns from labels."""
    made = embedding_of("simclr")
    assert made.embedding is not None
    embedding = replace(made.embedding, alike="plane")
    return replace(made, recipe="awcl", embedding=embedding)


def verification() -> PretrainOptions:
    """Are three frames in order?"""
    return _puzzle("verification", FrameSequence(size=SMALL), batch=64)


def vcop() -> PretrainOptions:
    """In which of the 24 orders are four frames?"""
    return _puzzle("vcop", FrameSequence(size=SMALL, asked="full"), batch=48)


def pace() -> PretrainOptions:
    """How fast do three frames follow? Out of seven, at half the usual interval."""
    made = _puzzle("pace", Pace(size=SMALL), batch=64)
    clips = replace(made.clips, interval_s=4 / 30, motion_floor=0.25)
    return replace(made, clips=clips)


def rotation() -> PretrainOptions:
    """By how many quarter turns was a frame rotated?"""
    return _puzzle("rotation", Rotation(size=SMALL), batch=192)


def jigsaw() -> PretrainOptions:
    """In which of 24 arrangements are the four tiles of a frame?"""
    return _puzzle("jigsaw", Jigsaw(size=SMALL), batch=192)


def mae() -> PretrainOptions:
    """What is behind the mask? Frames keep their brightness and texture."""
    base = relative()
    return replace(
        base,
        recipe="mae",
        clips=replace(base.clips, frames=2),
        relative=None,
        masked=MaskedFrame(size=SMALL),
        photometric=Photometric(gamma=0.0, gain=0.0, slope=0.0),
        texture=Texture(),
        batch=192,
    )


def _puzzle(
    name: str, task: FrameSequence | Pace | Rotation | Jigsaw, *, batch: int
) -> PretrainOptions:
    """A puzzle with the texture of ``relative``; a batch shows 192 frames."""
    base = relative()
    clips = replace(base.clips, frames=task.frames)
    return replace(
        base, recipe=name, clips=clips, relative=None, puzzle=task, batch=batch
    )


def embedding_of(method: MethodName) -> PretrainOptions:
    """A joint embedding with the texture of ``relative``.

    Frames of a clip follow twice as fast, and views hold three quarters of its side,
    not two thirds: what two views were best with (docs/log.md).
    """
    base = relative()
    warp = Warp(size=SMALL, rotation=25.0, margin=1.35)
    return replace(
        base,
        recipe=method,
        clips=replace(base.clips, interval_s=4 / 30, motion_floor=0.25),
        relative=None,
        embedding=JointEmbedding(method=method, warp=warp),
    )
