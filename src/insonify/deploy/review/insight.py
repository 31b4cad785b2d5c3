"""What an encoder's features tell of the store: classes, neighbours, what to ask next.

Features are what ``insonify embed`` left in the store. They are opened, and a linear
head is fitted on them, in the background; when frames or features have come since, they
are opened anew. Readers go on with what they have: what is open never changes.

Legend: T frames of a video, C classes.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final

import lance
import numpy as np

from insonify.core.errors import InsonifyError, StoreError
from insonify.deploy.embedding.features import Features
from insonify.deploy.heads_folder import fingerprint
from insonify.deploy.labelling.curve import CurvePoint
from insonify.deploy.labelling.fitting import Fitted
from insonify.deploy.labelling.labeller import Labeller, Queued
from insonify.deploy.labelling.options import LabellingOptions
from insonify.deploy.review.archive import Archive
from insonify.deploy.review.catalogue import Entry
from insonify.deploy.review.refusals import Absent
from insonify.deploy.search.hits import Hit
from insonify.deploy.search.search import Search
from insonify.model.checkpoint import Checkpoint
from insonify.store import Store
from insonify.transfer.examples import Floats

_TABLES: Final = ("frames", "videos")
_LOOK_S: Final = 10.0
"""Seconds between two looks at whether there are other features."""
_SHARE: Final = 10
"""Times as long as opening took is the least time before it is done again."""
_GRACE_S: Final = 5.0
"""Seconds to wait for the background when the app ends."""
_NONE: Final = "no features of this encoder in the store; make them with insonify embed"
_SOON: Final = "features are being opened; they will be there in a moment"
_NEW: Final = "some frames of this video have no features; run insonify embed again"
_LEARNING: Final = "the first head is being fitted; it will be there in a moment"
_FEW: Final = "no head has been fitted yet; label frames of two classes, then refit"


@dataclass(frozen=True, kw_only=True)
class _Opened:
    """A store and what its features are good for, at one version."""

    store: Store
    """Moved on for its labels only; its frames are those of ``versions``."""
    features: Features
    search: Search
    labeller: Labeller
    versions: tuple[int, ...]
    starts: dict[str, int]
    """Position of the first frame of each video."""


@dataclass(frozen=True, kw_only=True)
class Planes:
    """Probabilities of the frames of a video."""

    classes: tuple[str, ...] = ()
    table_TC: Floats | None = None
    why: str | None = None
    """Why there are none."""
    version: int = 0


class Insight:
    """Opens, fits and asks; safe between threads."""

    def __init__(
        self,
        path: Path,
        checkpoint: Checkpoint | None,
        options: LabellingOptions,
        archive: Archive,
        on_notice: Callable[[str], None],
    ) -> None:
        self._path, self._checkpoint, self._options = path, checkpoint, options
        self._archive, self._on_notice = archive, on_notice
        self._opened: _Opened | None = None
        self._why = _NONE
        self._thread: Thread | None = None
        self._stop, self._fitting, self._looking = Event(), Lock(), Lock()
        self._next_look = 0.0
        self.version = 0
        """How often the head has been fitted."""

    @property
    def busy(self) -> bool:
        """Whether the head is being fitted, or features are being opened."""
        return self._fitting.locked()

    @property
    def beginning(self) -> bool:
        """Whether the first head is being fitted, or what it takes is being opened."""
        alive = self._thread is not None and self._thread.is_alive()
        return alive and self.version == 0 and self._why == _SOON

    @property
    def fitted(self) -> bool:
        """Whether there are probabilities."""
        fitted = None if self._opened is None else self._opened.labeller.fitted
        return fitted is not None and fitted.probe is not None

    @property
    def architecture(self) -> str | None:
        """Name of the encoder's architecture, as far as known."""
        if self._checkpoint is not None:
            return self._checkpoint.architecture
        return None if self._opened is None else self._opened.features.architecture

    @property
    def searchable(self) -> bool:
        """Whether neighbours can be found."""
        return self._opened is not None

    def start(self) -> None:
        """Open what there is, in the background."""
        self._why = _SOON
        self._begin(self._run)

    def close(self) -> None:
        """Begin nothing new, and wait a little for what is under way."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_GRACE_S)

    def look(self) -> None:
        """Open anew in the background if frames or features have come."""
        with self._looking:
            if self._thread is None or time.monotonic() < self._next_look:
                return
            self._next_look = time.monotonic() + _LOOK_S
            if not self._thread.is_alive() and self._stale():
                self._begin(self._run)

    def planes(self, entry: Entry) -> Planes:
        """Probabilities of every frame of a video, or why there are none."""
        opened, version = self._opened, self.version
        if opened is None:
            return Planes(why=self._why, version=version)
        fitted = opened.labeller.fitted
        if fitted is None or fitted.probe is None:
            return Planes(why=_LEARNING if self.busy else _FEW, version=version)
        known = entry.video in opened.starts
        found = opened.labeller.probabilities(entry.video) if known else None
        if found is None or len(found[0]) < entry.frames:
            return Planes(classes=fitted.classes, why=_NEW, version=version)
        return Planes(classes=fitted.classes, table_TC=found[1], version=version)

    def similar(self, entry: Entry, i: int, count: int) -> list[Hit]:
        """The most similar frames, one a video, none of the same video.

        Raises:
            Absent: there are no features, or not of this frame.
        """
        opened = self._ready()
        try:
            position = opened.starts[entry.video] + i
            (vector_D,) = opened.features.read(np.array([position]))
        except (KeyError, StoreError):
            raise Absent(_NEW) from None
        return opened.search.near(
            vector_D, count, without_videos=frozenset({entry.video})
        )

    def queue(self, count: int, *, held_out: bool = False) -> list[Queued]:
        """What is most worth a label now.

        Args:
            count: How many.
            held_out: Of the subjects that the curve is measured on, at random.

        Raises:
            Absent: there are no features.
        """
        opened = self._ready()
        opened.store.refresh()
        return opened.labeller.queue(count, held_out=held_out)

    def curve(self) -> list[CurvePoint]:
        """What labels have been worth so far."""
        return [] if self._opened is None else list(self._opened.labeller.curve)

    def refit(self) -> tuple[Fitted, int]:
        """Fit the head on the labels as they are now; with the head's version.

        Raises:
            Absent: there are no features.
        """
        with self._fitting:
            before = self._opened
            if self._stale():
                self._open()
            opened = self._ready()
            opened.store.refresh()
            fitted = opened.labeller.refit()
            self.version += 1
        if opened is not before:
            self._begin(self._replay)
        return fitted, self.version

    def _ready(self) -> _Opened:
        if self._opened is None:
            raise Absent(self._why)
        return self._opened

    def _begin(self, what: Callable[[], None]) -> None:
        if not self._stop.is_set():
            self._thread = Thread(target=what, name="insight", daemon=True)
            self._thread.start()

    def _replay(self) -> None:
        """Draw the curve as it would be had the app run all the while."""
        try:
            self._ready().labeller.replay()
        except InsonifyError as error:
            self._on_notice(f"No curve: {error}")

    def _run(self) -> None:
        began = time.monotonic()
        try:
            self.refit()
        except Absent:
            pass
        except InsonifyError as error:
            self._on_notice(f"No probabilities: {error}")
        self._look_again(_SHARE * (time.monotonic() - began))

    def _look_again(self, wait_s: float) -> None:
        with self._looking:
            self._next_look = time.monotonic() + max(_LOOK_S, wait_s)

    def _open(self) -> None:
        """Open features as they are now, upon a store that nobody else moves on."""
        versions = self._archive.versions(*_TABLES)
        store = Store.open(self._path)
        encoder = None if self._checkpoint is None else fingerprint(self._checkpoint)
        try:
            features = Features.open(store, encoder)
        except StoreError:
            self._why = _NONE
            return
        index = store.frames()
        starts = dict(zip(index.video_ids, index.starts_V().tolist(), strict=True))
        self._opened = _Opened(
            store=store,
            features=features,
            search=Search.open(store, features),
            labeller=Labeller(store, features, self._options),
            versions=versions,
            starts=starts,
        )

    def _stale(self) -> bool:
        """Whether there are other frames or features than those that are open."""
        opened = self._opened
        if opened is None or opened.versions != self._archive.versions(*_TABLES):
            return True
        dataset: lance.LanceDataset = opened.features.dataset
        return bool(dataset.latest_version != dataset.version)
