"""The store as it is now, shared by all threads of the app.

A store goes on to newer versions in place, so one lock is held while it is read or
moved on; what is read under it are milliseconds.
"""

import time
from collections.abc import Callable, Sequence
from threading import RLock
from typing import Final

from insonify.core.video import Frames
from insonify.deploy.review.catalogue import Catalogue, Entry
from insonify.store import Review, Store
from insonify.store.codec import Codec, decode
from insonify.store.frames import Integers

_EVERY_S: Final = 1.0
"""Seconds between two looks at what others wrote."""
_SHARE: Final = 10
"""Times as long as the last look took is the least between two, so that an ingest of
millions of frames does not keep the app at it."""


class Archive:
    """What is in the store, not older than a second."""

    def __init__(
        self, store: Store, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.lock = RLock()
        """Held by whoever reads :attr:`store`."""
        self.store = store
        self._clock = clock
        self._catalogue = Catalogue.of(store)
        self._next = clock() + _EVERY_S

    @property
    def codec(self) -> Codec:
        """How images are stored."""
        return self.store.settings.codec

    def now(self) -> Catalogue:
        """What there is, after a look at the store if the last one was a while ago."""
        with self.lock:
            if self._clock() >= self._next:
                self.look()
            return self._catalogue

    def look(self) -> None:
        """Take in what others wrote."""
        with self.lock:
            began, before = self._clock(), self.store.frames()
            self.store.refresh()
            if self.store.frames() is not before:
                self._catalogue = Catalogue.of(self.store)
            took = self._clock() - began
            self._next = began + max(_EVERY_S, _SHARE * took)

    def versions(self, *tables: str) -> tuple[int, ...]:
        """Versions of tables; -1 of one that there is not."""
        with self.lock:
            versions = self.store.versions
        return tuple(versions.get(name, -1) for name in tables)

    def read_images(self, entry: Entry, numbers: Integers) -> list[bytes]:
        """Stored images of frames of a video."""
        with self.lock:
            current = self._catalogue[entry.video]
            return self.store.read_images(current.rows_T[numbers])

    def decoded(self, entry: Entry, data: bytes) -> Frames:
        """A stored image as an array (H, W)."""
        return decode(data, self.codec, *entry.shape_HW)

    def write(self, reviews: Sequence[Review]) -> None:
        """Add decisions to the log; they are on disk when it returns."""
        with self.lock:
            self.store.review(reviews)
            self.look()
