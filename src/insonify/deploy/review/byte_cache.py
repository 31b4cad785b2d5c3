"""Bytes that were asked for lately."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock


class ByteCache:
    """Keeps what was used last, up to a number of bytes; safe between threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: OrderedDict[Hashable, tuple[bytes, ...]] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(
        self, key: Hashable, make: Callable[[], tuple[bytes, ...]]
    ) -> tuple[bytes, ...]:
        """What is kept under a key, else what ``make`` gives.

        Two threads that miss at once both make it: that costs less than to wait.
        """
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        made = make()
        with self._lock:
            if key not in self._held:
                self._held[key] = made
                self._size += sum(map(len, made))
            while self._size > self._limit and len(self._held) > 1:
                _, dropped = self._held.popitem(last=False)
                self._size -= sum(map(len, dropped))
        return made
