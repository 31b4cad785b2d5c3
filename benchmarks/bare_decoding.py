"""Bare sequential decoding by two processes that have loaded PyAV and nothing else.

python benchmarks/bare_decoding.py < FILES

FILES are paths, one a line; prints all their frames, and the seconds that they took
with the start of the processes. What ``ingest.py`` compares ingest with.
"""

import contextlib
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import av

PROCESSES = 2


def decode(path: str) -> int:
    """How many frames a file has; 0 if it cannot be decoded."""
    with contextlib.suppress(av.error.FFmpegError), av.open(path) as container:
        return sum(1 for _ in container.decode(video=0))
    return 0


def main() -> None:
    files = sys.stdin.read().splitlines()
    began = time.perf_counter()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, context) as pool:
        frames = sum(pool.map(decode, files))
    print(frames, time.perf_counter() - began)


if __name__ == "__main__":
    main()
