"""How quick the review app is where it is heavy, in a real headless Chromium.

PYTHONPATH=. python benchmarks/review.py [--store FOLDER] [--rounds 5]

Makes a store of 2,000 scans of 40 frames and one of 20 minutes at 30 frames a second
(36,000 frames of 480 x 640), 116,000 frames in all, with labels of five classes on a
tenth of the scans and features of an untrained encoder's size that are drawn at random:
what is timed is the app, not what it finds. `insonify review` runs as users run it, and
Chromium starts each round anew, without anything in its cache.

- list: from asking for the page until the first cards' pictures are shown;
- filter: from a key in the search field until the list is narrowed;
- scan, cold: from asking for the long scan's page, in the middle, until its frame is
  shown; from the list: from the click on a card;
- scrub: from a jump of the playhead to a frame anywhere in the 20 minutes until exactly
  that frame is on the screen; drag: the same where the playhead is moved on by 7 frames
  each time;
- next scan: from the key N until the next scan's first frame is shown.
"""

import argparse
import contextlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from table import show

from insonify.core.video import Box, Video
from insonify.deploy.embedding.about import About
from insonify.deploy.embedding.table import FeatureTable
from insonify.model.checkpoint import Card, load_checkpoint, save_checkpoint
from insonify.model.encoder import Encoder
from insonify.store import Label, Store, StoreSettings
from tests.browser import Page, browser

SCANS, FRAMES, LONG, RATE = 2_000, 40, 36_000, 30
PLANES: Final = ("head", "abdomen", "femur", "heart", "spine")
_CHUNK: Final = 1_000
_JUMPS: Final = 60
_PLAYER: Final = "document.querySelector('insonify-player')"
_LONG: Final = "v-long"

Times = dict[str, list[float]]


def video(name: str, subject: str, frames_THW: np.ndarray, start: int = 0) -> Video:
    """Frames as a video, evenly spaced."""
    count, height, width = frames_THW.shape
    return Video(
        frames_THW=frames_THW,
        times_s_T=(start + np.arange(count)) / RATE,
        segments_T=np.zeros(count, np.int32),
        motion_T=np.full(count, 3.0, np.float32),
        rectangle=Box(0, 0, height, width),
        spacing_mm=(0.3, 0.3),
        subject=subject,
        exam=f"e-{subject[2:]}",
        video=name,
    )


def drifting(shape: tuple[int, int], count: int, start: int, seed: int) -> np.ndarray:
    """A smooth speckle that drifts: frames that compress like ultrasound."""
    height, width = shape
    generator = np.random.default_rng(seed)
    field = generator.normal(size=(height, width))
    for axis in (0, 1):
        for _ in range(3):
            field += np.roll(field, 1, axis)
    field = np.clip(110 + 40 * field / field.std(), 0, 255).astype(np.uint8)
    return np.stack(
        [
            np.roll(field, (k % height, 2 * k % width), (0, 1))
            for k in start + np.arange(count)
        ]
    )


def long_scan() -> Iterator[Video]:
    """Twenty minutes, piece by piece."""
    for start in range(0, LONG, _CHUNK):
        yield video(_LONG, "s-0000", drifting((480, 640), _CHUNK, start, 0), start)


def make_store(path: Path) -> Store:
    """All scans, with labels on a tenth."""
    store = Store.create(path, StoreSettings())
    entries = [store.write_video(long_scan(), "f-long")]
    labels = []
    for number in range(SCANS):
        name, subject = f"v-{number:04d}", f"s-{number // 5:04d}"
        frames = drifting((96, 128), FRAMES, 0, number)
        entries.append(store.write_video(video(name, subject, frames), f"f-{number}"))
        if number % 10 == 0:
            plane = PLANES[number // 10 % len(PLANES)]
            labels.append(
                Label(video=name, task="plane", label=plane, start_s=0.2, end_s=0.8)
            )
    store.commit(entries, labels=labels)
    return store


def make_features(store: Store, checkpoint: Path) -> None:
    """Random features of every frame, as if an encoder had seen them."""
    about = About.of(load_checkpoint(checkpoint), store.id)
    table, index = FeatureTable(store, about), store.frames()
    generator = np.random.default_rng(0)
    first_V = index.starts_V()
    for begin in range(0, len(index), 20_000):
        part = slice(begin, begin + 20_000)
        video_N = index.video_N[part]
        rows = np.arange(begin, begin + len(video_N)) - first_V[video_N]
        vectors = generator.normal(size=(len(rows), about.dim)).astype(np.float16)
        flat = pa.array(vectors.ravel())
        columns = [
            pa.array([index.video_ids[number] for number in video_N]),
            pa.array(rows.astype(np.int32)),
            pa.array(index.time_s_N[part]),
            pa.FixedSizeListArray.from_arrays(flat, about.dim),
        ]
        table.append(pa.Table.from_arrays(columns, schema=about.schema))


def make_checkpoint(path: Path) -> Path:
    """An untrained encoder."""
    encoder = Encoder("resnet10_half", seed=0)
    tensors = {f"encoder.{name}": one for name, one in encoder.state_dict().items()}
    card = Card(architecture="resnet10_half", size=(80, 104), provenance={})
    save_checkpoint(path, tensors, card)
    return path


@contextlib.contextmanager
def serving(store: Path, checkpoint: Path) -> Iterator[str]:
    """`insonify review`, ready with its head; its address."""
    command = (sys.executable, "-m", "insonify", "review", str(store))
    options = ("--checkpoint", str(checkpoint), "--port", "0", "--no-browser")
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.startswith("Review: "):
                    yield line.split()[1].rstrip("/")
                    break
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)


class Watch:
    """A browser without a past, and what it measures; all in ms."""

    def __init__(self, page: Page, base: str, times: Times) -> None:
        self.page, self.base, self.times = page, base, times
        page.resize(1440, 900)

    def load(self, name: str, path: str, condition: str) -> None:
        """Ask for a page; the time until the condition holds, by the page's clock."""
        self.page.call("Page.navigate", url=self.base + path)
        # The condition may be asked of the old page before the new one is there.
        self.page.wait(f"location.pathname + location.search === {path!r}")
        self.times[name].append(self.until(condition, since="0"))

    def act(self, name: str, act: str, condition: str) -> None:
        """Do something; the time until the condition holds."""
        self.page.run(f"window.began = performance.now(), {act}, 0")
        self.times[name].append(self.until(condition, since="window.began"))

    def until(self, condition: str, since: str) -> float:
        """When the condition holds and what it brought is painted."""
        return float(
            self.page.run(
                f"""(async () => {{
                  const end = performance.now() + 60000;
                  while (!({condition})) {{
                    if (performance.now() > end) throw new Error({condition!r});
                    await new Promise(requestAnimationFrame);
                  }}
                  await new Promise(requestAnimationFrame);
                  return performance.now() - ({since});
                }})()"""
            )
        )

    def scrub(self, name: str, frames: list[int]) -> None:
        """Move the playhead to one frame after the other, each until it is shown."""
        self.times[name] += self.page.run(
            f"""(async () => {{
              const player = {_PLAYER}, times = [];
              for (const frame of {frames}) {{
                const found = player.figures().seek_ms;
                found.length = 0;
                player.seek(frame);
                while (!found.length) await new Promise(requestAnimationFrame);
                times.push(found[0]);
              }}
              return times;
            }})()"""
        )


_PICTURES: Final = (
    "[...document.querySelectorAll('.scan-card img')].slice(0, 12)"
    ".filter((one) => one.complete && one.naturalWidth).length === 12"
)


def shown(name: str) -> str:
    """That a scan's frame is on the screen."""
    there = f"{_PLAYER}?.getAttribute('video') === {name!r}"
    return f"{there} && {_PLAYER}.figures?.().first_frame_ms > 0"


def measure(base: str, rounds: int) -> Times:
    """All times, with a new browser each round."""
    times: Times = defaultdict(list)
    generator = np.random.default_rng(0)
    for _ in range(rounds):
        with browser() as page:
            watch = Watch(page, base, times)
            watch.load("scan, cold", f"/scan/{_LONG}?frame=18000", shown(_LONG))
            page.wait(f"{_PLAYER}.figures().under_way === 0")
            watch.scrub("scrub", generator.integers(0, LONG, _JUMPS).tolist())
            watch.scrub("drag", list(range(9_000, 9_000 + 7 * _JUMPS, 7)))
        with browser() as page:
            watch = Watch(page, base, times)
            watch.load("list", "/", _PICTURES)
            page.wait("window.did_handshake")
            page.run("document.querySelector('[type=search]').focus()")
            page.write("s-039")
            watch.act(
                "filter",
                "document.execCommand('insertText', false, '9')",
                "document.querySelectorAll('.scan-card').length === 5",
            )
            click = "document.querySelector('.scan-card').click()"
            watch.act("scan, from the list", click, shown("v-1995"))
            key = "new KeyboardEvent('keydown', { key: 'n', bubbles: true })"
            following = shown("v-1996")
            watch.act("next scan", f"document.body.dispatchEvent({key})", following)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, help="where the store is kept, or made")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = asked.store or Path(folder)
        path, checkpoint = place / "store", place / "encoder.safetensors"
        if not path.exists():
            make_checkpoint(checkpoint)
            began = time.perf_counter()
            make_features(make_store(path), checkpoint)
            print(f"store made in {time.perf_counter() - began:.0f} s")
        with serving(path, checkpoint) as base:
            times = measure(base, asked.rounds)
    rows = [
        {
            "what": what,
            "n": len(found),
            "median, ms": statistics.median(found),
            "95 %, ms": float(np.quantile(found, 0.95)),
            "most, ms": max(found),
        }
        for what, found in times.items()
    ]
    show("review", rows)


if __name__ == "__main__":
    main()
