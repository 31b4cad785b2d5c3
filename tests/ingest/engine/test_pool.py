"""Jobs in other processes. These cannot import a test: a job is an expression."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from insonify.core.errors import ConfigError, IngestError
from insonify.ingest.engine.limits import Limits, Lost
from insonify.ingest.engine.pool import AHEAD, work_through

LIMITS = Limits(seconds=60, memory_gib=0.5)
KILL = "__import__('os').kill(__import__('os').getpid(), 9)"
HANG = "__import__('time').sleep(600)"


def how_lost(job: str, how: Lost) -> str:
    return f"{how}: {len(job)}"


def work(jobs: list[str], workers: int, limits: Limits = LIMITS) -> list[object]:
    found: Iterator[object] = work_through(
        eval, jobs, workers=workers, lost=how_lost, limits=limits
    )
    return list(found)


@pytest.mark.parametrize("workers", [0, 2])
def test_results_come_in_the_order_of_the_jobs(workers: int) -> None:
    long = repr("x" * 1_000_000)
    jobs = [f"{number} * 2" for number in range(30)]
    jobs[0] = f"__import__('time').sleep(0.3) or {long}"  # the first ends last
    assert work(jobs, workers) == ["x" * 1_000_000, *range(2, 60, 2)]


def test_jobs_are_taken_as_they_are_needed() -> None:
    taken = []

    def jobs() -> Iterator[str]:
        for number in range(100):
            taken.append(number)
            yield str(number)

    found = work_through(eval, jobs(), workers=1, lost=how_lost, limits=LIMITS)
    for number in range(10):
        assert next(found) == number
        assert len(taken) <= number + 1 + AHEAD
    found.close()  # type: ignore[attr-defined]
    assert len(taken) < 20


def test_a_bad_job_costs_itself_only() -> None:
    jobs = [str(number) for number in range(14)]
    bad = {3: (KILL, "crashed"), 6: (HANG, "timed out")}
    bad[9] = ("len(bytearray(2**30))", "out of memory")
    expected: list[object] = list(range(14))
    for number, (job, how) in bad.items():
        jobs[number], expected[number] = job, f"{how}: {len(job)}"
    jobs[12], expected[12] = "len(bytearray(10**8))", 10**8  # not too large
    if sys.platform != "linux":
        del jobs[9], expected[9]
    assert work(jobs, 2, Limits(seconds=1.5, memory_gib=0.5)) == expected


AFTERWARDS = "__import__('threading').Timer(0.3, lambda: {}).start()"
HOARD = "setattr(__import__('builtins'), 'hoard', bytearray(4 * 10**8))"


@pytest.mark.parametrize(
    ("before", "job"),
    [
        (AFTERWARDS.format(KILL), "__import__('time').sleep(0.8) or 7"),
        (HOARD, "len(bytearray(3 * 10**8)) and 7"),
    ],
)
def test_a_job_is_not_blamed_for_the_one_before(before: str, job: str) -> None:
    assert work([before, job], 1) == [None, 7]


RAISE = "(_ for _ in ()).throw({})"
OURS = "__import__('insonify.core.errors').core.errors.IngestError('a reason')"


@pytest.mark.parametrize("workers", [0, 1])
def test_what_the_work_raises_is_raised_here(workers: int) -> None:
    with pytest.raises(IngestError) as caught:
        work(["1", RAISE.format(OURS), "2"], workers)
    assert str(caught.value) == "a reason"
    if workers:
        assert "IngestError: a reason" in caught.value.__notes__[0]


def test_an_error_that_cannot_be_pickled_is_named() -> None:
    with pytest.raises(RuntimeError, match="ValueError in a worker"):
        work([RAISE.format("ValueError(lambda: 0)")], 1)


class Unfit:
    """A function that other processes cannot import."""

    def __call__(self, _: str) -> object:
        raise AssertionError

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return eval, ("1 / 0",)


def test_workers_that_do_not_start_are_an_error(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ConfigError, match="workers 0"):
        list(work_through(Unfit(), ["1"], workers=2, lost=how_lost, limits=LIMITS))
    assert "ZeroDivisionError" in capfd.readouterr().err


RULER = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # `command &` ignores it
from insonify.ingest.engine.limits import Limits
from insonify.ingest.engine.pool import work_through
jobs = ["__import__('os').getpid()"] * 2 + sys.argv[1:]
limits = Limits(seconds=2)
for pid in work_through(eval, jobs, workers=2, lost=lambda *_: None, limits=limits):
    print(pid, flush=True)
"""
"""Without ``if __name__ == "__main__"``, which workers do not need."""

NEVER_LETS_GO = "__import__('ctypes').PyDLL(None).sleep(600)"
"""Holds the GIL: no thread of the worker's can do anything."""


def ended(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("job", [HANG, NEVER_LETS_GO])
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_a_parent_that_ends_leaves_no_child(
    job: str, ending: signal.Signals, tmp_path: Path
) -> None:
    script = tmp_path / "ruler.py"
    script.write_text(RULER)
    with subprocess.Popen(
        [sys.executable, str(script), job, job],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as ruler:
        assert ruler.stdout is not None
        assert ruler.stderr is not None
        children = {int(ruler.stdout.readline()) for _ in range(2)}
        time.sleep(0.5)
        os.killpg(ruler.pid, ending) if ending == signal.SIGINT else ruler.kill()
        until = time.monotonic() + 10
        while not all(map(ended, children)) and time.monotonic() < until:
            time.sleep(0.05)
        assert all(map(ended, children))
        said = ruler.stderr.read()
    assert said.count("KeyboardInterrupt") == (ending == signal.SIGINT)


@pytest.mark.parametrize("options", [{"seconds": 0}, {"memory_gib": 0.1}])
def test_limits_that_are_none(options: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="found"):
        Limits(**options)
