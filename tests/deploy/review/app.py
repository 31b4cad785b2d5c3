"""The whole app for tests: a small store, `insonify review` on it, and browser windows.

Eight subjects with two scans of forty frames each, two seconds long. Four subjects
examine, and all of them have labels; two of the four that teach have some, so there is
something to ask about.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from insonify.store import Label, Store, StoreSettings
from tests.browser import Page
from tests.conftest import drifting_video
from tests.deploy.conftest import save_small, small_checkpoint

SUBJECTS: Final = 8
TASK: Final = "texture"
CLASSES: Final = ("coarse", "fine")
_UNLABELLED: Final = (2, 3)
_SETTLED: Final = (
    "window.did_handshake && !!document.querySelector('.nicegui-sub-pages')"
)
_PLAYER: Final = "document.querySelector('insonify-player')"


def make_store(path: Path) -> Store:
    """The store, with the split ``halves``."""
    store = Store.create(path, StoreSettings())
    entries, labels = [], []
    for number in range(2 * SUBJECTS):
        kind = CLASSES[number % 2]
        video = drifting_video(
            number,
            subject=f"s-{number // 2}",
            texture={"coarse": 6.0, "fine": 2.0}[kind],
        )
        entries.append(store.write_video(video, f"f-{number}"))
        if number // 2 not in _UNLABELLED:
            span = {"start_s": 0.5, "end_s": 1.0}
            labels.append(Label(video=video.video, task=TASK, label=kind, **span))
    store.commit(entries, labels=labels)
    parts = {
        f"s-{n}": "train" if n < SUBJECTS // 2 else "test" for n in range(SUBJECTS)
    }
    store.assign("halves", parts)
    return store


def make_checkpoint(path: Path) -> Path:
    """An encoder that has learnt nothing, which textures do not need."""
    return save_small(path, small_checkpoint())


@contextmanager
def serving(store: Path, *options: str) -> Iterator[str]:
    """`insonify review` on any free port, until the end; its address."""
    command = (sys.executable, "-m", "insonify", "review", str(store))
    with subprocess.Popen(
        [*command, "--port", "0", "--no-browser", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "COLUMNS": "200"},
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("Review: "):
                break
        try:
            assert said, "it ended without a word"
            assert said[-1].startswith("Review: "), "".join(said)
            yield said[-1].split()[1].rstrip("/")
        finally:
            process.send_signal(signal.SIGINT)
            rest = process.communicate(timeout=60)[0]
    assert process.returncode == 0, rest
    assert "most recent call last" not in rest, rest


def wait_for(found: Callable[[], Any], patience_s: float = 20.0) -> Any:
    """What is found, as soon as there is something."""
    end = time.monotonic() + patience_s
    while not (what := found()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
    return what


class Window:
    """A browser window on the app, and hands to use it."""

    def __init__(self, page: Page, base: str, author: str = "") -> None:
        self.page, self.base = page, base
        self.page.resize(1440, 900)
        self.page.call("Network.enable")
        self.author = author

    @property
    def author(self) -> str:
        """Who labels here."""
        return self._author

    @author.setter
    def author(self, name: str) -> None:
        self._author = name
        cookie = {"name": "insonify_author", "value": quote(name), "url": self.base}
        self.page.call("Network.setCookie", **cookie)

    def open(self, path: str) -> None:
        """Load a page of the app, and wait until it listens."""
        self.page.visit(self.base + path)
        self.page.wait(_SETTLED)

    def open_scan(self, video: str, frame: int = 0) -> None:
        """Load a scan, and wait until a frame of it is shown."""
        self.open(f"/scan/{video}?frame={frame}")
        self.wait_player(video)

    def wait_player(self, video: str) -> None:
        """Wait until the player shows that scan, and knows labels and classes."""
        self.page.wait(f"{_PLAYER}?.getAttribute('video') === {json.dumps(video)}")
        self.page.wait(f"{_PLAYER}?.figures?.().first_frame_ms > 0")
        told = f"{self.part('names')}.children.length || !{self.part('why')}.hidden"
        self.page.wait(told)
        self.page.wait(f"{_PLAYER}.figures().under_way === 0")

    def part(self, name: str) -> str:
        """JavaScript for a part of the player."""
        return f"{_PLAYER}.shadowRoot.getElementById({json.dumps(name)})"

    @property
    def frame(self) -> int:
        """The player's playhead."""
        return int(self.page.run(f"{_PLAYER}.current"))

    @property
    def address(self) -> str:
        """Path and query."""
        parts = urlsplit(str(self.page.run("location.href")))
        return parts.path + ("?" + parts.query if parts.query else "")

    def ask(self, path: str) -> Any:
        """What a route answers, with the browser's cookies."""
        return self.page.run(f"fetch({json.dumps(path)}).then((told) => told.json())")

    def count(self, selector: str) -> int:
        """How many elements are like this."""
        return int(
            self.page.run(f"document.querySelectorAll({json.dumps(selector)}).length")
        )

    def text(self, selector: str) -> str:
        """What the first element of that kind says."""
        found = self.page.run(
            f"document.querySelector({json.dumps(selector)})?.innerText"
        )
        return str(found or "")

    def wait_text(self, selector: str, words: str) -> None:
        """Wait until the first element of that kind says something."""
        what = f"document.querySelector({json.dumps(selector)})?.innerText"
        self.page.wait(f"({what} ?? '').includes({json.dumps(words)})")

    def click(self, selector: str) -> None:
        """Click into the middle of the first element of that kind, once it is there."""
        what = f"document.querySelector({json.dumps(selector)})"
        self.page.wait(f"!!{what}")
        x, y = self.page.run(
            f"{what}.scrollIntoView({{ block: 'nearest' }}), (({{ left, top, width, "
            f"height }}) => [left + width / 2, top + height / 2])"
            f"({what}.getBoundingClientRect())"
        )
        self.page.click(x, y)

    def box(self, expression: str) -> tuple[float, float, float, float]:
        """Left, top, width and height of an element."""
        left, top, width, height = self.page.run(
            f"(({{ left, top, width, height }}) => [left, top, width, height])"
            f"({expression}.getBoundingClientRect())"
        )
        return left, top, width, height
