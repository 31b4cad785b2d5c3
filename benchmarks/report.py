"""How long `insonify report` takes on large predictions files, and what memory.

python benchmarks/report.py [--rows 100000 1000000]

Writes predictions files of 14 classes and 200 subjects (four arms, two protocols, two
shares of labels, three seeds), of which a frame is decided right the more often the
better the arm is, and runs `insonify report FILE --out report.html` on each of them in
a process of its own. Goal: a million rows in 20 s and 2 GiB. Seconds are those of a
clock on the wall, and mean something on an idle machine alone; those of the CPU are
there for a busy one.
"""

import argparse
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
from table import show

from insonify.core.coding import Integers
from insonify.core.predictions import SCHEMA, Predictions, write_predictions
from insonify.report.tables.metrics import Floats

SUBJECTS, PER_VIDEO = 200, 32
CLASSES = ("background", *(f"plane {n:02d}" for n in range(1, 14)))
ARMS = {"random": 0.2, "simclr": 0.55, "siamese": 0.6, "insonify": 0.65}
"""Arms, and how much of the truth each of them sees."""
PROTOCOLS, FRACTIONS, SEEDS = ("knn", "linear"), (0.1, 1.0), (0, 1, 2)


def write(path: Path, rows: int) -> int:
    """Write a file of about so many rows; returns how many."""
    runs = list(product(ARMS, PROTOCOLS, FRACTIONS, SEEDS))
    frames = rows // len(runs)
    number_N = np.arange(frames)
    video_N = number_N // PER_VIDEO
    generator = np.random.default_rng(0)
    truth_N = np.repeat(generator.integers(0, len(CLASSES), frames // 4 + 1), 4)[
        :frames
    ]
    parts = [
        run_rows(
            run,
            video_N,
            (number_N % PER_VIDEO * 0.2).astype(np.float64),
            truth_N,
            generator,
        )
        for run in runs
    ]
    predictions = Predictions(
        task="plane",
        classes=CLASSES,
        store="00ff",
        arms={a: {"baseline": None if a == "random" else "random"} for a in ARMS},
        facts={},
        rows=pa.concat_tables(parts),
    )
    write_predictions(path, predictions)
    return len(predictions.rows)


def run_rows(
    run: tuple[str, str, float, int],
    video_N: Integers,
    time_s_N: Floats,
    truth_N: Integers,
    generator: np.random.Generator,
) -> pa.Table:
    """What one arm predicts under one protocol, share of labels and seed."""
    (arm, protocol, fraction, seed), frames = run, len(truth_N)
    score_NC = generator.gumbel(size=(frames, len(CLASSES)))
    score_NC[np.arange(frames), truth_N] += 6 * ARMS[arm] * (0.7 + 0.3 * fraction)
    p_NC = np.exp(score_NC)
    p_NC = (p_NC / p_NC.sum(1, keepdims=True)).astype(np.float32)
    subject_N = video_N % SUBJECTS
    ends = np.arange(0, p_NC.size + 1, len(CLASSES), dtype=np.int32)
    columns = {
        "arm": [arm] * frames,
        "protocol": [protocol] * frames,
        "split": ["three"] * frames,
        "fold": (subject_N % 3).astype(np.int32),
        "seed": np.full(frames, seed, np.int32),
        "fraction": np.full(frames, fraction),
        "subject": [f"s-{n:016x}" for n in subject_N],
        "video": [f"v-{n:016x}" for n in video_N],
        "time_s": time_s_N,
        "truth": [CLASSES[n] for n in truth_N],
        "probabilities": pa.ListArray.from_arrays(ends, p_NC.ravel()),
    }
    return pa.table(columns, schema=SCHEMA)


def report(path: Path, page: Path) -> dict[str, object]:
    """What the command takes; to be called in a process that has had no child."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "insonify", "report"]
    command += [str(path), "--out", str(page)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": time.perf_counter() - began,
        "of CPU": used.ru_utime + used.ru_stime,
        "peak, MiB": used.ru_maxrss / 1024,
    }


def measured(rows: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        path, page = Path(folder) / "planes.parquet", Path(folder) / "report.html"
        # The peak of children is that of the largest: each file has a fresh parent.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            written = pool.apply(write, (path, rows))
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            taken = pool.apply(report, (path, page))
        return {
            "rows": written,
            "file, MiB": path.stat().st_size / 2**20,
            **taken,
            "page, MiB": page.stat().st_size / 2**20,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    show("report", [measured(rows) for rows in parser.parse_args().rows])


if __name__ == "__main__":
    main()
