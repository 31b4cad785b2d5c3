"""The same work on many jobs, in this process or in others.

A job that kills its process (a faulty codec, no memory) costs itself only.
"""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final, TypeVar

J = TypeVar("J")
R = TypeVar("R")

_AHEAD: Final = 4
"""Jobs handed out for each worker: enough to keep all busy past one long file."""


def work_through(
    work: Callable[[J], R],
    jobs: Iterable[J],
    *,
    workers: int,
    crashed: Callable[[J], R],
) -> Iterator[R]:
    """Yield the result of each job, in the order of the jobs.

    Args:
        work: What to do; a function that other processes can import.
        jobs: Taken one by one, a few ahead of the results.
        workers: Processes; 0 works in this one.
        crashed: Gives the result of a job that kills its process.
    """
    if workers == 0:
        yield from map(work, jobs)
        return
    left = iter(jobs)
    handed: deque[J] = deque()
    while True:
        try:
            yield from _until_crash(work, left, handed, workers)
            return
        except BrokenProcessPool:
            # Any job that was handed out may be the culprit: try each on its own.
            suspects = list(handed)
            handed.clear()
        for job in suspects:
            yield _alone(work, job, crashed)


def _until_crash(
    work: Callable[[J], R], left: Iterator[J], handed: deque[J], workers: int
) -> Iterator[R]:
    futures: deque[Future[R]] = deque()
    with _processes(workers) as pool:
        for job in left:
            handed.append(job)
            futures.append(pool.submit(work, job))
            if len(futures) >= _AHEAD * workers:
                result = futures.popleft().result()
                handed.popleft()
                yield result
        while futures:
            result = futures.popleft().result()
            handed.popleft()
            yield result


def _alone(work: Callable[[J], R], job: J, crashed: Callable[[J], R]) -> R:
    try:
        with _processes(1) as pool:
            return pool.submit(work, job).result()
    except BrokenProcessPool:
        return crashed(job)


def _processes(count: int) -> ProcessPoolExecutor:
    # Lance is not fork-safe: spawn.
    return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"))
