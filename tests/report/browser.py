"""A headless Chromium that tests drive over a pipe; skips where there is none."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PATIENCE_S = 60.0


class Page:
    """One page; speaks the DevTools protocol."""

    def __init__(self, reading: int, writing: int) -> None:
        self._in, self._out = os.fdopen(reading, "rb"), os.fdopen(writing, "wb")
        self._number, self._session = 0, ""
        self.complaints: list[str] = []
        """Errors and warnings of the console, and exceptions."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method and wait for its answer; events are noted on the way."""
        self._number += 1
        asked = {"id": self._number, "method": method, "params": parameters}
        asked |= {"sessionId": self._session} if self._session else {}
        self._out.write(json.dumps(asked).encode() + b"\0")
        self._out.flush()
        while (said := self._read()).get("id") != self._number:
            self._note(said)
        assert "error" not in said, said
        found: dict[str, Any] = said["result"]
        return found

    def open(
        self, path: Path, width: int, height: int = 900, *, dark: bool = False
    ) -> None:
        """Open a file in a window of that size, and wait until it is drawn."""
        self.complaints.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url=path.absolute().as_uri())
        self.wait("document.readyState === 'complete' && !!window.Plotly")
        self.run("new Promise(done => setTimeout(done, 300))")

    def run(self, script: str) -> Any:
        """The value of an expression, awaited."""
        answer = self.call(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + _PATIENCE_S
        while not self.run(condition):
            assert time.monotonic() < end, f"never true: {condition}"
            time.sleep(0.05)

    def point_at(self, right: float, down: float) -> None:
        """Move the mouse there, in pixels of the window."""
        for k in (3, 0):
            self.call(
                "Input.dispatchMouseEvent", type="mouseMoved", x=right + k, y=down + k
            )

    def press(self, key: str) -> None:
        """Press and release a key."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def close(self) -> None:
        """Let go of the pipes."""
        self._in.close()
        self._out.close()

    def _read(self) -> dict[str, Any]:
        data = bytearray()
        while (byte := self._in.read(1)) != b"\0":
            assert byte, "Chromium has gone"
            data += byte
        found: dict[str, Any] = json.loads(data)
        return found

    def _note(self, said: dict[str, Any]) -> None:
        method, what = said.get("method"), said.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.complaints.append(str(what["exceptionDetails"]))
        elif method == "Log.entryAdded" and what["entry"]["level"] != "info":
            self.complaints.append(what["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and what["type"] != "log":
            self.complaints.append(str(what["args"]))


@contextmanager
def browser() -> Iterator[Page]:
    """A page of a headless Chromium; the test is skipped where there is none."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip("no Chromium here")
    to_child, from_us = os.pipe()
    to_us, from_child = os.pipe()

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                # Chromium reads from 3 and writes to 4, where only a shell puts pipes.
                *("sh", "-c", 'exec "$@" 3<&0 4>&1', "sh"),
                *(program, "--headless", "--no-sandbox", "--disable-gpu"),
                *("--remote-debugging-pipe", f"--user-data-dir={profile}"),
                *("--disable-dev-shm-usage", "--no-first-run", "about:blank"),
            ],
            stdin=to_child,
            stdout=from_child,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_child)
        os.close(from_child)
        page = Page(to_us, from_us)
        try:
            yield page
        finally:
            process.terminate()
            process.wait()
            page.close()
