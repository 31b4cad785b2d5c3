"""The paper's four rows at its size and schedule; for a GPU."""

from dataclasses import replace
from typing import Final

from insonify.clips.augment import Photometric
from insonify.clips.sampling import ClipOptions
from insonify.pretext import AffineTransform, Disentangled, FrameOrder
from insonify.train.optimisation import Optimisation
from insonify.train.options import PretrainOptions

_LARGE: Final = (224, 288)


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


def _paper_alone(name: str) -> PretrainOptions:
    """The paper's setting for one branch: nobody to share stages with."""
    return replace(paper_siamese(), recipe=name, shared_stages=5)
