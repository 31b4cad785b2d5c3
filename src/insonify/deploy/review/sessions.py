"""Who has given the password: a random token in a cookie, its hash in memory."""

import hashlib
import secrets
import time
from collections.abc import Callable
from threading import Lock
from typing import Final

_TOKEN: Final = 32
"""Random bytes of a token."""
_LONGEST_S: Final = 12 * 3600.0
"""Seconds after which even a busy session ends."""
_MOST: Final = 1000


class Sessions:
    """Open sessions; none outlives the process. Safe between threads."""

    def __init__(
        self, idle_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._idle_s, self._clock = idle_s, clock
        self._lock = Lock()
        self._held: dict[bytes, tuple[float, float]] = {}
        """Beginning and last use, by the hash of the token."""

    def open(self) -> str:
        """A new session's token."""
        token, now = secrets.token_urlsafe(_TOKEN), self._clock()
        with self._lock:
            for key in [key for key, _ in self._held.items() if not self._good(key)]:
                del self._held[key]
            while len(self._held) >= _MOST:
                del self._held[min(self._held, key=lambda key: self._held[key][1])]
            self._held[_hashed(token)] = now, now
        return token

    def valid(self, token: str | None, *, use: bool) -> bool:
        """Whether a session is open.

        Args:
            token: Its token.
            use: Whether this counts as use, so that it stays open.
        """
        if token is None:
            return False
        key = _hashed(token)
        with self._lock:
            if not self._good(key):
                self._held.pop(key, None)
                return False
            if use:
                self._held[key] = self._held[key][0], self._clock()
            return True

    def close(self, token: str | None) -> None:
        """End a session."""
        if token is not None:
            with self._lock:
                self._held.pop(_hashed(token), None)

    def _good(self, key: bytes) -> bool:
        if key not in self._held:
            return False
        now, (began, used) = self._clock(), self._held[key]
        return now - began < _LONGEST_S and now - used < self._idle_s


def _hashed(token: str) -> bytes:
    """To look up a hash takes no time that would tell of the token."""
    return hashlib.sha256(token.encode(errors="replace")).digest()
