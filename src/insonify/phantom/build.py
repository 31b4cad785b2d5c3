"""Build a phantom data set: every subject, every sweep, every table."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path

from insonify.core.config import save_config
from insonify.core.errors import ConfigError
from insonify.core.files import new_folder
from insonify.phantom.exam import Outcome, write_sweep
from insonify.phantom.options import PhantomOptions
from insonify.phantom.tables import COLUMNS, write_bids_root, write_table

RECORD = "phantom.json"
"""Holds every option; written last, so it marks a complete data set as ours."""


def make_phantom(
    out: Path,
    options: PhantomOptions,
    on_file: Callable[[Outcome], None] = lambda _: None,
    *,
    overwrite: bool = False,
    workers: int = 0,
) -> list[Outcome]:
    """Write a phantom data set; ``out`` appears whole or not at all.

    Beside the folder ``videos`` it holds ``subjects.csv``, ``labels.csv`` (task
    ``plane``), ``events.csv``, ``boxes.csv``, ``gaze.csv`` with its BIDS twin in
    ``bids/``, and ``phantom.json`` with every option.

    Args:
        out: Folder to make.
        options: What to draw.
        on_file: Called with each sweep's outcome as soon as it is written.
        overwrite: Whether an earlier phantom data set may be replaced.
        workers: Processes; 0 draws in this one. The files are the same.

    Raises:
        ConfigError: ``out`` exists and is not empty, and may not be replaced.
    """
    _check_folder(out, overwrite)
    jobs = list(product(range(options.subjects), range(options.sweeps)))
    outcomes = []
    with new_folder(out) as draft:
        for outcome in _all(draft, options, jobs, workers):
            outcomes.append(outcome)
            on_file(outcome)
        for name in COLUMNS:
            rows = [row for outcome in outcomes for row in outcome.rows.get(name, [])]
            if rows or name != "gaze":
                write_table(draft, name, rows)
        if (draft / "bids").exists():
            write_bids_root(draft / "bids")
        save_config(options, draft / RECORD)
    return outcomes


def _check_folder(out: Path, overwrite: bool) -> None:
    """Refuse a folder that holds something, unless it is ours and may be replaced.

    Raises:
        ConfigError: it may not be written to.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not overwrite:
        raise ConfigError(
            f"{out}: exists and is not empty; name another folder or pass --overwrite"
        )
    if not (out / RECORD).is_file():
        raise ConfigError(
            f"{out}: holds no {RECORD}, so it is not a phantom data set "
            "and is not overwritten; name another folder"
        )


def _all(
    folder: Path,
    options: PhantomOptions,
    jobs: list[tuple[int, int]],
    workers: int,
) -> Iterator[Outcome]:
    if workers == 0:
        for number, sweep in jobs:
            yield write_sweep(folder, options, number, sweep)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        numbers, sweeps = zip(*jobs, strict=True)
        again = [folder] * len(jobs), [options] * len(jobs)
        yield from pool.map(write_sweep, *again, numbers, sweeps)
