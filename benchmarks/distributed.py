"""What two processes that learn together lose against two that do not know each other.

python benchmarks/distributed.py STORE [--rounds 3] [--steps 24]

Each round trains, one after the other: a process with one thread; two such processes at
once, each with half the batch, which do not talk (what this machine can do at most with
two processes); the two of `insonify pretrain --devices 2`; one process with two
threads. Speeds are medians over steps after the first four, in precision auto.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from table import show

from insonify.recipes import RECIPES
from insonify.train.run_folder import RunFolder

_WARM_UP = 4
_ALONE = "1 process, 1 thread"
_APART = "2 processes that do not talk (the limit)"
_TOGETHER = "2 processes, --devices 2"
_THREADS = "1 process, 2 threads"


class Bench:
    """Trains in a folder, one way or another."""

    def __init__(self, store: Path, folder: Path, steps: int, recipe: str) -> None:
        self.store, self.folder, self.steps, self.recipe = store, folder, steps, recipe
        self.batch = RECIPES[recipe]().batch
        self.count = 0

    def start(
        self, *more: str, batch: int, threads: int
    ) -> tuple[Path, subprocess.Popen[bytes]]:
        """Begin a run; returns its folder and process."""
        self.count += 1
        run = self.folder / f"run-{self.count}"
        command = [sys.executable, "-m", "insonify", "pretrain", self.store, run]
        options = f"--recipe {self.recipe} --steps {self.steps} --batch {batch}"
        never = f"--probe-every {self.steps} --checkpoint-every {self.steps}"
        words = [*map(str, command), *options.split(), *never.split(), *more]
        environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
        quiet = subprocess.DEVNULL
        return run, subprocess.Popen(words, env=environment, stdout=quiet)

    def speed(self, started: tuple[Path, subprocess.Popen[bytes]]) -> float:
        """Clips a second of a run, once it has ended."""
        run, process = started
        if process.wait():
            raise SystemExit(f"a run ended with {process.returncode}")
        rows = RunFolder(run).metrics()[_WARM_UP:-1]
        return float(statistics.median(row["clips_a_second"] for row in rows))

    def round(self) -> dict[str, float]:
        """Clips a second of each way."""
        batch = self.batch
        found = {_ALONE: self.speed(self.start(batch=batch, threads=1))}
        both = [self.start(batch=batch // 2, threads=1) for _ in range(2)]
        found[_APART] = sum(map(self.speed, both))
        two = self.start("--devices", "2", batch=batch, threads=1)
        found[_TOGETHER] = self.speed(two)
        found[_THREADS] = self.speed(self.start(batch=batch, threads=2))
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--recipe", default="insonify")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments.store, Path(folder), arguments.steps, arguments.recipe)
        rounds = [bench.round() for _ in range(arguments.rounds)]
    rows: list[dict[str, object]] = []
    for way in rounds[0]:
        shares = [each[way] / each[_APART] for each in rounds]
        rows.append(
            {
                "training": way,
                "clips/s": statistics.median(each[way] for each in rounds),
                "share of the limit": statistics.median(shares),
                "least": min(shares),
                "most": max(shares),
            }
        )
    show("distributed", rows)


if __name__ == "__main__":
    main()
