"""A server for the player alone: its page, its assets, made-up scans.

Every frame carries its number as 16 black or white blocks along its bottom, so that a
test can read off the screen which frame is shown. T frames, C classes.
"""

import functools
import io
import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import numpy as np
import numpy.typing as npt
from PIL import Image

import insonify.deploy.review

ASSETS: Final = Path(insonify.deploy.review.__file__).parent / "assets"
HEIGHT, WIDTH, BLOCK = 480, 640, 16
CLASSES: Final = ["head", "abdomen", "femur", "background"]
AUTHOR: Final = "Dr Test"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>html, body {{ margin: 0; height: 100%; }}</style>
<script>window.heard = [];
for (const name of ["frame", "labelled", "similar", "failed"])
  document.addEventListener(name, ({{ detail }}) => heard.push([name, detail]));
</script><script type="module" src="/assets/player.js"></script>
{before}<insonify-player base="/api" {attributes}></insonify-player>"""


@dataclass
class Scan:
    """A made-up scan and what people said about it."""

    times_s_T: npt.NDArray[np.float64]
    segments_T: npt.NDArray[np.int64]
    planes: bool = True
    saliency: bool = True
    log: list[dict[str, Any]] = field(default_factory=list)
    undone: list[dict[str, Any]] = field(default_factory=list)
    more: list[str] = field(default_factory=list)
    """Classes that can be labelled and that no probability is of."""

    def facts(self, video: str) -> dict[str, Any]:
        return {
            "video": video,
            "subject": "s-0001",
            "exam": "e-0001",
            "frames": len(self.times_s_T),
            "height": HEIGHT,
            "width": WIDTH,
            "times_s": self.times_s_T.round(3).tolist(),
            "segments": self.segments_T.tolist(),
            "task": "plane",
            "classes": CLASSES + self.more,
            "similar": self.planes,
            "saliency": self.saliency,
            "mm_per_pixel": [0.25, 0.25] if self.planes else None,
        }

    def probabilities_CT(self) -> npt.NDArray[np.float64]:
        """Each class but the last has its bumps; the last has what is left."""
        share_T = np.linspace(0, 1, len(self.times_s_T))
        scores_CT = np.zeros((len(CLASSES), len(share_T)))
        for c in range(len(CLASSES) - 1):
            for k, height in ((0, 4.0), (1, 6.0)):
                centre = (c + 0.5 + 3 * k) / 6.1
                scores_CT[c] += height * np.exp(-(((share_T - centre) * 26) ** 2))
        scores_CT += 0.35 * np.sin(share_T * 90 + np.arange(len(CLASSES))[:, None])
        scores_CT[-1] += 1.2
        powers_CT = np.exp(scores_CT)
        return np.asarray(powers_CT / powers_CT.sum(0))

    def planes_told(self) -> dict[str, Any]:
        if not self.planes:
            why = "No checkpoint was given: start with --checkpoint."
            return {
                "classes": CLASSES,
                "probabilities": None,
                "why": why,
                "best": {},
                "version": 0,
            }
        shares_CT = self.probabilities_CT()
        best = {name: int(shares_CT[c].argmax()) for c, name in enumerate(CLASSES[:-1])}
        return {
            "classes": CLASSES,
            "probabilities": shares_CT.round(3).tolist(),
            "why": None,
            "best": best,
            "version": 1,
        }

    def labels_told(self) -> dict[str, Any]:
        """The log folded frame by frame: later decisions win."""
        holder_T = np.full(len(self.times_s_T), -1)
        for n, each in enumerate(self.log):
            holder_T[self.within(each)] = n if each["label"] is not None else -1
        edges = np.flatnonzero(np.diff(holder_T, prepend=-2, append=-2))
        stretches = [
            {
                **self.log[holder_T[first]],
                "start_s": float(self.times_s_T[first]),
                "end_s": float(self.times_s_T[after - 1]),
            }
            for first, after in itertools.pairwise(edges)
            if holder_T[first] >= 0
        ]
        mine = any(each["author"] for each in self.log)
        return {
            "task": "plane",
            "stretches": stretches,
            "can_undo": mine,
            "can_redo": bool(self.undone),
        }

    def within(self, each: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
        """Which frames a decision is about: both ends included, to the last digit."""
        start, end = each["start_s"], each["end_s"]
        return np.asarray((self.times_s_T >= start) & (self.times_s_T <= end))

    def decide(self, kind: str, body: dict[str, Any]) -> str | None:
        """Label, undo or redo; what is wrong with it, if anything."""
        if kind == "labels":
            if not self.within(body).any():
                return "no frame lies between these two times"
            decided = {
                **body,
                "unix_ms": 1_790_000_000_000,
                "event": f"{len(self.log)}",
            }
            self.log.append(decided)
            self.undone.clear()
        else:
            source, sink = (self.log, self.undone)[:: 1 if kind == "undo" else -1]
            if not source:
                return f"nothing to {kind}"
            sink.append(source.pop())
        return None


def long_scan() -> Scan:
    """Twenty minutes at 30 Hz in three segments; a few labels came with it."""
    segments_T = np.arange(36_000) // 12_000
    times_s_T = np.arange(36_000) / 30 + segments_T * 8.0
    scan = Scan(times_s_T, segments_T)
    for label, first, last in (
        ("head", 2000, 4400),
        ("abdomen", 8400, 10300),
        ("background", 13000, 16500),
        ("femur", 17000, 17020),
    ):
        scan.log.append(
            {
                "label": label,
                "start_s": times_s_T[first],
                "end_s": times_s_T[last],
                "author": None,
                "unix_ms": None,
                "event": None,
            }
        )
    return scan


def short_scan(*, model: bool = True) -> Scan:
    """Eight seconds at about 30 Hz; frames come irregularly, as they do."""
    steps_T = np.random.default_rng(0).uniform(0.6, 1.4, 240) / 30
    return Scan(np.cumsum(steps_T) - steps_T[0], np.zeros(240, int), model, model)


class Site(ThreadingHTTPServer):
    """Scans by name, what was asked for, and what is broken or slow."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock = threading.Lock()
        self.reset()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def reset(self) -> None:
        """As new."""
        self.scans = {
            "v-long": long_scan(),
            "v-short": short_scan(),
            "v-plain": short_scan(model=False),
        }
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.broken: dict[str, int] = {}
        """Status that this kind of request answers instead."""
        self.slow_s: dict[str, float] = {}

    def page(self, video: str, before: str = "", **attributes: str) -> str:
        """The address of a page with a player of that video, and HTML before it."""
        attributes = {"video": video, "author": AUTHOR} | attributes
        told = " ".join(f'{name}="{value}"' for name, value in attributes.items())
        return f"{self.url}/page?{urlencode({'before': before, 'attributes': told})}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no error."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path == "/page":
            page = _PAGE.format(
                **dict(parse_qsl(address.query, keep_blank_values=True))
            )
            return self._send(page.encode(), _TYPES[".html"])
        if address.path.startswith("/assets/"):
            path = ASSETS / Path(address.path).name
            return self._send(path.read_bytes(), _TYPES[path.suffix])
        return self._api(address.path, None)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._api(urlsplit(self.path).path, body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Tests are quiet."""

    def _api(self, path: str, body: dict[str, Any] | None) -> None:
        found = re.fullmatch(r"/api/(\w+)/([^/]+)(?:/(\d+))?", path)
        if not found:
            return self._tell({"why": "no such address"}, 404)
        kind, video, number = found[1], unquote(found[2]), found[3]
        time.sleep(self.server.slow_s.get(kind, 0))
        if status := self.server.broken.get(kind):
            return self._tell({"why": f"{kind} is broken on purpose"}, status)
        if not (scan := self.server.scans.get(video)):
            return self._tell({"why": f"there is no scan {video}"}, 404)
        if number is not None:
            return self._picture(scan, kind, int(number))
        with self.server.lock:
            if body is not None:
                self.server.posts.append((kind, body))
                if why := scan.decide(kind, body):
                    return self._tell({"why": why}, 400)
                kind = "labels"
            told: dict[str, Callable[[], Any]] = {
                "scan": lambda: scan.facts(video),
                "planes": scan.planes_told,
                "labels": scan.labels_told,
            }
            return self._tell(told[kind]())

    def _picture(self, scan: Scan, kind: str, i: int) -> None:
        if i >= len(scan.times_s_T):
            return self._tell({"why": f"there is no frame {i}"}, 404)
        pictures: dict[str, Callable[[int], bytes]] = {
            "frame": frame,
            "saliency": saliency,
            "thumbnail": thumbnail,
        }
        what = "image/png" if kind == "saliency" else "image/jpeg"
        return self._send(
            pictures[kind](i), what, "no-store"
        )  # times are of this server then

    def _tell(self, told: Any, status: int = 200) -> None:
        self._send(json.dumps(told).encode(), "application/json", "no-cache", status)

    def _send(
        self, data: bytes, what: str, cache: str = "no-cache", status: int = 200
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", what)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", cache)
        self.end_headers()
        self.wfile.write(data)


@functools.cache
def _bank() -> npt.NDArray[np.uint8]:
    """Sixteen pictures of a sector with speckle and a skull that breathes."""
    rng = np.random.default_rng(7)
    down, right = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    right -= WIDTH / 2
    radius, angle = np.hypot(down + 40, right), np.arctan2(right, down + 40)
    sector = (radius > 90) & (radius < 500) & (np.abs(angle) < 0.65)
    pictures = []
    for k in range(16):
        phase = 2 * np.pi * k / 16
        wide, high = 120 + 10 * np.sin(phase), 90 + 8 * np.cos(phase)
        ring = np.hypot(right / wide, (down - 250 - 6 * np.sin(phase)) / high)
        tissue = 60 + 24 * np.sin(radius / 37) + 165 * np.exp(-(((ring - 1) * 9) ** 2))
        tissue *= np.where(ring < 0.9, 0.55, 1.0)
        speckle = rng.rayleigh(0.8, (HEIGHT // 2, WIDTH // 2)).repeat(2, 0).repeat(2, 1)
        pictures.append(np.where(sector, tissue * speckle, 0).clip(0, 255))
    return np.asarray(pictures, np.uint8)


def frame(i: int) -> bytes:
    """A picture that says its number."""
    picture_HW = _bank()[i // 2 % 16].copy()
    bits = (i >> np.arange(16)) & 1
    picture_HW[-BLOCK:, : 16 * BLOCK] = np.repeat(bits * 255, BLOCK)
    return _encoded(picture_HW, "JPEG")


def thumbnail(i: int) -> bytes:
    return _encoded(_bank()[i // 2 % 16][::4, ::4], "JPEG")


@functools.lru_cache(maxsize=64)
def saliency(i: int) -> bytes:
    """A red patch that wanders."""
    down, right = np.mgrid[:HEIGHT, :WIDTH]
    centre = WIDTH / 2 + 90 * np.sin(i / 20)
    heat = np.exp(-((down - 230) ** 2 + (right - centre) ** 2) / 5000)
    rgba = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    rgba[..., :3] = (249, 142, 9)
    rgba[..., 3] = (heat * 255).astype(np.uint8)
    return _encoded(rgba, "PNG")


def _encoded(picture: npt.NDArray[np.uint8], how: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, how, quality=85, compress_level=1)
    return buffer.getvalue()


@contextmanager
def site() -> Iterator[Site]:
    """The server, in a thread of its own."""
    _bank()
    server = Site()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
