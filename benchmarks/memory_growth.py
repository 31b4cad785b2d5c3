"""Whether memory grows with steps, files, requests or searches; for memory.py.

Legend: S looks at the memory.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from many_files import write_all
from memory_visitor import Visitor, free_port
from memory_watch import watch
from search_data import make

from tests.conftest import fill_store

Floats = npt.NDArray[np.float64]
COUNT: Final = {"steps": 1_200, "files": 3_000, "requests": 1_000, "searches": 3_000}
_VIDEOS: Final = 10
_LEFT_OUT: Final = 1 / 3
"""Of the work, from its beginning: caches fill, threads start, code is loaded."""
_ENDING: Final = 10
"""Looks at a process that lets go of all it has."""
_BLOCKS: Final = 10
_RESAMPLES: Final = 2_000
_INSONIFY: Final = (sys.executable, "-m", "insonify")


class Since:
    """Notes at which look a file was there: then the work itself has begun."""

    def __init__(self, path: Path) -> None:
        self._path, self._looks = path, 0
        self.begun: int | None = None

    def __call__(self, _: "subprocess.Popen[bytes]") -> None:
        if self.begun is None and self._path.exists():
            self.begun = self._looks
        self._looks += 1

    def share_S(self, looks: int) -> Floats:
        """How much of the work is done at each look, as it goes on evenly."""
        if self.begun is None:
            raise RuntimeError(f"{self._path} was never made")
        return (np.arange(looks) - self.begun) / max(1, looks - 1 - self.begun)


def growths(folder: Path) -> Iterator[dict[str, object]]:
    """A row for each."""
    folder.mkdir(parents=True)
    yield _steps(folder)
    yield _files(folder)
    yield _requests(folder)
    yield _searches(folder)


def _steps(folder: Path) -> dict[str, object]:
    store, run = fill_store(folder / "steps").path, folder / "run"
    words = ["pretrain", store, run, "--recipe", "order_only", "--size", "32", "40"]
    words += ["--steps", str(COUNT["steps"]), "--batch", "4", "--cache-mb", "16"]
    since = Since(run / "metrics.jsonl")
    mib_S = _watched(folder, [*_INSONIFY, *words], since)
    return _row("pretrain", "steps", mib_S, since.share_S(len(mib_S)))


def _files(folder: Path) -> dict[str, object]:
    archive, store = folder / "archive", folder / "ingested"
    write_all(archive, COUNT["files"])
    words = ["ingest", archive, store, "--key", folder / "key", "--area", "full"]
    words += ["--subjects-from", "folder"]
    since = Since(store / "videos.lance")
    mib_S = _watched(folder, [*_INSONIFY, *words], since)
    return _row("ingest", "files", mib_S, since.share_S(len(mib_S)))


def _requests(folder: Path) -> dict[str, object]:
    port = free_port()
    store = fill_store(folder / "reviewed")
    visitor = Visitor(port, store.frames().video_ids, COUNT["requests"])
    words = ["review", store.path, "--checkpoint", folder / "run", "--no-browser"]
    mib_S = _watched(folder, [*_INSONIFY, *words, "--port", port], visitor)
    done_S = np.array(visitor.done[: len(mib_S)]) / COUNT["requests"]
    asked_S = done_S < 1
    return _row("review", "requests", mib_S[asked_S], done_S[asked_S])


def _searches(folder: Path) -> dict[str, object]:
    store, begun = make(folder / "searched", "paths", _VIDEOS), folder / "begun"
    since = Since(begun)
    script = Path(__file__).with_name("memory_searches.py")
    words = [sys.executable, script, store.path, COUNT["searches"], begun]
    mib_S = _watched(folder, words, since)
    return _row("search", "searches", mib_S, since.share_S(len(mib_S)))


def _watched(folder: Path, words: Sequence[object], beside: Visitor | Since) -> Floats:
    """MiB of its own at every look, as long as all its processes are there.

    Raises:
        RuntimeError: it failed.
    """
    log = folder / "log"
    environment = {"XDG_CONFIG_HOME": str(folder / "config")}
    found = watch(words, log=log, environment=environment, beside=beside)
    if found.code != 0:
        said = log.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{words[2:4]} ended with {found.code}: {said}")
    counts_S = np.array([look.processes for look in found.looks])
    ended = np.flatnonzero(counts_S == counts_S.max())[-1]  # and its workers with it
    return np.array([look.own for look in found.looks[: ended + 1]])


def _row(command: str, unit: str, mib_S: Floats, share_S: Floats) -> dict[str, object]:
    late_S = share_S >= _LEFT_OUT
    late_S[-_ENDING:] = False
    thousands_s, mib_s = share_S[late_S] * COUNT[unit] / 1000, mib_S[late_S]
    slope, low, high = slope_of(thousands_s, mib_s)
    return {
        "command": command,
        "over": f"{COUNT[unit]} {unit}",
        "at a third, MiB": float(mib_s[: len(mib_s) // 20 + 1].mean()),
        "at the end, MiB": float(mib_s[-len(mib_s) // 20 - 1 :].mean()),
        "most, MiB": float(mib_S.max()),
        "MiB / 1000": slope,
        "low": low,
        "high": high,
    }


def slope_of(x_S: Floats, y_S: Floats) -> tuple[float, float, float]:
    """Slope of a line through points, with a 95 % interval.

    What is close in time is alike, so tenths of the time are drawn as a whole.
    """
    blocks = np.array_split(np.arange(len(x_S)), _BLOCKS)
    generator = np.random.default_rng(0)
    slopes = []
    for _ in range(_RESAMPLES):
        drawn = generator.integers(0, _BLOCKS, _BLOCKS)
        chosen = np.concatenate([blocks[number] for number in drawn])
        if np.ptp(x_S[chosen]) > 0:
            slopes.append(np.polyfit(x_S[chosen], y_S[chosen], 1)[0])
    low, high = np.quantile(slopes, (0.025, 0.975))
    return float(np.polyfit(x_S, y_S, 1)[0]), float(low), float(high)
