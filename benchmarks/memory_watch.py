"""Runs a command and watches the memory of its whole tree of processes.

Memory is resident memory, summed over the tree: pages that two processes share count
in both, so that a sum is never too small.
"""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

_PROC: Final = Path("/proc")
_ASKED: Final = ("VmRSS:", "RssAnon:", "VmHWM:")
_EVERY_S: Final = 0.05
_FAMILY_EVERY: Final = 4
"""Looks at memory to one for processes that are new."""


class Memory(NamedTuple):
    """Of some processes, in MiB."""

    resident: float
    """Sum of what is in memory, files that are mapped (libraries) among it."""
    own: float
    """The same without files, which the system drops and loads again as it likes."""
    largest: float
    """The most that was ever in memory of one of them."""
    processes: int
    """How many there are."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What a command took."""

    code: int
    seconds: float
    peak_mib: float
    """Most of the tree, seen every 50 ms, or of one process if that is more."""
    largest_mib: float
    """Most of any one of its processes, as the kernel counts it for each program; not
    ``ru_maxrss``, in which the memory of who started it counts as well."""
    looks: tuple[Memory, ...]
    """What the tree had, every 50 ms."""


def watch(
    words: Sequence[object],
    *,
    log: Path,
    environment: dict[str, str],
    beside: Callable[[subprocess.Popen[bytes]], None] | None = None,
) -> Watched:
    """Run a command to its end.

    Args:
        words: Program and arguments.
        log: Where what it says is added.
        environment: Variables to set beside those of this process.
        beside: Called again and again while it runs, with its process; it may end it.
    """
    began, looks = time.perf_counter(), [Memory(0, 0, 0, 0)]
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*map(str, words)], stdout=out, stderr=out, env=os.environ | environment
        )
        while process.poll() is None:
            if len(looks) % _FAMILY_EVERY == 1:
                family = descendants(process.pid)
            looks.append(memory_of(family))
            if beside is not None:
                beside(process)
            time.sleep(_EVERY_S)
    return Watched(
        code=process.returncode,
        seconds=time.perf_counter() - began,
        peak_mib=max(max(look.resident, look.largest) for look in looks),
        largest_mib=max(look.largest for look in looks),
        looks=tuple(looks[1:]),
    )


def memory_of(processes: Sequence[int]) -> Memory:
    """The memory of processes, as far as they are still there."""
    resident = own = largest = there = 0
    for process in processes:
        try:
            text = (_PROC / f"{process}/status").read_text()
        except OSError:  # It has just ended.
            continue
        there += 1
        lines = (line.split() for line in text.splitlines())
        known = {words[0]: words[1] for words in lines if words[0] in _ASKED}
        resident += int(known.get("VmRSS:", 0))
        own += int(known.get("RssAnon:", 0))
        largest = max(largest, int(known.get("VmHWM:", 0)))
    return Memory(resident / 1024, own / 1024, largest / 1024, there)


def descendants(root: int) -> list[int]:
    """A process, its children, and theirs."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "stat").read_text()
            except OSError:
                continue
            parent = int(text.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for process in found:  # It grows on the way.
        found += children.get(process, ())
    return found
