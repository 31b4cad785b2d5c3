"""Predicts a live source, frame by frame; nothing of it is kept.

Legend: H rows, W columns, C classes.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from insonify.core.errors import ConfigError, IngestError
from insonify.core.saliency import Floats
from insonify.deploy.predict.held import Change, Holding, HoldOptions
from insonify.deploy.predict.live_source import Arrival
from insonify.deploy.predict.looking import RESIZED, Look
from insonify.deploy.predict.newest import Newest
from insonify.deploy.predict.predictor import Predictor
from insonify.ingest.area.image_area import Area
from insonify.ingest.recording import TimedFrame
from insonify.ingest.reduction import Reduction

_LATENCIES: Final = 100_000
"""Latest answers whose latency is remembered: an hour at 30 a second."""


@dataclass(frozen=True, kw_only=True)
class LiveOptions:
    """How a live source is predicted."""

    every: int = 1
    """Answer every so many frames only."""
    hold: HoldOptions = field(default_factory=HoldOptions)
    """When a plane counts as held."""

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ConfigError(f"--every must be at least 1, found {self.every}")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a frame shows."""

    frame: int
    """Its number in the source, from 0."""
    time_s: float
    """When it came, since the first one."""
    label: str
    """The most probable class."""
    probabilities_C: Floats
    latency_ms: float
    """From its arrival, still encoded, to this answer."""


@dataclass(kw_only=True)
class LiveSummary:
    """What became of the frames of a live source."""

    received: int = 0
    answered: int = 0
    looked_at: int = 0
    """Frames that were used to find the image area."""
    skipped: int = 0
    """Frames between those that are answered, by ``every``."""
    dropped: int = 0
    """Frames for which there was no time."""
    method: str = ""
    """How the image area was found."""
    latencies_ms: list[float] = field(default_factory=list)
    span_s: tuple[float, float] | None = None
    """When the first and the last frame that were answered came."""

    def add(self, answer: Answer) -> None:
        """Count an answer."""
        self.answered += 1
        self.latencies_ms.append(answer.latency_ms)
        del self.latencies_ms[:-_LATENCIES]
        begin_s = answer.time_s if self.span_s is None else self.span_s[0]
        self.span_s = begin_s, answer.time_s

    @property
    def rate_hz(self) -> float:
        """Answers a second; not a number where there are not two."""
        if self.span_s is None or self.span_s[0] == self.span_s[1]:
            return float("nan")
        return (self.answered - 1) / (self.span_s[1] - self.span_s[0])

    def latency_ms(self, quantile: float) -> float:
        """A quantile of the latencies; not a number where there is no answer."""
        if not self.latencies_ms:
            return float("nan")
        return float(np.quantile(self.latencies_ms, quantile))


def watch(
    arrivals: Iterator[Arrival],
    predictor: Predictor,
    area: Area,
    size: int,
    options: LiveOptions,
    *,
    summary: LiveSummary,
) -> Iterator[Answer | Change]:
    """Answer frames as they come; whoever takes the answers slowly gets fewer.

    Args:
        arrivals: The source.
        predictor: Who answers.
        area: Where the image is; ``auto``: it is found in the first second.
        size: Short side of the image area in pixels, as at ingest.
        options: How.
        summary: Is kept up to date.

    Raises:
        ConfigError: the source cannot be opened, breaks off, or the options do not fit.
        IngestError: the image area cannot be told in ten seconds, or the picture
            changes its size.
    """
    holding = Holding(classes=predictor.classes, options=options.hold)
    predictor.probabilities(np.zeros((1, *predictor.size), np.uint8))  # Warms up.
    newest, due = Newest(arrivals), 0
    try:
        for number, arrival, reduction in _ready(newest, Look(area, size), summary):
            if number < due:
                summary.skipped += 1
                continue
            due = number + options.every
            values_C = _probabilities(arrival.frame, predictor, reduction)
            answer = Answer(
                frame=number,
                time_s=arrival.frame.time_s,
                label=predictor.classes[int(values_C.argmax())],
                probabilities_C=values_C,
                latency_ms=1000 * (time.perf_counter() - arrival.arrived),
            )
            summary.add(answer)
            yield answer
            if change := holding.add(answer.time_s, values_C):
                yield change
    finally:
        summary.received, summary.dropped = newest.received, newest.dropped


def _ready(
    newest: Newest, look: Look, summary: LiveSummary
) -> Iterator[tuple[int, Arrival, Reduction]]:
    """Frames, with their number and what becomes of them, once the area is told."""
    reduction = None
    while (taken := newest.take()) is not None:
        number, arrival = taken
        if reduction is None:
            reduction = look.add(arrival.frame)
            if look.area == "auto" or reduction is None:
                summary.looked_at += 1
                continue
        summary.method = reduction.area.method
        yield number, arrival, reduction
    if reduction is None and newest.received:
        look.give_up()


def _probabilities(
    frame: TimedFrame, predictor: Predictor, reduction: Reduction
) -> Floats:
    """Of one frame (C), reduced as at ingest."""
    area_HW = reduction.area.mask_HW
    if frame.luma_HW.shape != area_HW.shape:
        raise IngestError(RESIZED)
    frame_HW = reduction.apply(frame)
    views_1HW = predictor.views(frame_HW[None], reduction.rectangle)
    return np.asarray(predictor.probabilities(views_1HW)[0], np.float64)
