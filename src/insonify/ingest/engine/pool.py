"""The same work on many jobs, in this process or in others.

A job that kills its process (a faulty codec), hangs, or eats the memory costs itself
only: each process has one job at a time, so that there is no doubt which one it was.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import wait
from typing import Final, Generic, TypeVar

from insonify.core.errors import ConfigError
from insonify.ingest.engine.limits import Limits, Lost
from insonify.ingest.engine.worker import Answer, Done, Failed, Worker

J = TypeVar("J")
R = TypeVar("R")

AHEAD: Final = 4
"""Jobs taken in for each worker: enough to keep all busy past one long file."""

_LOOK_S: Final = 0.2
"""How often workers are looked after that say nothing: they may be late, or dead."""


def work_through(
    work: Callable[[J], R],
    jobs: Iterable[J],
    *,
    workers: int,
    lost: Callable[[J, Lost], R],
    limits: Limits,
) -> Iterator[R]:
    """Yield the result of each job, in the order of the jobs.

    Args:
        work: What to do; a function that other processes can import. What it raises
            is raised here, and ends all.
        jobs: Taken one by one, a few ahead of the results.
        workers: Processes; 0 works in this one, without limits.
        lost: Gives the result of a job that has none.
        limits: What one job may cost.

    Raises:
        ConfigError: processes cannot be started here.
    """
    if workers == 0:
        yield from map(work, jobs)
        return
    pool = Pool(work, workers, limits)
    try:
        yield from pool.work_through(jobs, lost)
    finally:
        pool.end()


@dataclass(eq=False)
class _Task(Generic[J, R]):
    job: J
    answer: Answer[R] | None = None


class Pool(Generic[J, R]):
    """Workers that are started when there is something to do, and then kept."""

    def __init__(self, work: Callable[[J], R], workers: int, limits: Limits) -> None:
        self._work, self._workers, self._limits = work, workers, limits
        self._idle: list[Worker[J, R]] = []
        self._busy: dict[Worker[J, R], _Task[J, R]] = {}

    def work_through(
        self, jobs: Iterable[J], lost: Callable[[J, Lost], R]
    ) -> Iterator[R]:
        """Yield the result of each job, in order; all of them, or `end` the pool."""
        left = iter(jobs)
        window: deque[_Task[J, R]] = deque()
        waiting: deque[_Task[J, R]] = deque()
        while True:
            for job in islice(left, AHEAD * self._workers - len(window)):
                task: _Task[J, R] = _Task(job)
                window.append(task)
                waiting.append(task)
            if not window:
                return
            self._hand_out(waiting)
            self._collect(0 if window[0].answer else _LOOK_S)
            if window[0].answer:
                yield _result(window.popleft(), lost)

    def end(self) -> None:
        """Kill all workers."""
        for worker in (*self._idle, *self._busy):
            worker.end()
        self._idle, self._busy = [], {}

    def _hand_out(self, waiting: deque[_Task[J, R]]) -> None:
        while waiting and self._idle:
            worker, task = self._idle.pop(), waiting.popleft()
            worker.hand(task.job)
            self._busy[worker] = task
        while waiting and len(self._busy) < self._workers:
            self._start(waiting.popleft())

    def _start(self, task: _Task[J, R]) -> None:
        """Start a worker, which is given the job when it is ready."""
        self._busy[Worker(self._work, self._limits)] = task

    def _collect(self, seconds: float) -> None:
        """Take the answers that are there; wait for one so long at most."""
        wait([worker.pipe for worker in self._busy], seconds)
        for worker, task in list(self._busy.items()):
            answer = worker.answer()
            if answer is not None:
                self._take(worker, task, answer)

    def _take(self, worker: Worker[J, R], task: _Task[J, R], answer: Answer[R]) -> None:
        done = isinstance(answer, Done)
        if done and worker.jobs == 0:
            worker.hand(task.job)
            return
        del self._busy[worker]
        if done:
            self._idle.append(worker)
        else:
            worker.end(patience_s=0 if worker.jobs else 1)
        if worker.jobs == 0:
            raise ConfigError(
                f"a worker process {answer} before it took a job; see what it says "
                "above, or work without others (workers 0)"
            )
        if answer in ("crashed", "out of memory") and worker.jobs > 1:
            self._start(task)  # the culprit may be a job before: try in a fresh one
        else:
            task.answer = answer


def _result(task: _Task[J, R], lost: Callable[[J, Lost], R]) -> R:
    answer = task.answer
    assert answer is not None
    if isinstance(answer, Done):
        return answer.result
    if isinstance(answer, Failed):
        raise answer.error
    return lost(task.job, answer)
