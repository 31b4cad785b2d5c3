"""Several encoders of a study at once, each in a process of its own.

On few cores one thread a process wastes less than many threads that wait for each other
at every layer.
"""

import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Final

import torch

from insonify.cli.console import console, progress_bar, quiet_libraries
from insonify.cli.study import is_done, train
from insonify.core.errors import ConfigError, DivergedError
from insonify.studies.runs import Run

LOGS: Final = "logs"
"""Folder of a study: what each run that had a process of its own would have printed."""


def require_jobs(jobs: int) -> None:
    """Refuse to train nothing at once.

    Raises:
        ConfigError: it is not positive.
    """
    if jobs < 1:
        raise ConfigError(f"jobs must be at least 1, found {jobs}")


def train_all(store: Path, out: Path, runs: Sequence[Run], jobs: int) -> None:
    """Train every encoder, or go on with it, ``jobs`` at once.

    Raises:
        ConfigError: a process was killed.
        DivergedError: one diverged.
    """
    train_side_by_side(store, out, runs, jobs)
    for number, run in enumerate(runs, 1):
        console.rule(f"{number} of {len(runs)}: {run.folder}", align="left")
        train(store, out, run)


def train_side_by_side(store: Path, out: Path, runs: Sequence[Run], jobs: int) -> None:
    """Train those runs that are not done, ``jobs`` at once; 1 leaves all as it is.

    A run that diverges keeps its reason in its folder, for :func:`train` to raise.

    Raises:
        ConfigError: a process was killed.
    """
    waiting = [run for run in runs if not is_done(out, run)]
    if jobs == 1 or len(waiting) < 2:
        return
    threads = max(1, torch.get_num_threads() // jobs)
    console.print(f"{jobs} runs at once; what they print is in {out / LOGS}")
    pool = ProcessPoolExecutor(
        jobs, get_context("spawn"), initializer=_begin, initargs=(threads,)
    )
    try:
        _watch([pool.submit(_train, store, out, run) for run in waiting])
    except BrokenProcessPool:
        raise ConfigError(
            f"{out}: a process that trained was killed, as happens where memory is "
            "short; the same command goes on, perhaps with fewer --jobs"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _watch(futures: list[Future[None]]) -> None:
    with progress_bar("runs") as bar:
        line = bar.add_task("", total=len(futures), figures="")
        for future in as_completed(futures):
            future.result()
            bar.advance(line)


def _begin(threads: int) -> None:
    """Set up a process; it must not outlive a study that was killed."""
    quiet_libraries()
    torch.set_num_threads(threads)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _train(store: Path, out: Path, run: Run) -> None:
    log = out / LOGS / f"{run.folder}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as console.file, suppress(DivergedError):
        train(store, out, run)
