"""What a run costs before its first step, and a clip, as a store grows to 1e8 frames.

python benchmarks/scale.py [--frames 1e5 1e6 1e7 1e8] [--scratch FOLDER]

For each size a store is made of scans of 1000 frames (`scale_store.py`) and a process
of its own goes through what `insonify pretrain` does before and between its steps
(`scale_stages.py`). Real are the tables, their columns, fragments and order, and all of
the code; images are of 8 x 8 random pixels that need no decoding, and
what has just been written is still in the system's page cache. So a clip's time here is
what order, table and loader cost; its pixels come on top and do not depend on the size
of a store (`loader.py`). 1e8 frames take 8 GB in the scratch folder.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scale_store import SCAN, make_store
from table import show

_STAGES = Path(__file__).with_name("scale_stages.py")
_REFERENCE = 100_000
"""Frames of the store that a clip's time is compared with, in every process."""


def measured(frames: int, scratch: Path, reference: Path) -> dict[str, object]:
    """All figures of a store of that many frames, by name."""
    store = scratch / "store"
    began = time.perf_counter()
    make_store(store, frames)
    made_s = time.perf_counter() - began
    told = subprocess.run(
        [sys.executable, _STAGES, store, reference, str(time.time())],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    size = sum(path.stat().st_size for path in store.rglob("*") if path.is_file())
    shutil.rmtree(store)
    return {
        "scans": frames // SCAN,
        "store made, s": made_s,
        "store, bytes a frame": size / frames,
        **json.loads(told.stdout),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    sizes = [1e5, 1e6, 1e7, 1e8]
    parser.add_argument("--frames", type=float, nargs="+", default=sizes)
    parser.add_argument("--scratch", type=Path)
    arguments = parser.parse_args()
    columns: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        reference = Path(scratch) / "reference"
        make_store(reference, _REFERENCE)
        for size in arguments.frames:
            name = f"{size:.0e} frames".replace("e+0", "e")
            columns[name] = measured(int(size), Path(scratch), reference)
    names = next(iter(columns.values()))
    show(
        "scale",
        [
            {"what": what, **{size: of[what] for size, of in columns.items()}}
            for what in names
        ],
    )


if __name__ == "__main__":
    main()
