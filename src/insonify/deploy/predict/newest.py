"""Keeps up with a live source: who is slow gets the newest frame, not the next."""

import threading
from collections.abc import Iterator

from insonify.core.errors import InsonifyError
from insonify.deploy.predict.live_source import Arrival


class Newest:
    """Reads arrivals in a thread of its own, and keeps the newest one only."""

    def __init__(self, arrivals: Iterator[Arrival]) -> None:
        self.received = 0
        """Frames that have come."""
        self.dropped = 0
        """Frames that were replaced before anyone took them."""
        self._arrivals = arrivals
        self._changed = threading.Condition()
        self._waiting: tuple[int, Arrival] | None = None
        self._ended = False
        self._error: InsonifyError | None = None
        # A daemon: it may wait for a frame that never comes when all else is over.
        threading.Thread(target=self._read, daemon=True).start()

    def take(self) -> tuple[int, Arrival] | None:
        """Number and content of the newest frame, once there is one that is new.

        Returns:
            None at the end of the source.

        Raises:
            ConfigError: the source cannot be opened, or breaks off.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting is not None or self._ended)
            found, self._waiting = self._waiting, None
            if found is None and self._error is not None:
                raise self._error
            return found

    def _read(self) -> None:
        try:
            for arrival in self._arrivals:
                with self._changed:
                    self.dropped += self._waiting is not None
                    self._waiting = (self.received, arrival)
                    self.received += 1
                    self._changed.notify()
        except InsonifyError as error:
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify()
