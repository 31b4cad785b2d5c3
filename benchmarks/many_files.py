"""Many small files, some of them broken, and an ingest that is killed on the way.

python benchmarks/many_files.py [--files 10000] [--kills 3]

Writes small cines of several kinds, of which 3 % are broken in one of four ways; runs
`insonify ingest` on them, kills it with SIGKILL when a quarter, a half and three
quarters are done, and lets it end at last. Then counts: every good file must be one
video, every broken one a reject, none missing and none twice.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from table import show

from insonify.core.video import Frames
from insonify.store import Store

sys.path.append(str(Path(__file__).parents[1]))
from tests.ingest.conftest import dataset, write_movie

_BROKEN = 0.03
_PER_SUBJECT = 20
KINDS = ("dicom", "avi", "npy")


def frames_of(number: int) -> Frames:
    """Ten frames of noise that moves, another for each number."""
    generator = np.random.default_rng(number)
    field = generator.integers(20, 235, (48, 64)).astype(np.uint8)
    return np.stack([np.roll(field, 3 * time, 1) for time in range(10)])


def write(path: Path, number: int) -> None:
    """A cine of the kind that its number says."""
    frames_THW, kind = frames_of(number), KINDS[number % len(KINDS)]
    if kind == "npy":
        with path.open("wb") as file:
            np.save(file, frames_THW)
    elif kind == "avi":
        write_movie(path.with_suffix(".avi"), frames_THW).rename(path)
    else:
        dataset(frames_THW).save_as(path, enforce_file_format=True)


def break_file(path: Path, how: int) -> None:
    """Make a file unreadable."""
    content = path.read_bytes()
    broken = (b"", b"no cine\n" * 50, content[: len(content) // 3], bytes(4000))
    path.write_bytes(broken[how])


def write_all(folder: Path, count: int) -> int:
    """Write the files; returns how many are broken."""
    chosen = random.Random(0).sample(range(count), round(_BROKEN * count))
    for number in range(count):
        path = folder / f"subject-{number // _PER_SUBJECT:05d}" / f"{number}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, number)
    for how, number in enumerate(chosen):
        path = folder / f"subject-{number // _PER_SUBJECT:05d}" / f"{number}.bin"
        break_file(path, how % 4)
    return len(chosen)


def done(store: Path) -> int:
    """Files that are in the store or refused."""
    try:
        return len(Store.open(store).known_files())
    except Exception:  # noqa: BLE001 - the store may not be there yet
        return 0


def ingest(folder: Path, scratch: Path, until: int | None) -> tuple[float, int]:
    """One run, killed when so many files are done: its seconds, and files then."""
    began, store = time.perf_counter(), scratch / "store"
    words = ["ingest", folder, store, "--key", scratch / "key", "--area", "full"]
    words += ["--subjects-from", "folder", "--no-sheets"]
    command = [sys.executable, "-m", "insonify", *map(str, words)]
    with (scratch / "log").open("a") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        while until is not None and process.poll() is None and done(store) < until:
            time.sleep(1)
        if until is not None:
            process.send_signal(signal.SIGKILL)
        process.wait()
    return time.perf_counter() - began, done(store)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=3)
    asked = parser.parse_args()
    scratch = Path(tempfile.mkdtemp())
    folder = scratch / "archive"
    broken = write_all(folder, asked.files)
    rows: list[dict[str, object]] = []
    for number in range(1, asked.kills + 2):
        last = number > asked.kills
        until = None if last else round(asked.files * number / (asked.kills + 1))
        seconds, known = ingest(folder, scratch, until)
        rows.append(
            {
                "run": number,
                "ended": "by itself" if last else "SIGKILL",
                "seconds": seconds,
                "files done": known,
            }
        )
    show("many_files", [*rows, _counted(scratch / "store", asked.files, broken)])
    shutil.rmtree(scratch)


def _counted(store: Path, files: int, broken: int) -> dict[str, object]:
    """The end: how many are missing, and how many are there twice."""
    opened = Store.open(store)
    videos = opened.videos()
    names = Counter(videos["file"].to_pylist() + opened.rejects()["file"].to_pylist())
    frames = len(opened.frames())
    print(
        f"{files} files, {broken} broken: {len(videos)} videos, "
        f"{len(opened.rejects())} rejects, {files - len(names)} missing, "
        f"{sum(count - 1 for count in names.values())} twice, {frames} frames "
        f"({10 * (files - broken)} expected)"
    )
    exact = len(videos) == files - broken and frames == 10 * (files - broken)
    return {
        "run": "all",
        "ended": "exact" if exact and len(names) == files else "NOT EXACT",
        "seconds": "",
        "files done": len(names),
    }


if __name__ == "__main__":
    main()
