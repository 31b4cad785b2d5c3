"""The same work on the machines of a Ray cluster.

A job is a Ray task, and in the process that Ray gives it a pool of one worker does it:
so a job that crashes, hangs or eats the memory costs itself only, here as elsewhere.
Ray does what a single machine cannot: jobs of a node that dies go to another.
"""

import logging
import os
import socket
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from itertools import islice
from typing import Any, Final, TypeVar

from insonify.core.errors import ConfigError
from insonify.ingest.engine.limits import Limits, Lost
from insonify.ingest.engine.pool import AHEAD, Pool

J = TypeVar("J")
R = TypeVar("R")

_RETRIES: Final = 3
"""How often a job is tried again of which a node or a process of Ray's died."""

_ANSWER_S: Final = 5.0


def work_through_on_ray(
    work: Callable[[J], R],
    jobs: Iterable[J],
    *,
    address: str,
    lost: Callable[[J, Lost], R],
    limits: Limits,
) -> Iterator[R]:
    """Yield the result of each job, in the order of the jobs.

    As many are done at once as the cluster has processors. All its nodes need this
    package and see the same files.

    Args:
        work: What to do; a function that other processes can import. What it raises
            is raised here, and ends all.
        jobs: Taken one by one, a few ahead of the results.
        address: HOST:PORT of the cluster, or ``auto`` for the one that this machine
            is in; ``local`` starts one on this machine and ends it afterwards.
        lost: Gives the result of a job that has none.
        limits: What one job may cost.

    Raises:
        ConfigError: Ray is not installed, or no cluster answers.
    """
    ray = _ray()
    with _connected(ray, address):
        task = ray.remote(num_cpus=1, max_retries=_RETRIES)(_do)
        left = iter(jobs)
        window: deque[tuple[J, Any]] = deque()
        while True:
            most = AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
            for job in islice(left, max(0, most - len(window))):
                window.append((job, task.remote(work, job, lost, limits)))
            if not window:
                return
            yield _result(ray, *window.popleft(), lost)


def _do(
    work: Callable[[J], R], job: J, lost: Callable[[J, Lost], R], limits: Limits
) -> R:
    """A task of Ray's: one job. The worker is kept for the next task."""
    pool: Pool[J, R] = _pool(work, limits)
    return next(pool.work_through([job], lost))


@cache
def _pool(work: Callable[[J], R], limits: Limits) -> Pool[J, R]:
    return Pool(work, 1, limits)


def _result(ray: Any, job: J, reference: Any, lost: Callable[[J, Lost], R]) -> R:
    broken = ray.exceptions
    try:
        result: R = ray.get(reference)
    except broken.RayTaskError as error:
        raise error.cause from None
    except broken.OutOfMemoryError:
        return lost(job, "out of memory")
    except (broken.WorkerCrashedError, broken.NodeDiedError, broken.ObjectLostError):
        return lost(job, "crashed")
    return result


@contextmanager
def _connected(ray: Any, address: str) -> Iterator[None]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # what we start does not phone home
    own: dict[str, Any] = {"include_dashboard": False} if address == "local" else {}
    try:
        if address not in ("auto", "local"):  # Ray itself tries for many minutes
            host, _, port = address.rpartition(":")
            socket.create_connection((host, int(port)), _ANSWER_S).close()
        with warnings.catch_warnings():
            # Ray forks to start its programs, and at once they are others.
            warnings.filterwarnings("ignore", "lance is not fork-safe")
            ray.init(
                address=address, logging_level=logging.ERROR, log_to_driver=False, **own
            )
    except (OSError, OverflowError, RuntimeError, ValueError) as error:
        raise ConfigError(
            f"no Ray cluster answers at {address} ({type(error).__name__}); start one "
            "with 'ray start --head', or give its address"
        ) from None
    try:
        yield
    finally:
        ray.shutdown()


def _ray() -> Any:
    try:
        return import_module("ray")
    except ModuleNotFoundError:
        raise ConfigError(
            "work on a cluster needs Ray; pip install 'insonify[ray]' brings it"
        ) from None
