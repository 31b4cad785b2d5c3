"""A process that does one job at a time, and its handle in the process that rules it.

It is spawned, not forked: Lance is not fork-safe. It imports all that the work needs
before it says that it is ready. It never outlives the process that started it.
"""

import faulthandler
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
import traceback
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final, Generic, TypeVar

from insonify.ingest.engine.limits import Limits, Lost

J = TypeVar("J")
R = TypeVar("R")

_SPAWN: Final = multiprocessing.get_context("spawn")

_START_S: Final = 300.0
"""Importing torch from a cold network drive has taken minutes."""

_GRACE_S: Final = 2.0
"""A worker ends itself this much later than it should have been ended."""


@dataclass(frozen=True)
class Done(Generic[R]):
    """The work returned."""

    result: R


@dataclass(frozen=True)
class Failed:
    """The work raised."""

    error: BaseException


Answer = Done[R] | Failed | Lost


class Worker(Generic[J, R]):
    """One process; its first answer, `Done`, says that it is ready for a job."""

    def __init__(self, work: Callable[[J], R], limits: Limits) -> None:
        self.pipe, theirs = _SPAWN.Pipe()
        self.jobs = 0  # that it was given
        self._limits = limits
        self._deadline = time.monotonic() + _START_S
        self._process = _SPAWN.Process(
            target=_serve, args=(theirs, work, limits), daemon=True
        )
        with _without_main_module(), _deaf_to_interrupts():
            self._process.start()
        theirs.close()

    def hand(self, job: J) -> None:
        """Give a ready worker a job; its time runs from now on."""
        self.jobs += 1
        self._deadline = time.monotonic() + self._limits.seconds
        with suppress(ConnectionError):  # that it is dead is found by its answer
            self.pipe.send(job)

    def answer(self) -> Answer[R] | None:
        """What became of the job; None while it runs. Does not wait.

        After any other answer than `Done` the worker is of no more use.
        """
        alive = self._process.is_alive()  # before its last words are looked for
        try:
            if self.pipe.poll():
                answer: Answer[R] = self.pipe.recv()
                return answer
        except (EOFError, ConnectionError):
            return "crashed"
        if time.monotonic() > self._deadline:
            return "timed out"
        return None if alive else "crashed"

    def end(self, patience_s: float = 0.0) -> None:
        """Kill the process, whatever it does, if it does not end so soon itself."""
        self._process.join(patience_s)
        self._process.kill()
        self._process.join()
        self._process.close()
        self.pipe.close()


@contextmanager
def _without_main_module() -> Iterator[None]:
    """What is spawned now does not import the main script again.

    No work of ours is in it, and that of the command line imports all of torch. A
    user's script, too, is spared its ``if __name__ == "__main__"``.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """What is started now gets no Ctrl-C, though the terminal sends it to all."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(
    pipe: "Connection[Answer[Any], Any]", work: Callable[[Any], Any], limits: Limits
) -> None:
    """The life of a worker: jobs from the pipe, answers to it."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    limits.hold_memory()
    pipe.send(Done(None))
    with open(os.devnull, "w") as nowhere, suppress(EOFError, ConnectionError):  # noqa: PTH123
        while True:
            job = pipe.recv()
            # In case that the parent is dead and a codec never lets go of the GIL.
            faulthandler.dump_traceback_later(
                limits.seconds + _GRACE_S, exit=True, file=nowhere
            )
            try:
                answer = _attempt(work, job)
            except BaseException as error:
                pipe.send(Failed(_portable(error)))
                raise SystemExit(1) from error  # says nothing on the terminal
            faulthandler.cancel_dump_traceback_later()
            pipe.send(answer)


def _attempt(work: Callable[[J], R], job: J) -> Answer[R]:
    try:
        return Done(work(job))
    except MemoryError:
        return "out of memory"


def _portable(error: BaseException) -> BaseException:
    """The error with its traceback as a note, in a form that passes a pipe."""
    error.add_note(
        "In a worker process:\n" + "".join(traceback.format_exception(error))
    )
    try:
        pickle.loads(pickle.dumps(error))
    except (pickle.PickleError, TypeError, AttributeError, ValueError):
        plain = RuntimeError(f"{type(error).__name__} in a worker process")
        plain.add_note(error.__notes__[-1])
        return plain
    return error


def _end_with_parent() -> None:
    """Wait for the end of the process that started this one, and follow it."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
