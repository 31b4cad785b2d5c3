"""A headless Chromium that tests drive over a pipe; skips where there is none."""

import base64
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
_MODIFIERS = {"alt": 1, "ctrl": 2, "meta": 4, "shift": 8}
_CODES = {" ": "Space"} | {str(n): f"Digit{n}" for n in range(10)}


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
        self.resize(width, height, dark=dark)
        self.visit(path.absolute().as_uri())
        self.wait("!!window.Plotly")
        self.run("new Promise(done => setTimeout(done, 300))")

    def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        """Give the window a size in pixels; below 500 wide it is a phone's."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def visit(self, url: str) -> None:
        """Go to an address, and wait until the page is loaded; old complaints go."""
        self.complaints.clear()
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def picture(self) -> bytes:
        """What the window shows, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])

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

    def press(self, key: str, *modifiers: str, code: str = "") -> None:
        """Press and release a key, with ``alt``, ``ctrl``, ``meta`` or ``shift``."""
        letter = f"Key{key.upper()}" if key.isalpha() and len(key) == 1 else key
        held = {
            "key": key,
            "code": code or _CODES.get(key, letter),
            "modifiers": sum(_MODIFIERS[each] for each in modifiers),
        }
        text = "\r" if key == "Enter" else key if len(key) == 1 else ""
        typed = {"text": text} if text and not modifiers else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **held, **typed)
        self.call("Input.dispatchKeyEvent", type="keyUp", **held)

    def write(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        """Say that the mouse was ``Pressed``, ``Moved`` or ``Released`` there."""
        self.call("Input.dispatchMouseEvent", type=f"mouse{kind}", x=x, y=y, **more)

    def click(self, x: float, y: float) -> None:
        """Click with the left button, in pixels of the window."""
        for kind in ("Pressed", "Released"):
            self.mouse(kind, x, y, button="left", buttons=1, clickCount=1)

    def drag(self, start: float, end: float, y: float) -> None:
        """Drag along a row of the window."""
        held = {"button": "left", "buttons": 1, "clickCount": 1}
        self.mouse("Pressed", start, y, **held)
        for share in (0.4, 0.8, 1.0):
            self.mouse("Moved", start + share * (end - start), y, **held)
        self.mouse("Released", end, y, **held)

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
