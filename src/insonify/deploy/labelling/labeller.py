"""What to label next, and what the labels so far are worth.

Legend: N candidates, K labelled frames, n frames of a video, D features, C classes.
"""

from functools import cached_property
from threading import Lock

import numpy as np

from insonify.deploy.labelling.choosing import choose
from insonify.deploy.labelling.curve import CurvePoint
from insonify.deploy.labelling.fitting import Fitted, fit
from insonify.deploy.labelling.labelled import FrameFeatures, Labelled, read_labelled
from insonify.deploy.labelling.limits import Limits, spread
from insonify.deploy.labelling.options import LabellingOptions
from insonify.deploy.labelling.pool import Pool, build_pool
from insonify.deploy.labelling.queued import Queued, queued
from insonify.deploy.labelling.replaying import dated, moments
from insonify.deploy.labelling.sides import sides
from insonify.store import Store
from insonify.transfer.examples import Floats, Integers

__all__ = ["Labeller", "Queued"]


class Labeller:
    """Learns from a store's labels as they come in, and says which would help most.

    It is of one store, one encoder's features and the frames that these have: make a
    new one when videos came in. Any number of threads may ask while one refits. To make
    it takes a second where there are many frames; it holds features of those that may
    be asked for.

    Args:
        store: Its labels are read anew whenever it was refreshed.
        features: Features of its frames.
        options: Which labels, whose, and how.

    Raises:
        StoreError: there is no such split, or features cannot be read.
        ConfigError: the split has no such fold.
    """

    def __init__(
        self, store: Store, features: FrameFeatures, options: LabellingOptions
    ) -> None:
        self._store, self._features, self._options = store, features, options
        self.sides = sides(store, options)
        self.fitted: Fitted | None = None
        self._points: dict[int, CurvePoint] = {}
        self._refitting = Lock()
        self._known: tuple[dict[str, int], Labelled] | None = None
        self._pool = self._build_pool(self.sides.asked)

    @property
    def curve(self) -> list[CurvePoint]:
        """The latest point of every number of labels, by that number."""
        points = self._points.copy()
        return [points[labels] for labels in sorted(points)]

    def refit(self) -> Fitted:
        """Learn from the labels that the store has now.

        Raises:
            StoreError: labels or features cannot be read.
        """
        with self._refitting:
            self.fitted = self._fit(self._labelled())
            return self.fitted

    def replay(self, points: int = 20) -> list[CurvePoint]:
        """Draw the curve up to now: labels in the order in which they came in.

        What holds now is dated by the log of reviews; what came with ingest is first.
        Each point is a fit of its own.

        Args:
            points: At most so many, evenly spaced.

        Raises:
            StoreError: labels or features cannot be read.
        """
        labelled = self._labelled()
        given_ms_N = dated(self._store, self._options.task, labelled)
        asked_N = np.isin(labelled.subjects_N, sorted(self.sides.asked))
        for end_ms in moments(given_ms_N[asked_N], self._options.batch, points):
            with self._refitting:  # For one fit: somebody may want to refit.
                self._fit(labelled.where(~asked_N | (given_ms_N <= end_ms)))
        return self.curve

    def probabilities(self, video: str) -> tuple[Integers, Floats] | None:
        """What the head says of a video: frame numbers (n,) and (n, C).

        None while there is no head, or where the video has no features.

        Raises:
            StoreError: there is no such video, or features cannot be read.
        """
        fitted = self.fitted
        if fitted is None or fitted.probe is None:
            return None
        frames, features_nD = self._features.of_video(video)
        return (frames, fitted.probe(features_nD)) if len(frames) else None

    def queue(self, count: int, *, held_out: bool = False) -> list[Queued]:
        """Frames without a label that are worth one most, the most valuable first.

        Fewer than ``count`` where no more are left. Nothing changes until labels or
        the head do.

        Args:
            count: How many.
            held_out: Random frames of held-out subjects instead, to measure on: chosen
                by doubt they would make the head look worse than it is.

        Raises:
            StoreError: labels or features cannot be read.
        """
        fitted, labelled = self.fitted, self._labelled()
        pool = self._held_pool if held_out else self._pool
        if not len(pool):
            return []
        head = None if fitted is None else fitted.head
        free_N = ~np.isin(pool.positions_N, labelled.positions_N)
        limits = Limits(pool, free_N, self._options.apart_s)
        generator = np.random.default_rng((self._options.seed, len(labelled)))
        doubt_N = None
        if head is not None:
            doubt_N = head.doubt(pool.features_ND, self._options.doubt)
        if held_out:
            places = spread(limits, count, generator)
        else:
            known_KD = self._known_directions(labelled)
            places = choose(
                pool, doubt_N, limits, known_KD, count=count, generator=generator
            )
        shown_N = np.ones(len(pool)) if doubt_N is None else doubt_N
        index = self._store.frames()
        return [
            queued(index, pool, place, float(shown_N[place]), fitted)
            for place in places.tolist()
        ]

    def _fit(self, labelled: Labelled) -> Fitted:
        fitted = fit(labelled, self._features, self.sides, self._options)
        if fitted.point is not None:
            self._points[fitted.labels] = fitted.point
        return fitted

    def _known_directions(self, labelled: Labelled) -> Floats:
        """Directions of the labelled frames, which a queue need not repeat."""
        asked = labelled.of(self.sides.asked).thinned(self._options.frames)
        return self._pool.directions(self._features.read(asked.positions_N))

    @cached_property
    def _held_pool(self) -> Pool:
        return self._build_pool(self.sides.held)

    def _build_pool(self, subjects: frozenset[str]) -> Pool:
        index, most = self._store.frames(), self._options.candidates
        return build_pool(index, self._features, subjects, most)

    def _labelled(self) -> Labelled:
        """The store's labels, read once at each version."""
        versions, known = self._store.versions, self._known
        if known is None or known[0] != versions:
            found = read_labelled(self._store, self._options.task, self._features)
            known = self._known = versions, found
        return known[1]
