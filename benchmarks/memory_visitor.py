"""Asks a review app that runs, and ends it when all is asked."""

import http.client
import signal
import socket
import subprocess
from collections.abc import Sequence
from typing import Final

_KINDS: Final = (
    "scans",
    "state",
    "scan/{video}",
    "frame/{video}/{number}",
    "thumbnail/{video}/{number}",
    "planes/{video}",
    "labels/{video}",
    "similar/{video}/{number}",
)
_TOGETHER: Final = 20


class Visitor:
    """Makes so many requests of all kinds, of one video after the other.

    Args:
        port: Where the app listens, or will.
        videos: The videos of its store.
        requests: How many to make.
    """

    def __init__(self, port: int, videos: Sequence[str], requests: int) -> None:
        self._port, self._videos, self._requests = port, videos, requests
        self._done, self._ended = 0, False
        self.done: list[int] = []
        """Requests that were made until each look at the app."""

    def __call__(self, process: "subprocess.Popen[bytes]") -> None:
        """Make a few requests, or end the app; to be called while it runs."""
        self.done.append(self._done)
        if self._done >= self._requests and not self._ended:
            process.send_signal(signal.SIGINT)
            self._ended = True
        for _ in range(min(_TOGETHER, self._requests - self._done)):
            try:
                self._ask(self._done)
            except ConnectionRefusedError:  # It does not listen yet.
                return
            self._done += 1

    def _ask(self, number: int) -> None:
        kind = _KINDS[number % len(_KINDS)]
        video = self._videos[number // len(_KINDS) % len(self._videos)]
        where = kind.format(video=video, number=number % 7)
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request("GET", f"/api/{where}")
            answer = connection.getresponse()
            said = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{kind}: {answer.status} {said[:200]!r}")


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port
