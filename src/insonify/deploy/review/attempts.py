"""How often a password may be tried: the more often in vain, the longer the wait."""

import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock
from typing import Final

_WINDOW_S: Final = 60.0
_EACH: Final = 5
"""Tries of an address within the window."""
_ALL: Final = 30
"""Tries of all addresses together."""
_LONGEST_S: Final = 900.0
_FREE: Final = 3
"""Failures in a row before waits begin to double, from one second on."""
_ADDRESSES: Final = 10_000
"""Addresses that are remembered."""
_V6_HOME: Final = 64
"""Bits of an IPv6 address that one customer has; within them he may change at will."""


class Attempts:
    """Counts tries by address and of all; safe between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._all: deque[float] = deque(maxlen=_ALL)
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()
        self._failures: dict[str, int] = {}

    def begin(self, address: str) -> float:
        """Count a try, unless it comes too early.

        Returns:
            Seconds to wait before trying again; 0 if this try may go ahead.
        """
        who, now = _household(address), self._clock()
        with self._lock:
            tries = self._tries.setdefault(who, deque(maxlen=_EACH))
            self._tries.move_to_end(who)
            self._forget()
            wait = max(
                _too_soon(tries, _EACH, now),
                _too_soon(self._all, _ALL, now),
                self._penalty(who, tries, now),
            )
            if wait > 0:
                return wait
            tries.append(now)
            self._all.append(now)
            self._failures[who] = self._failures.get(who, 0) + 1
            return 0.0

    def succeed(self, address: str) -> None:
        """Forget the failures of an address."""
        who = _household(address)
        with self._lock:
            self._failures.pop(who, None)
            self._tries.pop(who, None)

    def _penalty(self, who: str, tries: deque[float], now: float) -> float:
        beyond = self._failures.get(who, 0) - _FREE
        if beyond < 0 or not tries:
            return 0.0
        return tries[-1] + min(2.0 ** min(beyond, 16), _LONGEST_S) - now

    def _forget(self) -> None:
        while len(self._tries) > _ADDRESSES:
            who, _ = self._tries.popitem(last=False)
            self._failures.pop(who, None)


def _too_soon(tries: deque[float], most: int, now: float) -> float:
    """Seconds until the oldest of as many tries as are allowed leaves the window."""
    return tries[0] + _WINDOW_S - now if len(tries) == most else 0.0


def _household(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(ipaddress.ip_network((found, _V6_HOME), strict=False))
