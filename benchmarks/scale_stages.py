"""One process of `scale.py`: the stages of a run on a store, each timed and weighed.

python benchmarks/scale_stages.py STORE REFERENCE STARTED

Prints figures by name, as JSON. STARTED is when the process was started, in seconds
since 1970; REFERENCE a small store.

Legend: C clips, T frames of a clip.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from scale_shuffle import partition, quality

from insonify.clips.loader import ClipLoader
from insonify.clips.sampling import ClipOptions, find_clips
from insonify.store import Store

_BATCH: Final = 32
_ROUNDS: Final = 11
_BATCHES_A_ROUND: Final = 25
Found = TypeVar("Found")


class Stages:
    """Seconds and peak memory of one piece of work after the other."""

    def __init__(self) -> None:
        self.figures: dict[str, Any] = {"at import, GiB": self._peak_gib()}

    def run(self, name: str, work: Callable[[], Found]) -> Found:
        """Do it, and note what it took."""
        Path("/proc/self/clear_refs").write_text("5")  # Linux: count the peak anew
        began = time.perf_counter()
        result = work()
        self.figures[f"{name}, s"] = time.perf_counter() - began
        self.figures[f"{name}, peak GiB"] = self._peak_gib()
        return result

    @staticmethod
    def _peak_gib() -> float:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 2**20


def open_loader(store: Store, stages: Stages | None = None) -> ClipLoader:
    """The loader of all subjects, as `insonify pretrain` makes it."""
    stages, options = stages or Stages(), ClipOptions()
    index = stages.run("index", store.frames)
    everyone = frozenset(index.subjects)
    clips_CT = stages.run("clips", lambda: find_clips(index, everyone, options))
    return ClipLoader(
        store=store,
        clips_CT=clips_CT,
        options=options,
        source=options.size,
        batch=_BATCH,
        seed=0,
        workers=0,
    )


def microseconds_a_clip(loader: ClipLoader, round_: int) -> float:
    """Of some batches that were never read before."""
    numbers = range(1 + round_ * _BATCHES_A_ROUND, 1 + (round_ + 1) * _BATCHES_A_ROUND)
    began = time.perf_counter()
    for number in numbers:
        loader.read(number)
    return (time.perf_counter() - began) * 1e6 / (_BATCH * _BATCHES_A_ROUND)


def steady(loader: ClipLoader, reference: ClipLoader) -> dict[str, float]:
    """Rounds of both, alternating; the first of each is not counted."""
    pairs = [
        (microseconds_a_clip(loader, n), microseconds_a_clip(reference, n))
        for n in range(_ROUNDS)
    ][1:]
    ratios = [own / other for own, other in pairs]
    return {
        "a clip, µs": statistics.median(own for own, _ in pairs),
        "a clip / a clip of 1e5 frames": statistics.median(ratios),
        "the same, least": min(ratios),
        "the same, most": max(ratios),
    }


def held(loader: ClipLoader) -> dict[str, float]:
    """What stays in memory."""
    index, clips = loader.store.frames(), len(loader.clips_CT)
    columns = (index.row_N, index.video_N, index.time_s_N, index.segment_N)
    size = sum(column.nbytes for column in (*columns, index.motion_N))
    return {
        "index, bytes a frame": size / len(index),
        "clips": clips,
        "clips, bytes a clip": loader.clips_CT.nbytes / clips,
    }


def main(path: Path, reference: Path, started: float) -> None:
    stages = Stages()
    figures = stages.figures
    store = stages.run("open", lambda: Store.open(path))
    loader = open_loader(store, stages)
    stages.run("order", partial(loader.positions, 0))
    stages.run("first batch after that", partial(loader.read, 0))
    figures["first batch after Python's start, s"] = time.time() - started
    epoch = len(loader.clips_CT) // _BATCH + 1
    stages.run("next epoch", partial(loader.positions, epoch))
    figures |= steady(loader, open_loader(Store.open(reference)))
    figures |= held(loader) | quality(loader) | partition(loader)
    loader = replace(loader, together=4)  # an order of its own; the other's is let go
    stages.run("order in runs of 4", partial(loader.positions, 0))
    stages.run("next epoch in runs of 4", partial(loader.positions, epoch))
    figures |= {f"in runs of 4: {name}": n for name, n in partition(loader).items()}
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
