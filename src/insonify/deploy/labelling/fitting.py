"""What the labels of one moment teach, and how well that does.

Legend: C classes.
"""

from dataclasses import dataclass
from time import perf_counter

from insonify.deploy.labelling.curve import CurvePoint, HeldOut
from insonify.deploy.labelling.head import Head, learn
from insonify.deploy.labelling.labelled import FrameFeatures, Labelled
from insonify.deploy.labelling.options import LabellingOptions
from insonify.deploy.labelling.sides import Sides
from insonify.transfer.fitted_probe import FittedProbe


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """What the labels taught at one moment."""

    head: Head | None
    """None while there are less than two classes."""
    classes: tuple[str, ...]
    """In the order of probabilities; one that only held-out subjects have is among
    them, with probability 0."""
    labels: int
    """Labelled frames of subjects that are not held out."""
    stretches: int
    """Runs of neighbouring frames of one label among them."""
    seconds: float
    """How long it took."""
    point: CurvePoint | None
    """None without a head, or without labels of held-out subjects."""

    @property
    def probe(self) -> FittedProbe | None:
        """The linear head; None while there are less than two classes."""
        return None if self.head is None else self.head.probe


def fit(
    labelled: Labelled,
    features: FrameFeatures,
    groups: Sides,
    options: LabellingOptions,
) -> Fitted:
    """Learn from the labels of asked subjects, and measure on those held out."""
    started = perf_counter()
    asked, classes = labelled.of(groups.asked), labelled.classes
    train = asked.thinned(options.frames).examples(features, classes)
    head = learn(train, len(classes), options)
    point = None
    held = labelled.of(groups.held).spaced(options.held_frames)
    if head is not None and len(held):
        tested = held.examples(features, classes)
        marks = HeldOut(
            labels_B=tested.labels_N,
            subjects_B=tested.subjects_N,
            classes=classes,
            background=options.background,
        )
        point = marks.point(
            marks.outcomes(head.probe(tested.features_ND)),
            labels=len(asked),
            stretches=asked.stretches,
            resamples=options.resamples,
        )
    return Fitted(
        head=head,
        classes=classes,
        labels=len(asked),
        stretches=asked.stretches,
        seconds=perf_counter() - started,
        point=point,
    )
